"""The soak is a program, too, so its modules lie beside the tests and are found by name."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
