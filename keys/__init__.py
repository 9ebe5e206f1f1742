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
from keys.custody import Custody, open_signer
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
    MalformedRequestError,
    NotForProductionError,
    ProviderMissingError,
    UnsupportedAlgorithmError,
)
from keys.files import write_certificates, write_private_key
from keys.issuing import CODE_SIGNING_EKU, Profile, Subject, make_certificate
from keys.leniency import Leniency
from keys.libcrypto import Libcrypto
from keys.names import DistinguishedName
from keys.passphrases import passphrase_from
from keys.pkcs8 import Passphrase, encrypt_private_key, read_private_key
from keys.pkcs12 import KeyStore, read_pkcs12
from keys.ports import ExportablePrivateKey, PrivateKey, PublicKey
from keys.providers import default_libcrypto, default_verifier
from keys.requests import CertificateRequest, chain_for_key, make_request, parse_request, read_reply
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
    "CertificateRequest",
    "Custody",
    "DerReader",
    "DevelopmentPki",
    "DistinguishedName",
    "Element",
    "ExportablePrivateKey",
    "KeyNotFoundError",
    "KeyStore",
    "KeyUnusableError",
    "KeysError",
    "Leniency",
    "Libcrypto",
    "MalformedCertificateError",
    "MalformedDerError",
    "MalformedKeyError",
    "MalformedRequestError",
    "NotForProductionError",
    "Passphrase",
    "PrivateKey",
    "Profile",
    "ProviderMissingError",
    "PublicKey",
    "Signer",
    "Subject",
    "UnsupportedAlgorithmError",
    "algorithm_for",
    "algorithm_named",
    "chain_for_key",
    "default_libcrypto",
    "default_verifier",
    "der",
    "der_signature",
    "digest_size",
    "encrypt_private_key",
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
    "make_request",
    "open_signer",
    "parse_certificate",
    "parse_request",
    "passphrase_from",
    "raw_signature",
    "read_algorithm",
    "read_pkcs12",
    "read_private_key",
    "read_reply",
    "write_certificates",
    "write_private_key",
]
