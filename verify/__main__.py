"""`python -m verify`: the verifier at a counter."""

import sys
from datetime import UTC, datetime

from verify.counter import check_at_counter

if __name__ == "__main__":
    sys.exit(check_at_counter(sys.argv[1:], clock=lambda: datetime.now(UTC)))
