"""Extensions (RFC 5280 clause 4.1.2.9), which certificates, revocation lists and OCSP messages write alike."""

from __future__ import annotations

from keys import der
from keys.der import DerReader
from keys.leniency import Leniency


def extension(name: str, value: bytes, *, critical: bool = False) -> bytes:
    """Encode one extension; `value` is the DER inside."""
    return der.sequence(der.oid(name), der.boolean(True) if critical else b"", der.octet_string(value))


def read_extension(extensions: DerReader, leniencies: set[Leniency]) -> tuple[str, bool, bytes]:
    """Read the next extension: object identifier, whether critical, value."""
    reader = extensions.read_sequence()
    name = reader.read_oid()
    critical = read_default_false(reader, leniencies)
    value = reader.read_octet_string()
    reader.finish()
    return name, critical, value


def read_default_false(reader: DerReader, leniencies: set[Leniency]) -> bool:
    """Read a BOOLEAN DEFAULT FALSE. DER leaves the FALSE out; certificates that write it exist and mean the same."""
    if reader.peek() != der.BOOLEAN:
        return False
    value = reader.read_boolean()
    if not value:
        leniencies.add(Leniency.WRITTEN_DEFAULT)
    return value
