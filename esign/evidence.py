"""What shows later that certificates were good when a seal was made: certificates, revocation lists, OCSP answers.

Here they are only carried: raw DER, taken into a file and out of it again. Whether they prove anything is for a
verifier to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass

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
