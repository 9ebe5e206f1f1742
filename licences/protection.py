"""Personal data at rest: encrypted with SM4-GCM under a ring of keys, bound to the place where it is kept.

A protected value is `MAGIC`, the key's id (8 bytes), a random nonce (12), the encrypted text and its tag (16). A random
nonce of 96 bits allows 2^32 values under one key (SP 800-38D section 8.3); change the key before.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from keys import SM4_KEY_BYTES, SM4_NONCE_BYTES, BadSignatureError, hmac_bytes, sm4_decrypt, sm4_encrypt

from .errors import ProtectedDataError

MAGIC = b"\xe8\xa7\x01\x00"
"""No licence file, scan or UTF-8 text begins like this."""
MAX_RING_KEYS = 1000
KEY_ID_BYTES = 8
PROTECTION_OVERHEAD = len(MAGIC) + KEY_ID_BYTES + SM4_NONCE_BYTES + 16
"""Bytes that a protected value is longer than the plain one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The keys that values are protected with: the current one, and older ones that still open what they closed."""

    keys: Mapping[bytes, bytes]
    """Key id to key."""
    current: bytes | None
    """Id of the key for new values; None in an empty ring, which opens and closes nothing."""

    @classmethod
    def of(cls, keys: Iterable[bytes]) -> "KeyRing":
        """Make a ring of keys of 16 bytes, the current one first; ValueError for another size."""
        found: dict[bytes, bytes] = {}
        for key in keys:
            if len(key) != SM4_KEY_BYTES:
                raise ValueError("a protection key has 16 bytes")
            found[_key_id(key)] = key
        if len(found) > MAX_RING_KEYS:
            raise ValueError("too many keys in the ring")
        return cls(keys=MappingProxyType(found), current=next(iter(found), None))


class Protection:
    """Closes and opens values. Safe for threads; a process that runs on finds keys that another one added."""

    def __init__(self, load: Callable[[], KeyRing], random: Callable[[int], bytes]) -> None:
        """`load` reads the ring, and again when a value names a key that is not in it."""
        self._load = load
        self._ring = load()
        self._random = random

    @property
    def ring(self) -> KeyRing:
        """The keys as they were last read."""
        return self._ring

    def protect(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt a value under the current key.

        `context` names the place of the value (table, column, row): elsewhere it does not open. Raises
        ProtectedDataError when the ring is empty.
        """
        ring = self._ring
        if ring.current is None:
            raise ProtectedDataError("PROTECTION_KEY_MISSING")
        head, nonce = MAGIC + ring.current, self._random(SM4_NONCE_BYTES)
        key = ring.keys[ring.current]
        return head + nonce + sm4_encrypt(key, nonce, plain, head + context.encode())

    def reveal(self, protected: bytes, *, context: str) -> bytes:
        """Return the value in clear.

        Raises ProtectedDataError when it is damaged or was kept elsewhere, or when its key is not in the ring.
        """
        key_id = key_of(protected)
        if key_id is None:
            raise ProtectedDataError("PROTECTED_DATA_DAMAGED")
        key = self._ring.keys.get(key_id)
        if key is None:
            self._ring = self._load()
            key = self._ring.keys.get(key_id)
        if key is None:
            raise ProtectedDataError("PROTECTION_KEY_MISSING")
        head = len(MAGIC) + KEY_ID_BYTES
        nonce, encrypted = protected[head : head + SM4_NONCE_BYTES], protected[head + SM4_NONCE_BYTES :]
        try:
            return sm4_decrypt(key, nonce, encrypted, protected[:head] + context.encode())
        except BadSignatureError as error:
            raise ProtectedDataError("PROTECTED_DATA_DAMAGED") from error

    def is_current(self, value: bytes) -> bool:
        """Whether a value is protected, and by the key that new ones are protected with."""
        return self._ring.current is not None and key_of(value) == self._ring.current


def key_of(value: bytes) -> bytes | None:
    """Return the id of the key that a value says it is protected with; None for one in clear."""
    if not value.startswith(MAGIC) or len(value) < PROTECTION_OVERHEAD:
        return None
    return value[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES]


def _key_id(key: bytes) -> bytes:
    # Derived from the key, so that a damaged ring opens nothing instead of closing with a key that nobody knows.
    return hmac_bytes("sm3", key, b"elicence protection key")[:KEY_ID_BYTES]
