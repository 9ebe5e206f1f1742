"""`python -m verify`: the verifier at a counter."""

import sys
from datetime import UTC, datetime

from verify.counter import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], clock=lambda: datetime.now(UTC)))
