"""Whether the seal is the issuer's: the authority that the licence names, or one that stands in for it.

That one stands in for another is said by the authority register alone (`trust/authorities.json`, signed).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from esign import CHINA, AuthorityRegister, LicenceIdentifier, StructuredAuthority, StructuredLicence
from keys import Certificate
from verify.report import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerRule:
    """How sealing offices are compared with issuing authorities."""

    register: AuthorityRegister | None

    def check(self, certificate: Certificate, licence: StructuredLicence, *, first: bool, at: datetime) -> Check:
        """Look at the certificate of a seal that was set at a time.

        The first seal is the issuing authority's; a further one may be that of an authority that issues jointly. The
        authority is that of the identifier too: else one could seal a licence under another one's number and be
        answered with that one's status.
        """
        sealer = _Sealer.of(certificate)
        if not first and any(self._is_that_of(sealer, one, licence, at) for one in licence.joint_issuers):
            return Check(name="issuer", code="OK", detail=f"{sealer.name} issues jointly")
        named = LicenceIdentifier.from_text(licence.identifier)
        if licence.issuer_code != named.issuer_code:
            detail = f"the issuer is {licence.issuer_code}, the identifier is another authority's"
            return Check(name="issuer", code="SEAL_NOT_OF_ISSUER", detail=detail)
        issuer = StructuredAuthority(name=licence.issuer_name, code=licence.issuer_code)
        return self._judge(sealer, issuer, licence.type_code, [_day(at)])

    def check_code(self, certificate: Certificate, identifier: str, days: Sequence[date]) -> Check:
        """Look at the certificate of a code's key. A code does not say when it was signed: one of `days` has to fit."""
        named = LicenceIdentifier.from_text(identifier)
        issuer = StructuredAuthority(name="", code=named.issuer_code)
        return self._judge(_Sealer.of(certificate), issuer, named.type_code, days)

    def check_list(self, certificate: Certificate, issuer_code: str, at: datetime) -> Check:
        """Look at the certificate of a status list by itself, whatever the types of the licences in it."""
        sealer = _Sealer.of(certificate)
        known = None if self.register is None else self.register.get(issuer_code)
        types = [] if known is None else [kind for one in (*known.delegates, *known.successors) for kind in one.types]
        found = f"the certificate is for {sealer.name} ({sealer.code})"
        if sealer.code == issuer_code or any(
            self.register is not None and self.register.sealing_for(issuer_code, sealer.code, kind, _day(at))
            for kind in types
        ):
            return Check(name="issuer", code="OK", detail=found)
        detail = f"{found}; the list is that of {issuer_code}"
        return Check(name="issuer", code="STATUS_LIST_WRONG_SIGNER", detail=detail)

    def check_all(
        self, sealed: Iterable[tuple[Certificate, datetime]], licence: StructuredLicence, *, complete: bool
    ) -> Check:
        """Whether each of several issuing authorities has sealed, once all seals are there; the first in any case.

        A file that only another one has sealed is not the issuer's statement: anybody can name himself as a joint
        issuer.
        """
        seals = [(_Sealer.of(certificate), at) for certificate, at in sealed]

        def has_sealed(authority: StructuredAuthority) -> bool:
            return any(self._is_that_of(sealer, authority, licence, at) for sealer, at in seals)

        if not has_sealed(StructuredAuthority(name=licence.issuer_name, code=licence.issuer_code)):
            return Check(name="issuer", code="SEAL_NOT_OF_ISSUER", detail=f"no seal is that of {licence.issuer_name}")
        absent = [authority.name for authority in licence.joint_issuers if not has_sealed(authority)]
        if absent and complete:
            return Check(name="issuer", code="SEAL_NOT_OF_ISSUER", detail=f"no seal is that of {', '.join(absent)}")
        return Check(name="issuer", code="OK")

    def _is_that_of(
        self, sealer: _Sealer, authority: StructuredAuthority, licence: StructuredLicence, at: datetime
    ) -> bool:
        return self._judge(sealer, authority, licence.type_code, [_day(at)]).code == "OK"

    def _judge(self, sealer: _Sealer, issuer: StructuredAuthority, type_code: str, days: Sequence[date]) -> Check:
        found = f"the certificate is for {sealer.name} ({sealer.code})"
        if self.register is None:
            if sealer.code == issuer.code and (not issuer.name or sealer.name == issuer.name):
                return Check(name="issuer", code="OK", detail=found)
            return _refused(found, issuer)
        standings = (self.register.sealing_for(issuer.code, sealer.code, type_code, day) for day in days)
        standing = next((one for one in standings if one is not None), None)
        names_fit = self._bears(sealer.code, sealer.name, issuer) and (
            not issuer.name or self._bears(issuer.code, issuer.name, sealer)
        )
        if standing is None or not names_fit:
            return _refused(f"{found}; register {self.register.number}", issuer)
        as_what = "" if standing == "itself" else f", as its {standing} by register {self.register.number}"
        return Check(name="issuer", code="OK", detail=found + as_what)

    def _bears(self, code: str, name: str, other: StructuredAuthority | _Sealer) -> bool:
        """Whether a name is the authority's, now or once; where the register does not know it, the other side says."""
        known = None if self.register is None else self.register.get(code)
        return known.bears(name) if known is not None else not other.name or (code, name) == (other.code, other.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealer:
    code: str
    name: str

    @classmethod
    def of(cls, certificate: Certificate) -> _Sealer:
        subject = certificate.subject
        return cls(code=subject.organization_identifier or "", name=subject.organization or "")


def _refused(found: str, issuer: StructuredAuthority) -> Check:
    shown = f"{issuer.name} ({issuer.code})" if issuer.name else issuer.code
    return Check(name="issuer", code="SEAL_NOT_OF_ISSUER", detail=f"{found}; the issuer is {shown}")


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()
