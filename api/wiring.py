"""The only constructor calls of adapters: which store, keys and trust; and where `licences` meets `verify`."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from esign import FontChain, FontError, Seal, SealPicture, draw_round_seal, structured_from_bytes
from keys import KeysError, Signer, algorithm_named, hash_bytes
from licences import (
    Catalogue,
    FileStore,
    Issuer,
    LicenceStore,
    SealingKeys,
    SqlStore,
    fonts_in,
    load_catalogue,
    shipped_font,
)
from verify import HolderEntry, Outcome, Report, TrustStore, Verifier

from .errors import HomeError, SelfCheckError, ServiceUnavailableError
from .home import Home
from .open_keys import OpenKeys
from .watching import WatchedTrust


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCheck:
    """Our own verifier, before anything is kept: all three files and the code must be authentic.

    Their status is not asked for: nobody knows the licence yet, and it may begin in the future.
    """

    verifier: Verifier

    def __call__(self, pdf: bytes, structured: bytes, signature: bytes, code: str, at: datetime) -> None:
        """Raise SelfCheckError unless each of them is authentic and belongs to the holder."""
        holder = structured_from_bytes(structured).holders[0]
        entry = HolderEntry(name=holder.name, code=holder.code)
        _require("pdf", self.verifier.verify_file(pdf, holder=entry, at=at))
        _require("json", self.verifier.verify_file(structured, signature=signature, holder=entry, at=at))
        report = self.verifier.verify_code(code, holder=entry, at=at)
        _require("code", report)
        if report.code is None or report.code.digest != _digest(structured, report.signatures[0].algorithm):
            raise SelfCheckError(
                "签发前自检未通过（二维码与数据不符），未签发。", "the code is not that of the licence"
            )


class Services:
    """Everything that one process uses, opened when it is first asked for."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.keys = OpenKeys(home)
        self._lock = threading.Lock()
        self._issuers: dict[str, tuple[object, Issuer]] = {}

    @cached_property
    def catalogue(self) -> Catalogue:
        """The licence types."""
        return load_catalogue()

    @cached_property
    def _trust(self) -> WatchedTrust:
        return WatchedTrust(self.home.trust)

    @property
    def trust(self) -> TrustStore:
        """The home's anchors, as they are now."""
        return self._trust.store()

    @cached_property
    def store(self) -> LicenceStore:
        """The licence store."""
        return open_store(self.home)

    @property
    def verifier(self) -> Verifier:
        """Judges with the home's anchors and the store's status."""
        return Verifier(self.trust, self.store)

    def can_store(self) -> bool:
        """Whether the database is in its place and answers: an open one goes on answering when its file was moved."""
        return self.home.database.is_file() and self.store.is_ready()

    def key_faults(self) -> Mapping[str, KeysError | None]:
        """Try every key that is in use, by its family and role: what is wrong with it, or None."""
        return self.keys.faults()

    def has_anchors(self) -> bool:
        """Whether the home's anchors can be read now; raises TrustStoreError when not."""
        return bool(TrustStore.from_directory(self.home.trust).anchors)

    @cached_property
    def fonts(self) -> FontChain:
        """The shipped font, then those of the configured folder."""
        folder = self.home.settings.font_dir
        try:
            return FontChain([shipped_font(), *(fonts_in(folder) if folder else ())])
        except (FontError, OSError) as error:
            raise HomeError(f"字体无法使用：{folder}", f"a font cannot be used: {folder}") from error

    def issuer_for(self, family: str) -> Issuer:
        """Give what makes licences under the seal of a family, with its keys and the anchors as they are now.

        The error of `keys` when one of them does not open.
        """
        trust, signers = self.trust, self.keys.signers(family)
        with self._lock:
            kept = self._issuers.get(family)
            if kept is None or kept[0] != (trust, signers):
                kept = self._issuers[family] = (trust, signers), self._make_issuer(trust, family, signers)
            return kept[1]

    def _make_issuer(self, trust: TrustStore, family: str, signers: Mapping[str, Signer]) -> Issuer:
        return Issuer(
            catalogue=self.catalogue,
            sealing={family: _sealing_keys(self.fonts, signers["seal"], signers["code"])} if signers else {},
            fonts=self.fonts,
            store=self.store,
            check=SelfCheck(verifier=Verifier(trust)),
            public_url=self.home.settings.public_url,
            random=os.urandom,
        )


def open_store(home: Home) -> SqlStore:
    """Open the home's store; ServiceUnavailableError when its database is gone: an empty one would know nothing."""
    if not home.database.is_file():
        raise ServiceUnavailableError(
            f"证照库不存在：{home.database}", f"the licence database is missing: {home.database}"
        )
    return SqlStore(home.database_url, FileStore(home.files), home.index_key())


def read_trust(directory: Path) -> TrustStore:
    """Read the anchors of `--trust DIR`."""
    return TrustStore.from_directory(directory)


def _sealing_keys(fonts: FontChain, seal: Signer, code: Signer) -> SealingKeys:
    name = seal.certificate.subject.organization
    if name is None:
        raise HomeError("印章证书没有写明机构。", "the certificate of the seal names no organisation")
    return SealingKeys(
        seal=Seal(name=name, picture=_picture(fonts, name, seal), signer=seal),
        code_signer=code,
    )


def _picture(fonts: FontChain, name: str, signer: Signer) -> SealPicture:
    """Draw the round seal; one of a development PKI says so in its centre."""
    return draw_round_seal(fonts, name, centre_line="样例 测试" if signer.certificate.is_development else "")


def _digest(structured: bytes, code_algorithm: str) -> bytes:
    return hash_bytes(algorithm_named(code_algorithm).digest, structured)


def _require(what: str, report: Report) -> None:
    if report.authenticity is not Outcome.PASSED:
        raise SelfCheckError(
            f"签发前自检未通过（{what}：{report.reason.code}），未签发。",
            f"the self-check before issuing did not pass ({what}: {report.reason.code}); nothing was issued",
        )
