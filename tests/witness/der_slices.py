"""DER cut into raw ranges, and SM2 values checked over them by the openssl command: none of our readers is used."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 30
_USER_ID = "distid:1234567812345678"


@dataclass(frozen=True, slots=True)
class Slice:
    """One element: identifier octet, content, and the whole of it."""

    tag: int
    content: bytes
    raw: bytes

    @property
    def parts(self) -> list["Slice"]:
        """The elements inside."""
        return slices(self.content)

    @property
    def bits(self) -> bytes:
        """Content of a BIT STRING without the count of unused bits."""
        assert self.tag == 0x03
        assert self.content[0] == 0
        return self.content[1:]


def slices(data: bytes) -> list[Slice]:
    """The elements that stand one after the other."""
    found = []
    at = 0
    while at < len(data):
        size, start = data[at + 1], at + 2
        if size >= 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(data[start : start + count], "big"), start + count
        found.append(Slice(data[at], data[start : start + size], data[at : start + size]))
        at = start + size
    assert at == len(data)
    return found


def whole(data: bytes) -> Slice:
    """The one element that the data is."""
    (one,) = slices(data)
    return one


def openssl_accepts_sm2(certificate: bytes, value: bytes, signed: bytes) -> bool:
    """Whether openssl verifies this DER value over exactly these bytes with the key of this certificate."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in (("cert.der", certificate), ("value", value), ("signed", signed)):
            (folder / file).write_bytes(content)
        key = _openssl(folder, "x509", "-inform", "DER", "-in", "cert.der", "-pubkey", "-noout")
        assert key.returncode == 0, key.stderr
        (folder / "key.pem").write_bytes(key.stdout)
        done = _openssl(
            folder, "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-digest", "sm3", "-in", "signed",
            "-sigfile", "value", "-pkeyopt", _USER_ID,
        )  # fmt: skip
        assert done.returncode == 0 or b"Verification Failure" in done.stdout, done.stderr
        return done.returncode == 0


def _openssl(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
