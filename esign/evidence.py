"""What shows later that certificates were good when a seal was made: certificates, revocation lists, OCSP answers.

Here they are only carried: raw DER, taken into a file and out of it again. Whether they prove anything is for a
verifier to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from keys import MAX_CRL_SIZE, DerReader, MalformedDerError

from .errors import Fault, MalformedError, TooLargeError

MAX_LIST_BYTES = MAX_CRL_SIZE  # of all revocation lists in a file: as much as one alone may have
MAX_EVIDENCE = 100  # items in one file; two seals with a timestamp each need about a dozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The material of the long-term levels (ETSI EN 319 142-1 section 5.4): each item one DER value as it came."""

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    """OCSPResponse values (RFC 6960), with their status."""

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.certificates or self.crls or self.ocsps)

    def __len__(self) -> int:
        """Number of items."""
        return len(self.certificates) + len(self.crls) + len(self.ocsps)

    def __iter__(self) -> Iterator[bytes]:
        """Every item: certificates, then revocation lists, then OCSP answers."""
        yield from (*self.certificates, *self.crls, *self.ocsps)

    def joined_with(self, other: "Evidence") -> "Evidence":
        """These items and then those of the other that are not among them; an item comes once."""
        return Evidence(
            certificates=tuple(dict.fromkeys((*self.certificates, *other.certificates))),
            crls=tuple(dict.fromkeys((*self.crls, *other.crls))),
            ocsps=tuple(dict.fromkeys((*self.ocsps, *other.ocsps))),
        )

    def without(self, other: "Evidence") -> "Evidence":
        """Those items that are not among the other's; an item comes once."""
        return Evidence(
            certificates=tuple(item for item in dict.fromkeys(self.certificates) if item not in other.certificates),
            crls=tuple(item for item in dict.fromkeys(self.crls) if item not in other.crls),
            ocsps=tuple(item for item in dict.fromkeys(self.ocsps) if item not in other.ocsps),
        )


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
