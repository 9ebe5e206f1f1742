"""SM2 by the system's libcrypto (OpenSSL 3 or a library with its interface), called through cffi without a compiler.

Chosen by measurement: strict on points and DER, flat in time over the nonce, keeps no copy of a key that was
dropped, releases the interpreter lock. Every call makes its own context, so handles may be shared between threads.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from keys.curve import GENERATOR, ORDER, PRIME, KeyHandle, verifies_rightly
from keys.errors import KeyUnusableError, MalformedKeyError, ProviderMissingError
from keys.libcrypto_interface import ffi

SONAME: Final = "libcrypto.so.3"

_INSTALL: Final = (
    "signing with SM2 needs OpenSSL 3 with SM2 (libcrypto.so.3): install Debian or Ubuntu's libssl3, "
    "or name another library in the settings; Red Hat-like systems and Alpine build OpenSSL without SM2"
)

# OSSL_PARAM types and key selections of <openssl/core.h>, <openssl/core_dispatch.h> and <openssl/evp.h>.
_UNSIGNED_INTEGER: Final = 2
_UTF8_STRING: Final = 4
_OCTET_STRING: Final = 5
_PUBLIC_KEY: Final = 0x86
_KEYPAIR: Final = 0x87

_MAX_SIGNATURE: Final = 80
"""Room for a DER signature of two 256-bit numbers (72 bytes at most)."""


class Libcrypto:
    """The SM2 operations of one loaded library. Knows points, scalars and 32-byte digests; the rest is `keys.sm2`'s."""

    def __init__(self, path: str = SONAME) -> None:
        """Load the library and run the self-test (about 30 ms); `ProviderMissingError` when either fails."""
        self.path: Final = path
        try:
            self._library = ffi.dlopen(path)
            self.name: Final[str] = ffi.string(self._library.OpenSSL_version(0)).decode("ascii", "replace")
            # Looked up now, so that an OpenSSL 1.1 is refused here and not in the middle of something.
            for function in ("EVP_PKEY_generate", "EVP_PKEY_CTX_new_from_pkey", "EVP_PKEY_get_bn_param"):
                getattr(self._library, function)
        except (OSError, ffi.error) as error:
            raise ProviderMissingError(f"{path} cannot be used; {_INSTALL}") from error
        self._self_test()

    def generate(self) -> KeyHandle:
        """Make a private key from the library's own random source."""
        context = self._library.EVP_PKEY_CTX_new_from_name(ffi.NULL, b"SM2", ffi.NULL)
        if not context:
            self._library.ERR_clear_error()
            raise ProviderMissingError(_INSTALL)
        key = ffi.new("EVP_PKEY **")
        try:
            made = self._library.EVP_PKEY_keygen_init(context) == 1 and (
                self._library.EVP_PKEY_generate(context, key) == 1
            )
        finally:
            self._library.EVP_PKEY_CTX_free(context)
            self._library.ERR_clear_error()
        if not made:
            raise KeyUnusableError("libcrypto could not make an SM2 key")
        return self._checked(key[0], self._library.EVP_PKEY_check)

    def load_private(self, scalar: bytearray, point: bytes) -> KeyHandle:
        """Take a private key: scalar (32 bytes, big-endian) and its point. `scalar` is overwritten, good or not.

        The scalar must be in 1 … n-2 and belong to the point: without this check libcrypto 3.0 takes n-1 and never
        returns from signing with it. Built from parameters because libcrypto's DER decoder leaves a copy behind.
        """
        try:
            if sys.byteorder == "little":
                scalar.reverse()
            with ffi.from_buffer("unsigned char[]", scalar) as buffer:
                key = self._from_parameters(_KEYPAIR, point, (b"priv", _UNSIGNED_INTEGER, buffer, len(scalar)))
        finally:
            scalar[:] = bytes(len(scalar))
        return self._checked(key, self._library.EVP_PKEY_check)

    def load_public(self, point: bytes) -> KeyHandle:
        """Take a public key, an uncompressed point: on the curve, not infinity, coordinates below p."""
        return self._checked(self._from_parameters(_PUBLIC_KEY, point), self._library.EVP_PKEY_public_check)

    def point(self, handle: KeyHandle) -> bytes:
        """Return the public point, uncompressed (65 bytes)."""
        buffer, size = ffi.new("unsigned char[]", 65), ffi.new("size_t *")
        good = self._library.EVP_PKEY_get_octet_string_param(handle, b"pub", buffer, 65, size) == 1
        self._library.ERR_clear_error()
        content = bytes(ffi.buffer(buffer))
        if not good or size[0] != 65 or content[0] != 4:
            raise KeyUnusableError("libcrypto did not give the public point")
        return content

    def scalar(self, handle: KeyHandle) -> bytes:
        """Return the private scalar (32 bytes), for writing a new key to its file; never needed for signing."""
        number, buffer = ffi.new("BIGNUM **"), ffi.new("unsigned char[]", 32)
        good = self._library.EVP_PKEY_get_bn_param(handle, b"priv", number) == 1
        try:
            if not good or self._library.BN_bn2binpad(number[0], buffer, 32) != 32:
                raise KeyUnusableError("libcrypto did not give the private key")
            return bytes(ffi.buffer(buffer))
        finally:
            self._library.BN_clear_free(number[0])
            ffi.buffer(buffer)[:] = bytes(32)
            self._library.ERR_clear_error()

    def sign_digest(self, handle: KeyHandle, digest: bytes) -> bytes:
        """Sign e (32 bytes), DER, with a handle that holds a private key."""
        library = self._library
        signature, size = ffi.new("unsigned char[]", _MAX_SIGNATURE), ffi.new("size_t *", _MAX_SIGNATURE)
        context = library.EVP_PKEY_CTX_new_from_pkey(ffi.NULL, handle, ffi.NULL)
        try:
            good = (
                len(digest) == 32
                and bool(context)
                and library.EVP_PKEY_sign_init(context) == 1
                and library.EVP_PKEY_sign(context, signature, size, digest, 32) == 1
            )
        finally:
            library.EVP_PKEY_CTX_free(context)
            library.ERR_clear_error()
        if not good:
            raise KeyUnusableError("libcrypto did not sign")
        return bytes(ffi.buffer(signature, size[0]))

    def verify_digest(self, handle: KeyHandle, digest: bytes, signature: bytes) -> bool:
        """Tell whether a DER signature fits e (32 bytes). Malformed signatures are false, too."""
        library = self._library
        context = library.EVP_PKEY_CTX_new_from_pkey(ffi.NULL, handle, ffi.NULL)
        try:
            return (
                len(digest) == 32
                and bool(context)
                and library.EVP_PKEY_verify_init(context) == 1
                and library.EVP_PKEY_verify(context, signature, len(signature), digest, 32) == 1
            )
        finally:
            library.EVP_PKEY_CTX_free(context)
            library.ERR_clear_error()

    def _from_parameters(self, selection: int, point: bytes, *more: tuple[bytes, int, object, int]) -> object:
        """Make a key on the SM2 curve of its parts; NULL when libcrypto refuses them."""
        library = self._library
        group, public = ffi.new("char[]", b"SM2"), ffi.from_buffer("unsigned char[]", point)
        names: list[object] = []
        parameters = ffi.new("OSSL_PARAM[4]")
        parts = ((b"group", _UTF8_STRING, group, 3), (b"pub", _OCTET_STRING, public, len(point)), *more)
        for parameter, (name, kind, content, size) in zip(parameters, parts, strict=False):
            names.append(ffi.new("char[]", name))
            parameter.key, parameter.data_type = names[-1], kind
            parameter.data, parameter.data_size = content, size
        key = ffi.new("EVP_PKEY **")
        context = library.EVP_PKEY_CTX_new_from_name(ffi.NULL, b"SM2", ffi.NULL)
        try:
            if context and library.EVP_PKEY_fromdata_init(context) == 1:
                library.EVP_PKEY_fromdata(context, key, selection, parameters)
        finally:
            library.EVP_PKEY_CTX_free(context)
            library.ERR_clear_error()
        return key[0]

    def _checked(self, key: object, check: Callable[[object], int]) -> KeyHandle:
        """Own a fresh EVP_PKEY and let libcrypto check it."""
        if not key:
            raise MalformedKeyError("not an SM2 key")
        handle = ffi.gc(key, self._library.EVP_PKEY_free)
        context = self._library.EVP_PKEY_CTX_new_from_pkey(ffi.NULL, handle, ffi.NULL)
        try:
            good = bool(context) and check(context) == 1
        finally:
            self._library.EVP_PKEY_CTX_free(context)
            self._library.ERR_clear_error()
        if not good:
            raise MalformedKeyError("SM2 key out of range or off the curve")
        return KeyHandle(handle)

    def _self_test(self) -> None:
        """Refuse a library that gets the published vector of GB/T 32918.5 A.2 or a boundary wrong."""
        try:
            good = verifies_rightly(self) and self._round_trip() and self._refuses_last_scalar()
        except (MalformedKeyError, KeyUnusableError) as error:
            raise ProviderMissingError(_INSTALL) from error
        if not good:
            raise ProviderMissingError(f"{self.name} failed the SM2 self-test; {_INSTALL}")

    def _round_trip(self) -> bool:
        key, digest = self.generate(), bytes(range(32))
        signature = self.sign_digest(key, digest)
        return self.verify_digest(self.load_public(self.point(key)), digest, signature)

    def _refuses_last_scalar(self) -> bool:
        """Tell whether d = n-1, with its right point -G, is refused."""
        point = bytes((4, *GENERATOR[:32])) + (PRIME - int.from_bytes(GENERATOR[32:], "big")).to_bytes(32, "big")
        try:
            self.load_private(bytearray((ORDER - 1).to_bytes(32, "big")), point)
        except MalformedKeyError:
            return True
        return False
