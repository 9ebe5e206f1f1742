"""Having something timestamped, and making sure that the token is one that our own files may bear."""

from keys import KeysError

from .errors import EsignError, TimestampError
from .tsp import Timestamper, read_timestamp


def have_stamped(timestamper: Timestamper, digest: bytes, digest_name: str, *, room: int) -> bytes:
    """A token over the digest, of at most `room` bytes.

    Raises:
        TimestampError: there is none, or none that our reader takes: over something else, with bytes that nothing
            explains, or too large for its place.
    """
    raw = timestamper.timestamp(digest, digest_name)
    if len(raw) > room:
        raise TimestampError(f"a token of {len(raw)} bytes; there is room for {room}")
    try:
        token = read_timestamp(raw)
        token.verify_signature()
    except (EsignError, KeysError) as error:
        raise TimestampError(f"the token cannot be used: {error}") from error
    if (token.digest_name, token.imprint) != (digest_name, digest):
        raise TimestampError("the token is over something else")
    if not token.minimal:
        raise TimestampError("the token has bytes that nothing explains")
    return raw
