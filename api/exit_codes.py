"""What `elicence` returns to the shell (contract section 4)."""

DONE, FAILED, INDETERMINATE = 0, 1, 2
WRONG_USE = 64
DATA_REFUSED = 65
NOT_FOUND = 66
UNAVAILABLE = 69
CANNOT_WRITE = 73
BUSY = 75
UNUSABLE = 78
