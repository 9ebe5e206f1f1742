"""The CA's side of revocation lists (RFC 5280 clause 5): making them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from keys import der
from keys.certificates import AUTHORITY_KEY_IDENTIFIER, Certificate
from keys.crl import INVALIDITY_DATE, REASON_CODE, CertificateList, read_crl
from keys.errors import BadSignatureError, KeyUnusableError
from keys.extensions import extension
from keys.ports import PrivateKey
from keys.revocation import REASON_NUMBERS, Revocation

_CRL_NUMBER: Final = "2.5.29.20"


def make_crl(
    *,
    issuer: Certificate,
    issuer_key: PrivateKey,
    number: int,
    this_update: datetime,
    next_update: datetime,
    revoked: Mapping[int, Revocation],
) -> CertificateList:
    """Make and sign a complete version 2 list. `number` grows from list to list (RFC 5280 clause 5.2.3).

    `KeyUnusableError` when `issuer_key` is not the issuer's or its signature does not verify.
    """
    if issuer_key.public_key.spki != issuer.public_key.spki:
        raise KeyUnusableError("the key is not the issuer's")
    extensions = [extension(_CRL_NUMBER, der.integer(number))]
    if issuer.subject_key_identifier is not None:
        authority = der.sequence(der.context(0, issuer.subject_key_identifier, primitive=True))
        extensions.append(extension(AUTHORITY_KEY_IDENTIFIER, authority))
    entries = [_entry(serial, revoked[serial]) for serial in sorted(revoked)]
    algorithm = issuer_key.algorithm
    tbs = der.sequence(
        der.integer(1),
        algorithm.signature_identifier,
        issuer.subject_der,
        der.time(this_update),
        der.time(next_update),
        # Left out when nothing is revoked, clause 5.1.2.6.
        der.sequence(*entries) if entries else b"",
        der.context(0, der.sequence(*extensions)),
    )
    signature = issuer_key.sign(tbs)
    crl = read_crl(der.sequence(tbs, algorithm.signature_identifier, der.bit_string(signature)))
    try:
        crl.verify_issued_by(issuer)
    except BadSignatureError as error:
        raise KeyUnusableError("a fresh signature did not verify") from error
    return crl


def _entry(serial: int, revocation: Revocation) -> bytes:
    extensions = []
    # Clause 5.3.1: "unspecified" is left out.
    if revocation.reason not in (None, "unspecified"):
        code = der.tlv(der.ENUMERATED, bytes((REASON_NUMBERS[revocation.reason],)))
        extensions.append(extension(REASON_CODE, code))
    if revocation.invalid_since is not None:
        extensions.append(extension(INVALIDITY_DATE, der.generalized_time(revocation.invalid_since)))
    return der.sequence(der.integer(serial), der.time(revocation.at), der.sequence(*extensions) if extensions else b"")
