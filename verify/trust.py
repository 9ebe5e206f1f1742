"""Whom the verifier trusts: certificates of anchors, and the path from a signer's certificate to one of them.

Small and strict on purpose: names are compared byte by byte, an issuer must be a CA by its own extensions, every
certificate of the path must be valid at the time that is asked for (RFC 5280 clause 6.1, without policies and name
constraints, which `keys` refuses when they are critical). Trust never comes from the checked file: what it brings along
is only used to find the way to an anchor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

from esign import AuthorityRegister
from keys import (
    CODE_SIGNING_EKU,
    Certificate,
    CertificateList,
    KeysError,
    ProviderMissingError,
    Retirement,
    key_identifier,
)
from verify.authority_register import read_register
from verify.report import instant_text
from verify.trust_folder import APPLICANTS_FOLDER, TIMESTAMPS_FOLDER, TrustFolder, read_trust_folder

MAX_PATH: Final = 6
"""Certificates of a path, anchor included. Public hierarchies have three or four."""
MAX_EMBEDDED: Final = 8
"""Certificates of a file that are looked at; ours bring two."""
MAX_SIGNATURE_CHECKS: Final = 16
"""New certificate signatures checked for one path: crafted files must not buy time with many equal names."""
MAX_REMEMBERED: Final = 4096
"""Pairs of certificates whose signature is known to be good; about 200 bytes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The best path that was found, and what is wrong with it."""

    code: str
    """OK, CERTIFICATE_UNFIT, SEAL_TIME_OUTSIDE_CERTIFICATE, CERTIFICATE_UNTRUSTED, NO_TRUST_ANCHORS or, when this
    machine cannot check a certificate's signature, ALGORITHM_UNAVAILABLE."""
    detail: str
    certificates: tuple[Certificate, ...]
    """Leaf first, anchor last; the leaf alone when there is no path."""

    @property
    def not_after(self) -> datetime:
        """The end of the first certificate to expire."""
        return min(certificate.not_after for certificate in self.certificates)

    @property
    def development(self) -> bool:
        """Whether any certificate of the path is of a development PKI."""
        return any(certificate.is_development for certificate in self.certificates)

    @property
    def brought(self) -> frozenset[Certificate]:
        """What a file brings of this path beside the root, which its readers must have already."""
        anchor = self.certificates[-1]
        return frozenset(self.certificates[:-1] if anchor.self_issued else self.certificates)


