"""Who can sign, with which algorithm: keys, certificates, and the strict DER they are written in."""

from keys import der
from keys.algorithms import (
    ALGORITHMS,
    ECDSA_P256_SHA256,
    ECDSA_P384_SHA384,
    RSA_PSS_SHA256,
    RSA_PSS_SHA384,
    RSA_PSS_SHA512,
    RSA_SHA256,
    RSA_SHA384,
    RSA_SHA512,
    SEALING_ALGORITHMS,
    SM2_SM3,
    Algorithm,
    algorithm_for,
    algorithm_named,
    digest_size,
    hash_bytes,
    hmac_bytes,
    read_algorithm,
)
from keys.certificates import (
    DEVELOPMENT_MARK,
    Certificate,
    key_identifier,
    load_certificates,
    parse_certificate,
)
from keys.der import DerReader, Element
from keys.development import DevelopmentPki, make_development_pki
from keys.errors import (
    BadSignatureError,
    KeyNotFoundError,
    KeysError,
    KeyUnusableError,
    MalformedCertificateError,
    MalformedDerError,
    MalformedKeyError,
    ProviderMissingError,
    UnsupportedAlgorithmError,
)
from keys.files import open_signer, write_certificates, write_private_key
from keys.issuing import CODE_SIGNING_EKU, Profile, Subject, make_certificate
from keys.leniency import Leniency
from keys.libcrypto import Libcrypto
from keys.names import DistinguishedName
from keys.ports import ExportablePrivateKey, PrivateKey, PublicKey
from keys.providers import default_libcrypto, default_verifier
from keys.signature import der_signature, low_s, raw_signature
from keys.signer import Signer
from keys.software import generate_private_key, load_private_key, load_public_key

__all__ = [
    "ALGORITHMS",
    "CODE_SIGNING_EKU",
    "DEVELOPMENT_MARK",
    "ECDSA_P256_SHA256",
    "ECDSA_P384_SHA384",
    "RSA_PSS_SHA256",
    "RSA_PSS_SHA384",
    "RSA_PSS_SHA512",
    "RSA_SHA256",
    "RSA_SHA384",
    "RSA_SHA512",
    "SEALING_ALGORITHMS",
    "SM2_SM3",
    "Algorithm",
    "BadSignatureError",
    "Certificate",
    "DerReader",
    "DevelopmentPki",
    "DistinguishedName",
    "Element",
    "ExportablePrivateKey",
    "KeyNotFoundError",
    "KeyUnusableError",
    "KeysError",
    "Leniency",
    "Libcrypto",
    "MalformedCertificateError",
    "MalformedDerError",
    "MalformedKeyError",
    "PrivateKey",
    "Profile",
    "ProviderMissingError",
    "PublicKey",
    "Signer",
    "Subject",
    "UnsupportedAlgorithmError",
    "algorithm_for",
    "algorithm_named",
    "default_libcrypto",
    "default_verifier",
    "der",
    "der_signature",
    "digest_size",
    "generate_private_key",
    "hash_bytes",
    "hmac_bytes",
    "key_identifier",
    "load_certificates",
    "load_private_key",
    "load_public_key",
    "low_s",
    "make_certificate",
    "make_development_pki",
    "open_signer",
    "parse_certificate",
    "raw_signature",
    "read_algorithm",
    "write_certificates",
    "write_private_key",
]
