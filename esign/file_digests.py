"""The digests by which our documents name other files."""

from dataclasses import dataclass

from .json_members import as_mapping, as_text


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDigests:
    """Digests of a file, in lower-case hexadecimal."""

    sha256: str
    sm3: str

    def members(self) -> dict[str, str]:
        """Return them as members of a JSON object."""
        return {"sha256": self.sha256, "sm3": self.sm3}


def as_digests(value: object) -> FileDigests:
    """Take the digests that stand among the members of an object; ValueError or TypeError."""
    members = as_mapping(value)
    found = FileDigests(sha256=as_text(members["sha256"]), sm3=as_text(members["sm3"]))
    if any(len(digest) != 64 or digest.strip("0123456789abcdef") for digest in (found.sha256, found.sm3)):
        raise ValueError("no digest")
    return found
