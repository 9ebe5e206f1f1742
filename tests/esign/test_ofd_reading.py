"""Our own OFDs read strictly: every file is named, every change is told by its path, and what is shown is what is read.

Files are changed and packed again with our own package writer, so that nothing but the change is wrong; where an
authority itself writes something else, the change is made before the seal.
"""

import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from declared import declared_pki
from hypothesis import example, given, settings
from hypothesis import strategies as st

from esign import (
    COPY_ATTACHMENT_NAME,
    ORGANISATION,
    BACKGROUND_FREE,
)
