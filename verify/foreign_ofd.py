"""OFDs that others signed (GB/T 33190-2016): seals of GB/T 38540, signatures of GB/T 35275 and bare ones.

Which files each signature covers, whether they are as they were, and which files that show were left out. Products
decide themselves what they cover, so that leaving something out is no fault, but it is said. Such a document is never
taken for a licence. The numbers are the steps in `verifier.py`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from esign import (
    CheckMethod,
    EsignError,
    Fault,
    ForeignOfd,
    ForeignOfdSignature,
    MalformedError,
    MalformedSesError,
    SignedValueKind,
    read_foreign_ofd,
    read_seal_object,
    read_ses_signature,
    verify_bare_sm2,
)
from keys import BadSignatureError, Certificate, KeysError
from verify.detection import is_ours
from verify.facts import Facts, unreadable
from verify.foreign_cms import MAX_READ_LIST_BYTES, facts_of_document, look_at_message
from verify.report import Check, SignatureFacts
from verify.seals import usage_check
from verify.ses import described_seal, judge_ses_signature
from verify.signing_path import Existence, Grounds, facts_of_signature, look_at_path

MAX_NAMED_FILES: Final = 8
"""Paths that a check's detail names."""
MAX_DATA_BYTES: Final = 8 * 1024 * 1024
"""Of files in a package that are looked at for a licence of ours; a licence's data have 2 MB at most."""

_JSON: Final = b"{"
_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"
_HEAD: Final = 1024
