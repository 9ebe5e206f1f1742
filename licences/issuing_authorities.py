"""Whose seals a licence bears: the authority that it names, those that issue it jointly, and who stands in for them."""

from datetime import datetime

from esign import CHINA, AuthorityRegister, Seal, StructuredAuthority

from .authority_seals import SealingKeys
from .errors import InvalidFieldError
from .model import Licence


def require_seal_of_issuer(licence: Licence, seal: Seal, register: AuthorityRegister | None, at: datetime) -> None:
    """A licence is sealed by the authority that it names, or by one that the register lets stand in for it.

    Contract section 1; `verify` judges by the same register.
    """
    organisation = seal.signer.certificate.subject
    sealer, name = organisation.organization_identifier or "", organisation.organization or ""
    own = (licence.issuer.code, licence.issuer.name)
    known = None if register is None else register.get(sealer)
    if register is not None and known is not None and known.bears(name):
        day = at.astimezone(CHINA).date()
        standing = register.sealing_for(licence.issuer.code, sealer, licence.licence_type.code, day)
        issuer = register.get(licence.issuer.code)
        fits = (standing is not None, issuer is not None and issuer.bears(licence.issuer.name))
    else:
        fits = (sealer == own[0], name == own[1])
    keys = ("certificateIssuingAuthorityCode", "certificateIssuingAuthorityName")
    faults = [
        InvalidFieldError(f"/data/{key}", "SEAL_NOT_OF_ISSUER") for key, fit in zip(keys, fits, strict=True) if not fit
    ]
    if faults:
        raise ExceptionGroup("the seal is another authority's", faults)


def joint_issuers(licence: Licence, keys: SealingKeys) -> tuple[StructuredAuthority, ...]:
    """The other authorities that issue it; each once, also when it seals with two suites."""
    found: dict[str, StructuredAuthority] = {}
    for one in keys.awaited:
        subject = one.certificate.subject
        name, code = subject.organization, subject.organization_identifier
        if name is None or code is None:
            fault = InvalidFieldError("/joint", "SEAL_NOT_OF_ISSUER")
            raise ExceptionGroup("a joint seal names no authority", [fault])
        if code != licence.issuer.code:
            found[code] = StructuredAuthority(name=name, code=code)
    return tuple(found.values())
