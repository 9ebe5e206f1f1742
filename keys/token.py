"""Private keys in security modules and USB tokens, by PKCS#11 (python-pkcs11, the extra `elicence[pkcs11]`).

The digest is made here and only it goes to the token: RSA (PKCS#1 v1.5 and PSS) and ECDSA by the standard's
mechanisms, SM2 by the maker's own, whose number the URI gives.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pkcs11
from pkcs11 import MGF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import (
    PinExpired,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)
from pkcs11.types import SignMixin

from keys import der
from keys.algorithms import (
    ECDSA_P256_SHA256,
    ECDSA_P384_SHA384,
    RSA_ALGORITHMS,
    RSA_PSS_SHA256,
    SM2_SM3,
    Algorithm,
    digest_size,
    hash_bytes,
)
from keys.ecdsa import EC_PUBLIC_KEY
from keys.errors import BadSignatureError, KeyNotFoundError, KeyUnusableError, UnsupportedAlgorithmError
from keys.pkcs8 import Passphrase
from keys.ports import PublicKey
from keys.rsa import RSA_KEY_IDENTIFIER
from keys.signature import RAW_SIZE, der_signature, read_pair
from keys.software import digest_to_sign, load_public_key
from keys.token_uri import TokenUri

_PSS: Final = {
    "sha256": (Mechanism.SHA256, MGF.SHA256, 32),
    "sha384": (Mechanism.SHA384, MGF.SHA384, 48),
    "sha512": (Mechanism.SHA512, MGF.SHA512, 64),
}
_PIN_ERRORS: Final = (PinIncorrect, PinInvalid, PinLenRange, PinLocked, PinExpired)
_RAW_SIZES: Final = {ECDSA_P256_SHA256: 64, ECDSA_P384_SHA384: 96}


class _Module:
    """One maker's library. PKCS#11 logs in once for the whole process, and a lost token needs a fresh start of it."""

    def __init__(self, path: str) -> None:
        self.lock: Final = threading.RLock()
        self.generation = 0
        """Counts the fresh starts: sessions of an earlier one are dead."""
        self._refused: set[bytes] = set()
        """Digests of token and PIN: a token locks itself after a few wrong ones, so none is tried twice."""
        try:
            self._library = pkcs11.lib(path)
        except PKCS11Error as error:
            raise KeyUnusableError("the PKCS#11 library of the URI cannot be loaded") from error

    def restart(self) -> None:
        self.generation += 1
        self._library.reinitialize()

    def open(self, uri: TokenUri, pin: Passphrase | None) -> pkcs11.Session:
        serial = None if uri.serial is None else uri.serial.encode()
        tokens = [
            token
            for token in self._library.get_tokens(token_label=uri.token, token_serial=serial)
            if uri.manufacturer in (None, token.manufacturer_id) and uri.model in (None, token.model)
        ]
        if len(tokens) != 1:
            raise KeyNotFoundError("the token is not plugged in" if not tokens else "more than one token is meant")
        if pin is None:
            return tokens[0].open()
        secret = pin()
        tried = hash_bytes("sha256", tokens[0].serial + b"\0" + secret)
        if tried in self._refused:
            raise KeyUnusableError("the token has refused the PIN; it is not tried again")
        try:
            return tokens[0].open(user_pin=secret.decode())
        except UnicodeDecodeError:
            raise KeyUnusableError("the PIN is not UTF-8") from None
        except UserAlreadyLoggedIn:
            return tokens[0].open()
        except _PIN_ERRORS:
            self._refused.add(tried)
            raise


_modules: Final[dict[str, _Module]] = {}
_modules_lock: Final = threading.Lock()


def _module(path: str) -> _Module:
    with _modules_lock:
        if path not in _modules:
            _modules[path] = _Module(path)
        return _modules[path]


