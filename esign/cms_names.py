"""Object identifiers in signed data: CMS (RFC 5652), its attributes, and SM2 message syntax (GB/T 35275)."""

from keys import SIGNED_DATA_OIDS

SIGNED_DATA, GM_SIGNED_DATA = SIGNED_DATA_OIDS
DATA, GM_DATA = "1.2.840.113549.1.7.1", "1.2.156.10197.6.1.4.2.1"

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
"""RFC 3161 appendix A."""

TST_INFO = "1.2.840.113549.1.9.16.1.4"
"""What a timestamp signs (RFC 3161 section 2.4.2)."""
OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"
"""An OCSP answer among the revocation lists (RFC 5940 section 2)."""
