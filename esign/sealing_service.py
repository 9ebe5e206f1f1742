"""What a seal service makes: finished signatures for digests, and whole files. Keys and authorisation are its own."""

from datetime import datetime

from keys import Signer, digest_size, hash_bytes

from .cms import sign_digest
from .errors import SealRequestError
from .seal_place import read_prepared_pdf
from .ses_making import prepare_ses_signature


def seal_digest(digest: bytes, signer: Signer, *, at: datetime | None = None) -> bytes:
    """A detached CMS over bytes with this digest; `at` is the signing time that it states, none for PDF.

    Raises:
        SealRequestError: the digest has another size than the signer's algorithm gives.
    """
    _check_size(digest, signer)
    return sign_digest(digest, signer, signing_time=at)


def seal_digest_ses(
    digest: bytes, signer: Signer, *, electronic_seal: bytes, property_info: str, at: datetime
) -> bytes:
    """An SES_Signature of version 4 with this digest and property; errors as `prepare_ses_signature`."""
    _check_size(digest, signer)
    prepared = prepare_ses_signature(
        electronic_seal, certificate=signer.certificate, data_hash=digest, property_info=property_info, at=at
    )
    return prepared.finish(signer.sign(prepared.to_sign))


def cms_for_prepared_pdf(prepared: bytes, signer: Signer) -> bytes:
    """The CMS for a prepared PDF: `PlaceForSeal.filled` puts it there.

    Raises:
        MalformedError, TooLargeError: it has no empty place for a seal, or none of the CMS's size.
    """
    place = read_prepared_pdf(prepared)
    cms = seal_digest(hash_bytes(signer.algorithm.digest, (place.before, place.after)), signer)
    place.filled(cms)
    return cms


def _check_size(digest: bytes, signer: Signer) -> None:
    if len(digest) != digest_size(signer.algorithm.digest):
        raise SealRequestError(f"a digest by {signer.algorithm.digest} is expected")
