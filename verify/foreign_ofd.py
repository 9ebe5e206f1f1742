"""OFDs that others signed (GB/T 33190-2016): seals of GB/T 38540, signatures of GB/T 35275, and bare ones.

Which files each signature covers, whether they are as they were, and which files that show are left out. Products
decide themselves what they cover, so that leaving something out is no fault, but it is said. Such a document is never
taken for a licence. The numbers are the steps in `verifier.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from esign import (
    CheckMethod,
    EsignError,
    Fault,
    ForeignOfd,
    ForeignOfdSignature,
    MalformedError,
    MalformedSesError,
    SesSignature,
    SignedValueKind,
    StampOddity,
    claims_to_be_structured,
    read_foreign_ofd,
    read_ses_signature,
    seal_object_of,
    signer_of_bare,
    stamp_oddities,
)
from verify.detection import is_ours
from verify.facts import Facts, unreadable
from verify.foreign_cms import MAX_READ_LIST_BYTES, facts_of_document, look_at_message
from verify.foreign_signer import SIGNER_PURPOSES
from verify.report import Check, SignatureFacts
from verify.ses import described_seal, judge_ses_signature
from verify.signing_path import Existence, Grounds, facts_of_signature, look_at_path

MAX_NAMED_FILES: Final = 8
"""Paths that one check names."""
MAX_SIGNERS: Final = 128
"""Judged in one OFD, the makers of the seals among them."""
MAX_DIGESTED_BYTES: Final = 64 * 1024 * 1024
"""Of one OFD: what its signatures are over, again for every signer, and their seals."""

_ODDITIES: Final = {
    StampOddity.NOWHERE: "it is shown on no page",
    StampOddity.NO_PAGE: "it is put on a page that the document has not",
    StampOddity.NO_AREA: "the place where it is put has no area",
    StampOddity.OUTSIDE: "it is put beside the page, where nobody sees it",
    StampOddity.RESIZED: "it is shown in another size than its picture has",
    StampOddity.HIDING: "its picture has no transparency and may hide what is under it",
}
_HASHED_OF_SES: Final = 4  # the seal's own part is hashed for the seal and for the signature


def look_at_foreign_ofd(data: bytes, grounds: Grounds) -> Facts:
    """Judge every signature of an OFD that somebody else made."""
    # (1) The package and its lists can be read, in one way.
    try:
        ofd = read_foreign_ofd(data)
    except EsignError as error:
        return Facts(kind="ofd", checks=(unreadable("format", error),))
    if not ofd.signatures:
        return Facts(kind="ofd", checks=(Check(name="format", code="SEAL_MISSING"),))
    ours = _licence_check(ofd)
    checks = [_format_check(ofd)] if ours is None else [_format_check(ofd), ours]
    signatures: list[SignatureFacts] = []
    digested, lists_limit = 0, MAX_READ_LIST_BYTES // len(ofd.signatures)
    for one in reversed(ofd.signatures):
        signature = one.signature
        digested += len(signature.xml) + _HASHED_OF_SES * len(signature.value)
        if len(signatures) >= MAX_SIGNERS or digested > MAX_DIGESTED_BYTES:
            checks.append(Check(name="format", code="RESOURCE_LIMIT", detail="too many signatures over too much"))
            break
        checks += _file_checks(one)
        if signature.value_kind in (SignedValueKind.SES_SIGNATURE, SignedValueKind.SES_SEAL):
            found, signers = _look_at_seal(ofd, one, grounds)
        elif signature.value_kind is SignedValueKind.BARE_SIGNATURE:
            found, signers = _look_at_bare(one, grounds)
        else:
            found, signers = look_at_message(
                signature.value,
                (signature.xml,),
                name=signature.path,
                covers=_covers(one),
                claimed_time=one.stated_time,
                existence=Existence(at=grounds.at),
                grounds=grounds,
                lists_limit=lists_limit,
            )
            digested += len(signature.xml) * len(signers)
        checks += found
        # As their document's signatures are told from the last to the first, so are those of one.
        signatures += (replace(facts, intact=facts.intact and not one.changed) for facts in reversed(signers))
    return facts_of_document("ofd", checks, signatures)


def _format_check(ofd: ForeignOfd) -> Check:
    if ofd.unsigned:
        detail = f"a document without signatures shows {named_files(ofd.unsigned)}"
        return Check(name="format", code="SIGNED_IN_PART", detail=detail)
    fonts = f"; fonts that the reader's machine must have: {named_files(ofd.fonts)}" if ofd.fonts else ""
    return Check(name="format", code="OK", detail=f"documents: {len(ofd.documents)}{fonts}")


def _licence_check(ofd: ForeignOfd) -> Check | None:
    """Taken for a document of others, a licence would be good for ever: nobody would ask for its status.

    What calls itself one is taken at its word; to read every such text would take too long.
    """
    for path, content in ofd.files.items():
        if claims_to_be_structured(content) or is_ours(content):
            detail = f"{path!a}: a licence in another form than that in which it was issued"
            return Check(name="format", code="NON_CANONICAL", detail=detail)
    return None


def _file_checks(one: ForeignOfdSignature) -> Iterator[Check]:
    """(2) The files that it covers are as they were, and they are all that show."""
    signature, name = one.signature, one.signature.path
    if one.changed:
        detail = f"{name!a}: changed or missing since: {named_files(one.changed)}"
        yield Check(name="references", code="DIGEST_MISMATCH", detail=detail)
    elif signature.check is CheckMethod.OUTDATED:
        method = signature.check_method or "none named, which is MD5"
        yield Check(name="references", code="ALGORITHM_OUTDATED", detail=f"{name!a}: {method!a}")
    elif signature.check is CheckMethod.UNKNOWN:
        detail = f"{name!a}: {signature.check_method!a}"
        yield Check(name="references", code="ALGORITHM_UNAVAILABLE", detail=detail)
    else:
        yield Check(name="references", code="OK", detail=f"{name!a}: {len(signature.references)} files as they were")
    if one.uncovered:
        detail = f"{name!a} leaves out {named_files(one.uncovered)}"
        yield Check(name="coverage", code="SIGNED_IN_PART", detail=detail)
    else:
        notes = "" if one.covers_root else ", but not OFD.xml, which says which documents there are"
        notes += f"; not the attached {named_files(one.attachments)}" if one.attachments else ""
        notes += f"; not the rest of the package: {named_files(one.further)}" if one.further else ""
        yield Check(name="coverage", code="OK", detail=f"{name!a}: everything that shows{notes}")


def _look_at_seal(
    ofd: ForeignOfd, one: ForeignOfdSignature, grounds: Grounds
) -> tuple[list[Check], list[SignatureFacts]]:
    signature = one.signature
    try:
        ses = read_ses_signature(signature.value)
        seal = seal_object_of(ses.seal)
        found = judge_ses_signature(
            ses,
            (signature.xml,),
            grounds.for_applicants(),
            seal=seal,
            field=signature.path,
            covers=_covers(one),
            existence=Existence(at=grounds.at),
        )
    except MalformedSesError as error:
        return [unreadable("format", MalformedError(Fault.FORMAT_SES, str(error)))], []
    except EsignError as error:
        return [unreadable("format", error)], []
    checks = [replace(check, detail=f"{signature.path!a}: {check.detail}".removesuffix(": ")) for check in found.checks]
    shown = "".join(
        f"; {_ODDITIES[oddity]}" for oddity in stamp_oddities(ofd.files, one.documents, signature, ses.seal.picture)
    )
    described = Check(name="format", code="OK", detail=f"{signature.path!a}: {described_seal(seal)}{shown}")
    if any(check.name == "signature" and check.code == "OK" for check in checks):
        # What nobody signed contradicts nothing.
        checks += (_property_check(ofd, one, ses), _same_seal_check(one, ses))
    return [described, *checks], list(found.signatures)


def _property_check(ofd: ForeignOfd, one: ForeignOfdSignature, ses: SesSignature) -> Check:
    """What the seal says it protects is the Signature.xml beside it: a strict reader would take another file else."""
    path, stated = one.signature.path, ses.property_info
    try:
        named = ofd.files.find(stated, path)
    except MalformedError:
        named = ""
    if named != path and ofd.files.get(named, one.signature.xml) != one.signature.xml:
        detail = f"{path!a}: the seal says that it protects another file: {stated!a}"
        return Check(name="protects", code="FORMAT_OFD", detail=detail)
    note = "" if named == path else f"; the seal names something that is not there: {stated!a}"
    return Check(name="protects", code="OK", detail=f"{path!a}{note}")


def _same_seal_check(one: ForeignOfdSignature, ses: SesSignature) -> Check:
    """The seal lies beside the signature, too, and readers differ in which of the two they show."""
    signature = one.signature
    if signature.seal_file is None or signature.seal_file == ses.seal.der:
        return Check(name="seal_file", code="OK")
    detail = f"{signature.path!a}: the seal beside the signature is not the one that was used"
    states = {reference.holds for reference in signature.references if reference.path == signature.seal_path}
    code = "CHANGED_AFTER_SIGNING"
    if states:
        # Its signer put two seals there, unless it was changed since.
        code = "DIGEST_MISMATCH" if False in states else "FORMAT_OFD"
    return Check(name="seal_file", code=code, detail=detail)


def _look_at_bare(one: ForeignOfdSignature, grounds: Grounds) -> tuple[list[Check], list[SignatureFacts]]:
    """(3), (7), (8) A signature that comes without anything, under a certificate that the seal beside it permits."""
    signature = one.signature
    certificate = signer_of_bare(signature)
    if certificate is None:
        detail = f"{signature.path!a}: a bare signature, and no certificate in the file under which it verifies"
        return [Check(name="certificate", code="CERTIFICATE_MISSING", detail=detail)], []
    existence = Existence(at=grounds.at)
    path = look_at_path(
        certificate, (), grounds=grounds.for_applicants(), claimed_at=one.stated_time, existence=existence
    )
    purposes = certificate.extended_key_usage
    fits = not certificate.is_ca and (not purposes or purposes & SIGNER_PURPOSES)
    checks = [
        Check(name="signature", code="OK", detail=f"{signature.path!a}: certificate found in the seal beside it"),
        Check(name="usage", code="OK" if fits else "SIGNER_UNFIT", detail=f"{signature.path!a}"),
        *path.checks,
    ]
    facts = facts_of_signature(
        certificate,
        path,
        existence,
        field=signature.path,
        claimed_time=one.stated_time,
        covers=_covers(one),
        intact=True,
        valid=True,
        development=path.chain.development,
    )
    return checks, [facts]


def _covers(one: ForeignOfdSignature) -> str:
    whole = one.covers_root and not (one.uncovered or one.attachments or one.further)
    return "whole" if whole else "part"


def named_files(paths: Sequence[str]) -> str:
    """Some of the paths; they are the file's own words, so nothing but their ASCII form is written."""
    more = f" and {len(paths) - MAX_NAMED_FILES} more" if len(paths) > MAX_NAMED_FILES else ""
    return ", ".join(f"{path!a}" for path in paths[:MAX_NAMED_FILES]) + more
