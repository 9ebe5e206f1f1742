"""Facts about a signature whose document stayed where it is: only its digest came. The numbers are those of `verifier`.

Of a document that somebody signed beside it, the digest and the signature say everything that there is to say. Of a
licence they say little: what it says, who may issue it, what was added behind the signature and whether it is in force
stand in the document. So nothing that may be a licence is passed, and what was not looked at is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from esign import EsignError, ForeignSigner, read_foreign_cms
from verify.facts import Facts
from verify.foreign_cms import look_at_digest
from verify.report import Check
from verify.signing_path import Grounds

DigestOf: TypeAlias = Literal["file", "licence", "pdf"]
"""What the client says that the digest is of; `pdf`: the bytes that a signature in a PDF covers."""

_NOT_LOOKED_AT: Final = "not looked at: form, content, face, issuer, expected seals, later changes, term, status"


def look_at_hash(digests: Mapping[str, bytes], signature: bytes, of: DigestOf, grounds: Grounds) -> Facts:
    """Judge a signature over the thing with these digests, named as in `keys.hash_bytes`."""
    checks, signatures = look_at_digest(signature, digests, grounds)
    # Our licences are signed in our own form and in no other: whatever has it may be one, whatever the client says.
    if of == "file" and not _may_be_ours(signature):
        document = Check(name="document_seen", code="DIGEST_SIGNED")
    else:
        document = Check(name="document_seen", code="DOCUMENT_NOT_SEEN", detail=_NOT_LOOKED_AT)
    return Facts(
        kind="digest",
        checks=(*checks, document),
        signatures=tuple(signatures),
        development=any(facts.development for facts in signatures),
    )


def _may_be_ours(signature: bytes) -> bool:
    """By what the signer has signed: everything around that can be written otherwise by anybody."""
    try:
        return any(map(_names_as_ours, read_foreign_cms(signature).signers))
    except EsignError:
        return False


def _names_as_ours(signer: ForeignSigner) -> bool:
    """Whether it names its certificates as our signatures do: in signing-certificate-v2, without their issuers."""
    named = signer.signing_certificates or ()
    return bool(named) and all(one.digest is not None and one.issuer is None for one in named)
