"""Who can sign, with which algorithm: keys, certificates, and the strict DER they are written in."""

from keys import ber, der
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
from keys.certificate_id import CertificateId
from keys.certificates import (
    DEVELOPMENT_MARK,
    Certificate,
    key_identifier,
    load_certificates,
    parse_certificate,
)
from keys.crl import MAX_CRL_SIZE, CertificateList, CrlScope, read_crl
from keys.crl_making import make_crl
from keys.custody import Custody, open_signer
from keys.der import DerReader, Element
from keys.development import DevelopmentPki, make_development_pki
from keys.encrypted_stream import DecryptingReader, EncryptingWriter, key_from_passphrase
from keys.errors import (
    AddressRefusedError,
    BadSignatureError,
    KeyNotFoundError,
    KeysError,
    KeyUnusableError,
    MalformedCertificateError,
    MalformedDerError,
    MalformedKeyError,
    MalformedRequestError,
    MalformedRetirementError,
    MalformedRevocationError,
    NotForProductionError,
    OcspRefusedError,
    ProviderMissingError,
    ServiceFailedError,
    UnsupportedAlgorithmError,
)
from keys.exchange import Endpoint, deliver, exchange
from keys.files import write_certificates, write_private_key
from keys.issuing import (
    CODE_SIGNING_EKU,
    COPY_SIGNING_EKU,
    OCSP_SIGNING_EKU,
    TIMESTAMPING_EKU,
    Profile,
    Subject,
    make_certificate,
)
from keys.leniency import Leniency
from keys.libcrypto import Libcrypto
from keys.names import DistinguishedName
from keys.ocsp import MAX_OCSP_SIZE, OcspAnswer, OcspResponse, ocsp_request, read_ocsp_response
from keys.ocsp_responder import OcspRequest, make_ocsp_failure, make_ocsp_response, read_ocsp_request
from keys.passphrases import passphrase_from
from keys.pkcs8 import Passphrase, encrypt_private_key, read_private_key
from keys.pkcs12 import KeyStore, read_pkcs12
from keys.ports import DigestKey, ExportablePrivateKey, PrivateKey, PublicKey
from keys.providers import default_libcrypto, default_verifier
from keys.remote import RemotePrivateKey, RemoteSeal
from keys.remote_uri import RemoteUri, is_service_key_name, parse_remote_uri
from keys.requests import SIGNED_DATA_OIDS, CertificateRequest, chain_for_key, make_request, parse_request, read_reply
from keys.retirement import Retirement, RetirementReason, read_retirements, write_retirements
from keys.revocation import Revocation
from keys.signature import der_signature, low_s, raw_signature
from keys.signer import Signer
from keys.sm4 import SM4_KEY_BYTES, SM4_NONCE_BYTES, sm4_decrypt, sm4_encrypt
from keys.software import generate_private_key, load_private_key, load_public_key
from keys.utc_times import read_utc_text, utc_text

__all__ = [
    "ALGORITHMS",
    "CODE_SIGNING_EKU",
    "COPY_SIGNING_EKU",
    "DEVELOPMENT_MARK",
    "ECDSA_P256_SHA256",
    "ECDSA_P384_SHA384",
    "MAX_CRL_SIZE",
    "MAX_OCSP_SIZE",
    "OCSP_SIGNING_EKU",
    "RSA_PSS_SHA256",
    "RSA_PSS_SHA384",
    "RSA_PSS_SHA512",
    "RSA_SHA256",
    "RSA_SHA384",
    "RSA_SHA512",
    "SEALING_ALGORITHMS",
    "SIGNED_DATA_OIDS",
    "SM2_SM3",
    "SM4_KEY_BYTES",
    "SM4_NONCE_BYTES",
    "TIMESTAMPING_EKU",
    "AddressRefusedError",
    "Algorithm",
    "BadSignatureError",
    "Certificate",
    "CertificateId",
    "CertificateList",
    "CertificateRequest",
    "CrlScope",
    "Custody",
    "DecryptingReader",
    "DerReader",
    "DevelopmentPki",
    "DigestKey",
    "DistinguishedName",
    "Element",
    "EncryptingWriter",
    "Endpoint",
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
    "MalformedRetirementError",
    "MalformedRevocationError",
    "NotForProductionError",
    "OcspAnswer",
    "OcspRefusedError",
    "OcspRequest",
    "OcspResponse",
    "Passphrase",
    "PrivateKey",
    "Profile",
    "ProviderMissingError",
    "PublicKey",
    "RemotePrivateKey",
    "RemoteSeal",
    "RemoteUri",
    "Retirement",
    "RetirementReason",
    "Revocation",
    "ServiceFailedError",
    "Signer",
    "Subject",
    "UnsupportedAlgorithmError",
    "algorithm_for",
    "algorithm_named",
    "ber",
    "chain_for_key",
    "default_libcrypto",
    "default_verifier",
    "deliver",
    "der",
    "der_signature",
    "digest_size",
    "encrypt_private_key",
    "exchange",
    "generate_private_key",
    "hash_bytes",
    "hmac_bytes",
    "is_service_key_name",
    "key_from_passphrase",
    "key_identifier",
    "load_certificates",
    "load_private_key",
    "load_public_key",
    "low_s",
    "make_certificate",
    "make_crl",
    "make_development_pki",
    "make_ocsp_failure",
    "make_ocsp_response",
    "make_request",
    "ocsp_request",
    "open_signer",
    "parse_certificate",
    "parse_remote_uri",
    "parse_request",
    "passphrase_from",
    "raw_signature",
    "read_algorithm",
    "read_crl",
    "read_ocsp_request",
    "read_ocsp_response",
    "read_pkcs12",
    "read_private_key",
    "read_reply",
    "read_retirements",
    "read_utc_text",
    "sm4_decrypt",
    "sm4_encrypt",
    "utc_text",
    "write_certificates",
    "write_private_key",
    "write_retirements",
]
