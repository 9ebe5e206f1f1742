"""The OFD of a licence beside its PDF: whether one is made, and what goes into it."""

from collections.abc import Sequence

from esign import OfdContent, PdfContent, SealPicture, read_sealed_ofd, read_timestamp
from keys import SM2_SM3, Certificate

from .authority_seals import SealingKeys
from .errors import InvalidFieldError

SEALING = SM2_SM3.name
"""The only algorithm of seals and signatures in an OFD."""


def wants_ofd(asked: bool | None, *, by_default: bool, keys: SealingKeys) -> bool:
    """Whether an OFD is made: as somebody asked; or by default, which means those that can be sealed with SM2 alone.

    Raises:
        ExceptionGroup: of one `InvalidFieldError`: a seal that it would bear is not SM2, or there is no electronic seal
            (电子印章) to set.
    """
    lack = _lack(keys)
    if not (by_default if asked is None else asked) or (asked is None and lack == "OFD_NEEDS_SM2"):
        return False
    if lack is not None:
        raise ExceptionGroup("the licence cannot be made as an OFD", [InvalidFieldError("/format", lack)])
    return True


def ofd_content(
    content: PdfContent, *, fields: Sequence[str], signature: bytes, stamp: SealPicture | None = None
) -> OfdContent:
    """Give what goes into the OFD of a document: what went into its PDF, under the seals that an OFD can bear.

    `signature` is that of the attached data, which an OFD carries beside them; `stamp` is drawn where the first seal
    would be.
    """
    return OfdContent(
        title=content.title,
        pages=content.pages,
        elements=content.elements,
        structured=content.structured,
        signature=signature,
        body=content.body,
        document=content.document,
        fields=fields,
        attachment=content.attachment,
        stamp=stamp,
    )


def ofd_signer_paths(ofd: bytes) -> list[tuple[Certificate, ...]]:
    """The certificates, leaf first, of everybody who has sealed or timestamped an OFD or made one of its seals.

    Raises:
        EsignError: it is none of ours.
    """
    paths: list[tuple[Certificate, ...]] = []
    for seal in read_sealed_ofd(ofd).seals:
        if seal.ses is not None:
            paths += [(seal.ses.signer_certificate(),), (seal.ses.seal.maker_certificate(),)]
            if seal.ses.time_stamp is not None:
                paths.append(read_timestamp(seal.ses.time_stamp).certificates)
    return list({path[0].der: path for path in paths}.values())


def _lack(keys: SealingKeys) -> str | None:
    """What an OFD under these seals lacks; the RSA seal of the two suites is simply not on it.

    A partner's electronic seal has to be known too: its place in the OFD is that of its picture.
    """
    ours = [one for one in keys.seals if one.seal.signer.algorithm.name == SEALING]
    if not ours or any(one.certificate.public_key.algorithm.name != SEALING for one in keys.awaited):
        return "OFD_NEEDS_SM2"
    ready = all(one.seal_object is not None and one.seal_object.seals_ofd for one in ours)
    if not ready or any(one.seal_digest is None for one in keys.awaited):
        return "OFD_NEEDS_SEAL"
    opaque = any(one.seal_object is not None and one.seal_object.picture.opaque for one in ours)
    return "OFD_SEAL_OPAQUE" if opaque else None
