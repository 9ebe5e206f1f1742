"""The errors of this package. All share `KeysError`; none of them carries key material or personal data."""


class KeysError(Exception):
    """Base of everything that `keys` raises on purpose."""


class MalformedDerError(KeysError):
    """Bytes that are not the strict DER (X.690 clause 10) of what was expected."""


class MalformedKeyError(KeysError):
    """A key that is damaged, out of range, off its curve or too weak to be used."""


class MalformedCertificateError(KeysError):
    """A certificate that RFC 5280 or our limits do not allow."""


class MalformedRequestError(KeysError):
    """Bytes that are not a certificate request that we read."""


class MalformedRetirementError(KeysError):
    """Bytes that are not the file of retired keys in its one form."""


class MalformedRevocationError(KeysError):
    """A revocation list or an OCSP message that RFC 5280, RFC 6960 or our limits do not allow."""


class OcspRefusedError(KeysError):
    """An OCSP responder gave no answer but a reason why not; the message names it."""


class BadSignatureError(KeysError):
    """A signature that does not fit the key and the data, whatever the reason."""


class UnsupportedAlgorithmError(KeysError):
    """An algorithm, curve or parameter that the table in `keys.algorithms` does not have."""


class ProviderMissingError(KeysError):
    """No library on this machine offers SM2, or it failed its self-test. The message says what to install."""


class KeyNotFoundError(KeysError):
    """A named key or certificate file does not exist."""


class KeyUnusableError(KeysError):
    """A key exists but cannot be used: unreadable, foreign to its certificate, or its signatures do not verify."""


class NotForProductionError(KeyUnusableError):
    """A key in a file or in memory, or a development certificate, where the production profile is in force."""


class AddressRefusedError(KeysError):
    """The name in an address that a stranger has given means no machine that may be reached."""


class ServiceFailedError(KeysError):
    """A service elsewhere (timestamp authority, CA, seal server) could not be reached, was too slow or refused."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status where the service answered, else None: then it may be worth asking again."""
