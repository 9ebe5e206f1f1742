"""Detached signatures beside a file: several signers in parallel, a timestamp for each, and evidence about all.

Everything here that comes after a signature stands in unsigned parts (RFC 5652 section 5.1 and 5.3), so a file of a
lower level becomes one of a higher level at any time.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from keys import KeysError, Signer, hash_bytes

from .cms import SignedData, decode, encode, read_signed_data, sign_detached
from .errors import AdditionRefusedError, Fault, MalformedError, TooLargeError
from .evidence import Evidence
from .pdf_form import TOKEN_RESERVE
from .stamping import have_stamped
from .tsp import Timestamper

MAX_DETACHED_BYTES = 2 * 1024 * 1024  # revocation lists of large authorities count
MAX_DETACHED_CERTIFICATES = 60  # of all signers, and of those who timestamped or spoke about revocation


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachedSignatures:
    """The facts of a signature file."""

    signers: tuple[SignedData, ...]
    """In the order of the file, which says nothing about time."""
    evidence: Evidence
    """Of its certificates only those that no signer's attributes name."""


def read_detached(cms: bytes) -> DetachedSignatures:
    """Read a signature file of our own form.

    Raises:
        TooLargeError: more than `MAX_DETACHED_BYTES`, `MAX_DETACHED_CERTIFICATES`, `esign.cms.MAX_SIGNERS` or
            `esign.evidence.MAX_EVIDENCE`.
        MalformedError: `FORMAT_CMS` when it is no such CMS, `NON_CANONICAL` when the same content has another encoding
            or there are certificates that nothing explains, `ALGORITHM_UNAVAILABLE` when an algorithm is not in our
            table.
    """
    if len(cms) > MAX_DETACHED_BYTES:
        raise TooLargeError(f"a signature file of {len(cms)} bytes; the limit is {MAX_DETACHED_BYTES}")
    signers, evidence = decode(cms, MAX_DETACHED_CERTIFICATES)
    if evidence.certificates and not (evidence.crls or evidence.ocsps):
        raise MalformedError(Fault.NON_CANONICAL, "certificates that no signer names, without anything about them")
    return DetachedSignatures(signers=signers, evidence=evidence)


def add_signer(cms: bytes, data: bytes, signer: Signer, *, signing_time: datetime | None = None) -> bytes:
    """Sign `data` and add the signature to those that are there; raises like `add_signature`."""
    return add_signature(cms, data, sign_detached(data, signer, signing_time=signing_time))


def add_signature(cms: bytes, data: bytes, other: bytes) -> bytes:
    """Add the signature of another file, of one signer, to those that are there.

    Raises:
        AdditionRefusedError: a signature is not over `data` or does not verify, or this one is there already.
        EsignError: see `read_detached`; the file became too large.
    """
    there, added = read_detached(cms), read_signed_data(other)
    for facts in (*there.signers, added):
        check_signed(facts, data, name="the signature file")
    if any(facts.signer_certificate == added.signer_certificate for facts in there.signers):
        raise AdditionRefusedError("this certificate has signed already")
    evidence = there.evidence.without(Evidence(certificates=tuple(item.der for item in added.certificates)))
    return _written(DetachedSignatures(signers=(*there.signers, added), evidence=evidence))


def timestamp_detached(cms: bytes, timestamper: Timestamper, *, algorithm: str | None = None) -> bytes:
    """Give every signature (of this algorithm) that has no timestamp one over its value.

    Raises:
        TimestampError: there is none to be had for one of them; then nothing is changed.
        EsignError: see `read_detached`; the file became too large.
    """
    there = read_detached(cms)
    signers = tuple(
        replace(facts, timestamp=_stamped(facts, timestamper))
        if facts.timestamp is None and algorithm in (None, facts.algorithm.name)
        else facts
        for facts in there.signers
    )
    return _written(replace(there, signers=signers))


def add_detached_evidence(cms: bytes, evidence: Evidence) -> bytes:
    """Add evidence; what is there already is not added again.

    Raises:
        AdditionRefusedError: there would be certificates but nothing about their revocation.
        EsignError: see `read_detached`; the file became too large, or an item is no DER SEQUENCE.
    """
    there = read_detached(cms)
    named = Evidence(certificates=tuple(item.der for facts in there.signers for item in facts.certificates))
    together = there.evidence.joined_with(evidence.without(named))
    if together.certificates and not (together.crls or together.ocsps):
        raise AdditionRefusedError("evidence without anything about revocation")
    return _written(replace(there, evidence=together))


def check_signed(facts: SignedData, *content: bytes | memoryview, name: str) -> None:
    """Make sure that a signature to which something is added is good itself; its certificate is not judged.

    Raises:
        AdditionRefusedError: it is over something else, or does not verify.
    """
    if not facts.digest_matches(*content):
        raise AdditionRefusedError(f"{name}: the signed bytes were changed")
    try:
        facts.verify_signature()
    except KeysError as error:
        raise AdditionRefusedError(f"{name}: a signature does not verify") from error


def _stamped(facts: SignedData, timestamper: Timestamper) -> bytes:
    name = facts.algorithm.digest
    return have_stamped(timestamper, hash_bytes(name, facts.signature), name, room=TOKEN_RESERVE)


def _written(signatures: DetachedSignatures) -> bytes:
    """The file, after its own reader has taken it."""
    cms = encode(signatures.signers, signatures.evidence) or b""
    read_detached(cms)
    return cms
