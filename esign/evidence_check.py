"""Whether evidence has a form and a size that may stand in a file.

Not in `evidence`: the processes that read the PDFs of others need that module, and would load all of `keys` with it.
"""

from keys import MAX_CRL_SIZE, DerReader, MalformedDerError

from .errors import Fault, MalformedError, TooLargeError
from .evidence import MAX_EVIDENCE, Evidence

MAX_LIST_BYTES = MAX_CRL_SIZE  # of all revocation lists in a file: as much as one alone may have


def check_evidence(evidence: Evidence, fault: Fault) -> None:
    """Make sure that every item is one DER SEQUENCE; what is in it is not looked at.

    Raises:
        TooLargeError: more than `MAX_EVIDENCE` items or `MAX_LIST_BYTES`.
        MalformedError: an item is something else; with this `fault`.
    """
    if len(evidence) > MAX_EVIDENCE:
        raise TooLargeError(f"more than {MAX_EVIDENCE} items of evidence")
    if sum(map(len, evidence.crls)) > MAX_LIST_BYTES:
        raise TooLargeError(f"revocation lists of more than {MAX_LIST_BYTES} bytes")
    for item in evidence:
        check_sequence(item, fault)


def check_sequence(value: bytes, fault: Fault) -> None:
    """Make sure that a value is one DER SEQUENCE and nothing behind it.

    Raises:
        MalformedError: it is something else; with this `fault`.
    """
    reader = DerReader(value)
    try:
        reader.read_sequence()
        reader.finish()
    except MalformedDerError as error:
        raise MalformedError(fault, f"no DER sequence: {error}") from error
