"""What somebody presents to `elicence verify`: a file with what lies beside it, standard input, a code or a digest."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from esign import fold_short_code
from verify import MAX_FILE_BYTES, DigestOf, HolderEntry, IntendedUse, Report, Verifier

from .errors import InputNotFoundError
from .inputs import read_file, read_standard_input
from .resolving import as_keyed, full_code, require_no_shown
from .verifying_services import VerifyingServices

_SHORT_CODE = 12  # characters, also of one with a slip


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A file, the text of a code, or a signature over a digest."""

    data: bytes | None = None
    signature: bytes | None = None
    original: bytes | None = None
    code: str = ""
    digests: Mapping[str, bytes] | None = None
    """Instead of a file that stays where it is; `signature` is the signature over it."""
    digest_of: DigestOf = "licence"

    @classmethod
    def of(cls, argument: str, services: VerifyingServices | None) -> Self:
        """Take the argument for what it is: `-`, an existing file, a code, or nothing (contract section 4)."""
        if argument == "-":
            return cls(data=read_standard_input(MAX_FILE_BYTES))
        if os.path.exists(argument):
            return cls(
                data=read_file(Path(argument), MAX_FILE_BYTES),
                signature=_read_beside(f"{argument}.p7s"),
                original=_read_beside(argument.removesuffix(".p7s")) if argument.endswith(".p7s") else None,
            )
        if "/v/" in argument.lower():
            require_no_shown(argument)
            return cls(code=argument if services is None else full_code(argument, services.store))
        typed = fold_short_code(as_keyed(argument))
        if len(typed) == _SHORT_CODE and typed.isascii() and typed.isalnum():
            raise InputNotFoundError(
                "没有这个文件；短码只能联网查询，请在核验网页上输入。这里请给出文件，或二维码的文字（含 /V/）。",
                "no such file; a short code is looked up online only, on the pages of the server: name a file here, or "
                "the text of the code (it contains /V/)",
            )
        raise InputNotFoundError(
            "没有这个文件，请核对文件名和所在文件夹；二维码文字应含 /V/。",
            "no such file: check its name and folder; the text of a code contains /V/",
        )

    def beside(self, original: str | None) -> Self:
        """The same with the file that it is said to be about."""
        return self if original is None else replace(self, original=read_file(Path(original), MAX_FILE_BYTES))

    def judged(self, verifier: Verifier, holder: HolderEntry | None, use: IntendedUse | None, at: datetime) -> Report:
        """Hand it to the verifier."""
        if self.digests is not None:
            return verifier.verify_digest(self.digests, self.signature or b"", of=self.digest_of, at=at)
        if self.data is None:
            return verifier.verify_code(self.code, holder=holder, at=at)
        return verifier.verify_file(
            self.data, signature=self.signature, original=self.original, holder=holder, use=use, at=at
        )


def _read_beside(name: str) -> bytes | None:
    """Read the file that a signature stands beside, or the signature of a file, if there is one."""
    return read_file(Path(name), MAX_FILE_BYTES) if os.path.exists(name) else None