class TokenPrivateKey:
    """A private key that stays in its token. May be used by several threads; one module does one thing at a time."""

    def __init__(
        self,
        uri: TokenUri,
        *,
        pin: Passphrase | None = None,
        public_key: PublicKey | None = None,
        algorithm: Algorithm | None = None,
    ) -> None:
        """Open the key and let it sign once.

        `public_key` is the certificate's; without it the token must hold the public key, too. `pin` is asked whenever
        a session begins. `KeyNotFoundError` when the token or the key is not there, `KeyUnusableError` when it does not
        open or its signature does not fit `public_key`.
        """
        self._uri = uri
        self._pin = pin
        self._module = _module(uri.module_path)
        self._session: pkcs11.Session | None = None
        self._key: SignMixin | None = None
        self._generation = -1
        with self._module.lock, _clear_errors():
            self.public_key: Final = public_key or _public_key(self._open(), uri)
        self.algorithm: Final = algorithm or self.public_key.algorithm
        self._mechanism = _mechanism(self.algorithm, self.public_key, uri.sm2_mechanism)
        try:
            self.public_key.verify_as(self.algorithm, self.sign(b"elicence"), b"elicence")
        except BadSignatureError as error:
            raise KeyUnusableError("the token's key is not the certificate's") from error

    def sign(self, data: bytes) -> bytes:
        """Sign `data`; SM2 and ECDSA: DER r, s.

        After a failure the module is started afresh and asked once more, so a token that is back signs again. Nothing
        is signed and nothing is lost when a `KeyUnusableError` or `KeyNotFoundError` says that it is gone.
        """
        return self.sign_digest(digest_to_sign(self.public_key, self.algorithm, data))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign data whose digest this is, for SM2 the value e; otherwise like `sign`."""
        if len(digest) != digest_size(self.algorithm.digest):
            raise KeyUnusableError("the digest has another size than the algorithm's")
        request = self._request(digest)
        with self._module.lock, _clear_errors():
            try:
                answer = self._ask(request)
            except _PIN_ERRORS:
                raise
            except (PKCS11Error, KeyNotFoundError):
                self._module.restart()
                answer = self._ask(request)
        return self._signature(answer)

    def _ask(self, request: bytes) -> bytes:
        if self._generation != self._module.generation or self._key is None:
            key = _one_object(self._open(), ObjectClass.PRIVATE_KEY, self._uri)
            if not isinstance(key, SignMixin):
                raise KeyUnusableError("the token's key is not allowed to sign")
            if self.algorithm == SM2_SM3:
                # The maker's own kind of key has a number that the library cannot name and does not need here.
                key.key_type = KeyType._VENDOR_DEFINED
            self._key = key
        mechanism, parameter = self._mechanism
        return self._key.sign(request, mechanism=mechanism, mechanism_param=parameter)

    def _open(self) -> pkcs11.Session:
        if self._generation != self._module.generation or self._session is None:
            self._session, self._key = self._module.open(self._uri, self._pin), None
            self._generation = self._module.generation
        return self._session

    def _request(self, digest: bytes) -> bytes:
        """Return what the token is given: the digest, for PKCS#1 v1.5 wrapped up (RFC 8017 clause 9.2)."""
        if self._mechanism[0] == Mechanism.RSA_PKCS:
            identifier = der.sequence(der.oid(self.algorithm.digest_oid), der.null())
            return der.sequence(identifier, der.octet_string(digest))
        return digest

    def _signature(self, answer: bytes) -> bytes:
        """Return the signature as we write it: r‖s of the token becomes DER."""
        try:
            if self.algorithm in _RAW_SIZES:
                return der_signature(answer, _RAW_SIZES[self.algorithm])
            if self.algorithm == SM2_SM3:
                if len(answer) == RAW_SIZE:
                    return der_signature(answer)
                read_pair(answer)
        except BadSignatureError as error:
            raise KeyUnusableError("the token's signature has another form than was expected") from error
        return answer


def _mechanism(algorithm: Algorithm, key: PublicKey, sm2: int | None) -> tuple[Mechanism, object]:
    """Return the mechanism and its parameter."""
    if algorithm != key.algorithm and not (algorithm in RSA_ALGORITHMS and key.algorithm in RSA_ALGORITHMS):
        raise UnsupportedAlgorithmError("the token's key is of another kind than was asked for")
    if algorithm == SM2_SM3:
        if sm2 is None:
            raise KeyUnusableError("for SM2 the URI must give the maker's mechanism: sm2-mechanism=0x…")
        named = int.__new__(Mechanism, sm2)
        named._value_ = sm2
        return named, None
    if algorithm.signature_oid == RSA_PSS_SHA256.signature_oid:
        return Mechanism.RSA_PKCS_PSS, _PSS[algorithm.digest]
    return (Mechanism.RSA_PKCS if algorithm in RSA_ALGORITHMS else Mechanism.ECDSA), None


def _one_object(session: pkcs11.Session, kind: ObjectClass, uri: TokenUri) -> pkcs11.Object:
    template: dict[Attribute, object] = {Attribute.CLASS: kind}
    if uri.object is not None:
        template[Attribute.LABEL] = uri.object
    if uri.id is not None:
        template[Attribute.ID] = uri.id
    found = list(session.get_objects(template))
    if len(found) != 1:
        what = "public" if kind == ObjectClass.PUBLIC_KEY else "private"
        raise KeyNotFoundError(f"the token holds no such {what} key" if not found else f"more than one {what} key")
    return found[0]


def _public_key(session: pkcs11.Session, uri: TokenUri) -> PublicKey:
    """Read the public key that stands beside the private one."""
    found = _one_object(session, ObjectClass.PUBLIC_KEY, uri)
    if found[Attribute.KEY_TYPE] == KeyType.RSA:
        numbers = (int.from_bytes(found[name], "big") for name in (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT))
        identifier, content = RSA_KEY_IDENTIFIER, der.sequence(*map(der.integer, numbers))
    else:
        identifier = der.sequence(EC_PUBLIC_KEY, found[Attribute.EC_PARAMS])
        content = der.DerReader(found[Attribute.EC_POINT]).read_octet_string()
    return load_public_key(der.sequence(identifier, der.bit_string(content)))


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Say in a sentence what PKCS#11 says in codes."""
    try:
        yield
    except _PIN_ERRORS as error:
        raise KeyUnusableError("the token refuses the PIN") from error
    except PKCS11Error as error:
        raise KeyUnusableError(f"the token does not answer ({type(error).__name__}); is it plugged in?") from error
