"""A timestamp authority reached over HTTP (RFC 3161 section 3.4): an adapter, the only timestamps from outside."""

from collections.abc import Callable
from dataclasses import dataclass, field

from keys import Endpoint, ServiceFailedError, exchange

from .errors import EsignError, TimestampError
from .tsp import MAX_RESPONSE_BYTES, timestamp_request, token_from_response

NONCE_BYTES = 8

_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTimestamper:
    """Asks one authority; every token is checked against what was asked before it is handed on."""

    endpoint: Endpoint
    random: Callable[[int], bytes] = field(repr=False)

    def timestamp(self, digest: bytes, digest_name: str) -> bytes:
        """A token over `digest`.

        Raises:
            TimestampError: the authority was not reached in time, declined (`TimestampRefusedError`), or answered
                something else than a token over this digest.
            ValueError, keys.UnsupportedAlgorithmError: `digest` is none of this name.
        """
        # Never 0, and its first bit set so that every request has the same size.
        nonce = int.from_bytes(self.random(NONCE_BYTES), "big") | 1 << (8 * NONCE_BYTES - 1)
        request = timestamp_request(digest, digest_name, nonce)
        try:
            response = exchange(
                self.endpoint, body=request, content_type=_QUERY, accepted_type=_REPLY, limit=MAX_RESPONSE_BYTES
            )
            return token_from_response(response, digest=digest, digest_name=digest_name, nonce=nonce)
        except TimestampError:
            raise
        except (ServiceFailedError, EsignError) as error:
            raise TimestampError(str(error)) from error