class TrustStore:
    """Trusted anchors, and other known certificates: for finding paths, and for the keys of codes."""

    def __init__(
        self,
        anchors: Iterable[Certificate],
        others: Iterable[Certificate] = (),
        retirements: Iterable[Retirement] = (),
        *,
        lists: Iterable[CertificateList] = (),
        timestamps: TrustStore | None = None,
        applicants: TrustStore | None = None,
        register: AuthorityRegister | None = None,
        as_of: datetime | None = None,
    ) -> None:
        """Without a store of their own, timestamps and applicants' signatures are judged by this one."""
        self.anchors: tuple[Certificate, ...] = tuple(anchors)
        self.others: tuple[Certificate, ...] = tuple(others)
        self._anchors_by_name = _by_name(self.anchors)
        self._others_by_name = _by_name(self.others)
        self._code_keys = _code_keys(self.others)
        self._retirements = {retirement.certificate_digest: retirement for retirement in retirements}
        self.lists: tuple[CertificateList, ...] = tuple(lists)
        """Revocation lists that were put beside the certificates; not verified yet."""
        self.timestamps: TrustStore = timestamps or self
        """Whom to believe about time: these anchors and those that are trusted for that alone."""
        self.applicants: TrustStore = applicants or self
        """Whom to believe about who a citizen or a company is."""
        self.register = register
        """Which authority stands in for which; None: each speaks for itself alone."""
        self.as_of = as_of
        """When a certificate in the folder that it was read from was changed last."""
        self._remembered: dict[tuple[bytes, bytes], None] = {}
        self._lock = Lock()

    @classmethod
    def from_certificates(
        cls,
        certificates: Iterable[Certificate],
        retirements: Iterable[Retirement] = (),
        *,
        lists: Iterable[CertificateList] = (),
        timestamps: TrustStore | None = None,
        applicants: TrustStore | None = None,
        register: AuthorityRegister | None = None,
        as_of: datetime | None = None,
    ) -> TrustStore:
        """Take self-signed certificates as anchors; all others are known but not trusted by themselves."""
        given = tuple(certificates)
        anchors = tuple(certificate for certificate in given if _is_self_signed(certificate))
        others = (certificate for certificate in given if certificate not in anchors)
        return cls(
            anchors,
            others,
            retirements,
            lists=lists,
            timestamps=timestamps,
            applicants=applicants,
            register=register,
            as_of=as_of,
        )

    @classmethod
    def from_directory(cls, path: Path) -> TrustStore:
        """Load a folder of trust (`trust_folder`) with its folders for one purpose and its authority register.

        Self-signed certificates become anchors. A folder without certificates gives a store without anchors, which
        judges nothing. `TrustStoreError` when a folder cannot be read, or a file holds something else or is too large.
        """
        folder = read_trust_folder(path)
        return cls.from_certificates(
            folder.certificates,
            folder.retirements,
            lists=folder.lists,
            timestamps=cls._for_purpose(folder, path / TIMESTAMPS_FOLDER),
            applicants=cls._for_purpose(folder, path / APPLICANTS_FOLDER),
            register=read_register(path),
            as_of=folder.changed_at,
        )

    @classmethod
    def _for_purpose(cls, folder: TrustFolder, path: Path) -> TrustStore | None:
        if not path.is_dir():
            return None
        added = read_trust_folder(path)
        return cls.from_certificates(
            (*folder.certificates, *added.certificates),
            (*folder.retirements, *added.retirements),
            lists=(*folder.lists, *added.lists),
        )

    def retirement(self, certificate: Certificate) -> Retirement | None:
        """Tell when and why the key of this certificate was retired; None when it was not."""
        return self._retirements.get(certificate.fingerprint("sha256"))

    def code_key(self, key_id: bytes) -> Certificate | None:
        """Find the certificate of the key that codes name by the first 8 bytes of its digest; its use is not judged."""
        return self._code_keys.get(key_id)

    def chain(self, leaf: Certificate, embedded: Sequence[Certificate], at: datetime) -> Chain:
        """Find the best path from `leaf` to an anchor, judged at `at`.

        Of several paths (cross-certificates, renewed CAs) a good one is taken; without one, the first that was found.
        """
        if not self.anchors:
            return Chain(code="NO_TRUST_ANCHORS", detail="the trust store has no anchor", certificates=(leaf,))
        search = _Search(self, _by_name(embedded[:MAX_EMBEDDED]), at)
        return search.run(leaf)

    def _candidates(self, certificate: Certificate) -> tuple[tuple[Certificate, ...], tuple[Certificate, ...]]:
        name = certificate.issuer_der
        return self._anchors_by_name.get(name, ()), self._others_by_name.get(name, ())

    def _is_remembered(self, pair: tuple[bytes, bytes]) -> bool:
        return pair in self._remembered

    def _remember(self, pair: tuple[bytes, bytes]) -> None:
        with self._lock:
            if len(self._remembered) >= MAX_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[pair] = None


