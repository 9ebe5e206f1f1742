"""A PKI for trying things out. Everything it certifies bears `DEVELOPMENT_MARK`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keys.algorithms import ECDSA_P256_SHA256, RSA_SHA256, SM2_SM3
from keys.certificates import DEVELOPMENT_MARK, Certificate
from keys.errors import UnsupportedAlgorithmError
from keys.issuing import Profile, Subject, make_certificate
from keys.ports import ExportablePrivateKey
from keys.signer import Signer
from keys.software import generate_private_key

_CERTIFICATE_TERM: Final = timedelta(days=7305)
"""20 years."""
_ROOT_TERM: Final = timedelta(days=10957)
"""30 years."""
_ALGORITHMS: Final = {"sm2": (SM2_SM3, SM2_SM3), "rsa": (RSA_SHA256, ECDSA_P256_SHA256)}
"""Family to algorithms of certificates and seal, and of the other keys: the signature of a code must be 64 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentPki:
    """Root, issuing CA and the three signers of one authority. The CA keys are gone: nothing more can be issued."""

    family: str
    """`sm2` or `rsa`."""
    root: Certificate
    issuing_ca: Certificate
    seal: Signer
    code: Signer
    copy: Signer
    """Seals annotated copies."""
    seal_key: ExportablePrivateKey
    code_key: ExportablePrivateKey
    copy_key: ExportablePrivateKey


def make_development_pki(
    family: str, *, authority_name: str, authority_code: str, at: datetime, random: Callable[[int], bytes]
) -> DevelopmentPki:
    """Make root, issuing CA, and the certificates for seal, codes and annotated copies of one authority.

    `sm2`: all SM2. `rsa`: RSA-2048, with P-256 keys for codes and copies. `at` starts the validity (whole seconds; 20
    years, the root 30), `random` gives the serial numbers; the keys come from the crypto libraries' own random source.
    """
    if family not in _ALGORITHMS:
        raise UnsupportedAlgorithmError("no development PKI of this family")
    algorithm, code_algorithm = _ALGORITHMS[family]
    start = at.replace(microsecond=0)
    root_key, ca_key = generate_private_key(algorithm), generate_private_key(algorithm)
    seal_key, code_key = generate_private_key(algorithm), generate_private_key(code_algorithm)
    copy_key = generate_private_key(code_algorithm)

    def certify(
        name: str, profile: Profile, key: ExportablePrivateKey, issuer: Certificate | None, of_authority: bool
    ) -> Certificate:
        return make_certificate(
            subject=Subject(
                common_name=name,
                organization=authority_name if of_authority else "elicence development PKI",
                organization_identifier=authority_code if of_authority else None,
                organizational_unit=DEVELOPMENT_MARK,
            ),
            public_key=key.public_key,
            issuer=issuer,
            issuer_key=root_key if profile in (Profile.ROOT, Profile.ISSUING_CA) else ca_key,
            serial=int.from_bytes(random(16), "big") | 1,
            not_before=start,
            not_after=start + (_ROOT_TERM if profile is Profile.ROOT else _CERTIFICATE_TERM),
            profile=profile,
        )

    title = algorithm.title
    root = certify(f"测试根证书 Test Root {title}", Profile.ROOT, root_key, None, False)
    ca = certify(f"测试签发机构 Test CA {title}", Profile.ISSUING_CA, ca_key, root, False)
    seal = certify(f"{authority_name} 电子印章", Profile.SEAL, seal_key, ca, True)
    code = certify(f"{authority_name} 证照二维码", Profile.CODE, code_key, ca, True)
    copy = certify(f"{authority_name} 加注件", Profile.COPY, copy_key, ca, True)
    return DevelopmentPki(
        family=family,
        root=root,
        issuing_ca=ca,
        seal=Signer(private_key=seal_key, chain=(seal, ca)),
        code=Signer(private_key=code_key, chain=(code, ca)),
        copy=Signer(private_key=copy_key, chain=(copy, ca)),
        seal_key=seal_key,
        code_key=code_key,
        copy_key=copy_key,
    )
