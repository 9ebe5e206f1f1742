"""Check characters after the hybrid systems of ISO/IEC 7064."""


def hybrid_check_character(body: str, alphabet: str) -> str:
    """The check character of `body` over `alphabet`, whose length plus one must be prime.

    With 36 characters this is MOD 37,36 (GB/T 17710). Every single slip and almost every swap of neighbours is caught.
    ValueError when a character is not in the alphabet.
    """
    size = len(alphabet)
    product = size
    for character in body:
        total = (product + alphabet.index(character)) % size or size
        product = total * 2 % (size + 1)
    return alphabet[(size + 1 - product) % size]