class _Search:
    """One search for a path, depth first, anchors before intermediates."""

    def __init__(self, store: TrustStore, embedded: dict[bytes, tuple[Certificate, ...]], at: datetime) -> None:
        self._store = store
        self._embedded = embedded
        self._at = at
        self._checks_left = MAX_SIGNATURE_CHECKS
        self._first_found: Chain | None = None
        self._unavailable = ""

    def run(self, leaf: Certificate) -> Chain:
        found = self._extend((leaf,)) or self._first_found
        if found is not None:
            return found
        if self._unavailable:
            return Chain(code="ALGORITHM_UNAVAILABLE", detail=self._unavailable, certificates=(leaf,))
        return Chain(code="CERTIFICATE_UNTRUSTED", detail="no path to a trusted anchor", certificates=(leaf,))

    def _extend(self, path: tuple[Certificate, ...]) -> Chain | None:
        if len(path) == MAX_PATH:
            return None
        last = path[-1]
        anchors, others = self._store._candidates(last)
        for anchor in anchors:
            if self._is_issued_by(last, anchor):
                found = _judge_path((*path, anchor), self._at)
                if found.code == "OK":
                    return found
                self._first_found = self._first_found or found
        # What the file brings comes first, so that a genuine file is explained by its own certificates.
        for issuer in (*self._embedded.get(last.issuer_der, ()), *others):
            if issuer not in path and self._is_issued_by(last, issuer):
                good = self._extend((*path, issuer))
                if good is not None:
                    return good
        return None

    def _is_issued_by(self, certificate: Certificate, issuer: Certificate) -> bool:
        pair = (hashlib.sha256(certificate.der).digest(), hashlib.sha256(issuer.der).digest())
        if self._store._is_remembered(pair):
            return True
        if self._checks_left == 0:
            return False
        self._checks_left -= 1
        try:
            certificate.verify_issued_by(issuer)
        except ProviderMissingError as error:
            self._unavailable = str(error)
            return False
        except KeysError:
            return False
        self._store._remember(pair)
        return True


def _judge_path(path: tuple[Certificate, ...], at: datetime) -> Chain:
    """RFC 5280 clause 6.1.4 (k) to (n) and 6.1.3 (a)(2), for a path whose signatures are good."""
    below = 0  # CA certificates between this one and the leaf that are not self-issued
    for issuer in path[1:]:
        if not issuer.is_ca:
            return Chain(code="CERTIFICATE_UNFIT", detail="an issuing certificate is not a CA", certificates=path)
        if "keyCertSign" not in issuer.key_usage:
            detail = "an issuing certificate may not sign certificates"
            return Chain(code="CERTIFICATE_UNFIT", detail=detail, certificates=path)
        if issuer.path_length is not None and below > issuer.path_length:
            detail = "the path is longer than a CA's path length constraint"
            return Chain(code="CERTIFICATE_UNFIT", detail=detail, certificates=path)
        if not issuer.self_issued:
            below += 1
    for certificate in path:
        if not certificate.not_before <= at <= certificate.not_after:
            term = f"{instant_text(certificate.not_before)} to {instant_text(certificate.not_after)}"
            detail = f"a certificate of the path is valid {term} only"
            return Chain(code="SEAL_TIME_OUTSIDE_CERTIFICATE", detail=detail, certificates=path)
    return Chain(code="OK", detail=f"{len(path)} certificates up to the anchor", certificates=path)


def _is_self_signed(certificate: Certificate) -> bool:
    """Self-issued alone is not enough: a CA's new key signed by its old one has equal names too (RFC 4210).

    Where SM2 is missing an SM2 root is taken at its word: nothing can pass below it on this machine.
    """
    if not certificate.self_issued:
        return False
    try:
        certificate.verify_issued_by(certificate)
    except ProviderMissingError:
        return True
    except KeysError:
        return False
    return True


def _by_name(certificates: Iterable[Certificate]) -> dict[bytes, tuple[Certificate, ...]]:
    named: dict[bytes, tuple[Certificate, ...]] = {}
    for certificate in certificates:
        named[certificate.subject_der] = (*named.get(certificate.subject_der, ()), certificate)
    return named


def _code_keys(certificates: Iterable[Certificate]) -> dict[bytes, Certificate]:
    """By key identifier. Of several certificates of one key: those for codes before others, then the latest."""

    def preference(certificate: Certificate) -> tuple[bool, datetime]:
        return CODE_SIGNING_EKU in certificate.extended_key_usage, certificate.not_after

    return {
        key_identifier(certificate.public_key, certificate.public_key.algorithm.digest): certificate
        for certificate in sorted(certificates, key=preference)
    }
