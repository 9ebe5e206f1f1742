"""Facts about a sealed OFD. The numbers are the steps in `verifier.py`.

An OFD bears those of the licence's seals that are made with SM2, each a seal signature of GB/T 38540 over the list of
the files in the package. What a PDF has as evidence stands in the signature file that is attached beside the data.
"""

from __future__ import annotations

from esign import (
    COPY_ATTACHMENT_NAME,
    EsignError,
    Fault,
    MalformedError,
    MalformedSesError,
    read_detached,
    read_ofd_face,
    read_sealed_ofd,
    seals_on_ofd,
    structured_from_bytes,
)
from verify.annotated_copy import look_at_copy_ofd
from verify.facts import Facts, unreadable
from verify.foreign_ofd import look_at_foreign_ofd, named_files
from verify.metadata import described_licence, ofd_metadata_check
from verify.ofd_seals import attached_check, coverage_checks, look_at_ofd_seals
from verify.report import Check
from verify.representations import representation_checks
from verify.revocation import RevocationEvidence
from verify.seal_reading import seals_beside
from verify.seals import completeness_check
from verify.signing_path import Existence, Grounds
from verify.sources import Records
from verify.structured import body_check, document_check


def look_at_ofd(data: bytes, grounds: Grounds, records: Records) -> Facts:
    """Read and check a sealed OFD; one that somebody else made is judged for its signatures alone."""
    # (1) The file is ours, every file in it is explained, and it bears a seal.
    try:
        ofd = read_sealed_ofd(data)
    except MalformedError as error:
        if error.fault is Fault.FORMAT_FOREIGN:
            return look_at_foreign_ofd(data, grounds)
        return _unreadable("format", error)
    except MalformedSesError as error:
        return _unreadable("format", MalformedError(Fault.FORMAT_SES, str(error)))
    except EsignError as error:
        return _unreadable("format", error)
    # (2) Nothing that is sealed was changed. Behind a change nothing needs to be of our form: it is what is said.
    if ofd.changed:
        detail = f"changed or missing since: {named_files(ofd.changed)}"
        return Facts(kind="ofd", checks=(Check(name="digest", code="DIGEST_MISMATCH", detail=detail),))
    if ofd.attachment == COPY_ATTACHMENT_NAME:
        return look_at_copy_ofd(ofd, grounds)
    readable = Check(name="format", code="OK")
    # (4) The structured licence inside is canonical, and the signature file beside it is of our form.
    try:
        licence = structured_from_bytes(ofd.structured)
    except EsignError as error:
        return _unreadable("structured", error, readable)
    try:
        attached = read_detached(ofd.signature)
    except EsignError as error:
        return _unreadable("attached", error, readable)
    # (8) Since when the file is known to have existed: the store's own record. Timestamps are in the seals.
    grounds = grounds.with_evidence(RevocationEvidence.from_raw(attached.evidence))
    existence = Existence(at=grounds.at).or_earlier(records.existed_since(licence.identifier, data), "store")
    # (2), (3), (4) for what belongs to the structured licence, (5) to (8)
    listed = len(seals_on_ofd(licence.seals))
    found = look_at_ofd_seals(ofd, licence, attached, grounds, existence)
    checks = (
        readable,
        Check(name="structured", code="OK"),
        document_check(ofd.document, licence),
        body_check(ofd.body, licence),
        *coverage_checks(ofd, listed),
        *found.checks,
        attached_check(seals_beside(attached, ofd.structured, existence), licence),
        completeness_check(len(ofd.seals), listed),
    )
    document = next((one for one in licence.documents if one.key == ofd.document), None)
    # (4) What the face shows is what the structured licence says, and the code on it is its own.
    agree = representation_checks(
        lambda: read_ofd_face(ofd), ofd.structured, licence, document, trust=grounds.trust, before=checks
    )
    if agree:
        agree = (*agree, ofd_metadata_check(ofd, described_licence(licence, document)))
    return Facts(
        kind="ofd",
        checks=(*checks, *agree),
        signatures=found.signatures,
        licence=licence,
        document=document,
        development=licence.development or any(one.development for one in found.signatures),
    )


def _unreadable(name: str, error: EsignError, *before: Check) -> Facts:
    return Facts(kind="ofd", checks=(*before, unreadable(name, error)))
