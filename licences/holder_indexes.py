"""How a holder is found without standing in any table: a keyed digest of kind and code."""

from keys import hmac_bytes


def holder_index(index_key: bytes, kind: str, code: str) -> str:
    """Return the index of a holder: HMAC-SM3 of kind and code (in the normal form of ``check_holder``).

    Nobody can search for it without the key: all citizen numbers can be enumerated.
    """
    return hmac_bytes("sm3", index_key, f"{kind}:{code}".encode("utf-8", "surrogatepass")).hex()
