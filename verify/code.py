"""Facts about the code on the face. The numbers are the steps in `verifier.py`."""

from __future__ import annotations

from esign import CHINA, EsignError, SignedCode, extract_code, read_code
from keys import Certificate, KeysError
from verify.facts import Facts, unreadable
from verify.issuer import IssuerRule
from verify.report import Check
from verify.seals import failed_signature, usage_check
from verify.signing_path import Existence, Grounds, facts_of_signature, look_at_path
from verify.sources import Records


def look_at_code(text: str, grounds: Grounds, records: Records) -> Facts:
    """Read and check a code as text, with or without the address before it."""
    # (1) The text is a code in its only form.
    try:
        signed = read_code(text)
    except EsignError as error:
        return Facts(kind="code", checks=(unreadable("format", error),))
    readable = Check(name="format", code="OK")
    # (7) The key that the code names is known, and a certificate says so.
    trust = grounds.trust
    certificate = trust.code_key(signed.claims.key_id)
    if certificate is None:
        code = "CODE_KEY_UNKNOWN" if trust.anchors else "NO_TRUST_ANCHORS"
        unknown = Check(name="certificate", code=code, detail=f"key {signed.claims.key_id.hex()}")
        return Facts(kind="code", checks=(readable, unknown), code=signed.claims)
    # (3) The signature over the whole payload is that key's.
    signature = _signature(signed, certificate)
    # (6) The authority that the identifier names has signed. A code holds no name of it.
    known_days = (one.astimezone(CHINA).date() for one in (certificate.not_before, grounds.at))
    days = [signed.claims.valid_from, *known_days]
    issuer = IssuerRule(register=trust.register).check_code(certificate, signed.claims.identifier, days)
    # (7) A code does not say when it was signed: the path must have been valid when the key's certificate began,
    # (8) and it must still be at the time of asking, or at the time since which the store has had this code.
    usage = usage_check(certificate, purpose="code")
    existence = Existence(at=grounds.at).or_earlier(
        records.existed_since(signed.claims.identifier, extract_code(text).encode("ascii")), "store"
    )
    path = look_at_path(certificate, (), grounds=grounds, claimed_at=None, existence=existence)
    facts = facts_of_signature(
        certificate,
        path,
        existence,
        field="code",
        claimed_time=None,
        covers="code",
        intact=signature.code == "OK",
        valid=signature.code == "OK",
        development=path.chain.development,
    )
    return Facts(
        kind="code",
        checks=(readable, signature, issuer, usage, *path.checks),
        signatures=(facts,),
        code=signed.claims,
        development=path.chain.development,
    )


def _signature(signed: SignedCode, certificate: Certificate) -> Check:
    try:
        signed.verify(certificate.public_key)
    except KeysError as error:
        return failed_signature(error)
    return Check(name="signature", code="OK", detail=certificate.public_key.algorithm.title)
