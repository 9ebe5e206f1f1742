"""The file of an archive package and its manifest: one form only, and nothing hidden in it."""

import io
import json
import shutil
import stat
import struct
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import (
    CHINA,
    ArchivedAct,
    ArchivedFile,
    ArchivedProof,
    ArchivedStanding,
    ArchivedVersion,
    ArchiveManifest,
    EsignError,
    MalformedError,
    StructuredObligation,
    TooLargeError,
    archive_from_bytes,
    archive_to_bytes,
    claims_to_be_archive,
    manifest_from_bytes,
    manifest_to_bytes,
)
from esign.archive_manifest import MAX_ARCHIVED_VERSIONS, MAX_MANIFEST_BYTES
from esign.archive_zip import MAX_ARCHIVE_BYTES, MAX_ARCHIVE_FILES, MAX_ARCHIVE_NAME

FILES = {
    "README.txt": "电子档案".encode(),
    "licences/1.2.3/licence.pdf": b"%PDF-" + bytes(range(256)),
    "manifest.json.p7s": b"0\x80",
    "manifest.json": b"{}",
    "evidence/a.cer": b"",
}
AT = datetime(2026, 11, 21, 10, 30, 5, 123456, tzinfo=CHINA)
IDENTIFIER = "1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4"


def test_the_same_files_give_the_same_bytes() -> None:
    packed = archive_to_bytes(FILES)
    assert packed == archive_to_bytes(dict(reversed(FILES.items())))
    assert {name: bytes(content) for name, content in archive_from_bytes(packed).items()} == FILES
    assert list(archive_from_bytes(packed))[:2] == ["manifest.json", "manifest.json.p7s"]
    assert claims_to_be_archive(packed)


def test_others_can_unpack_it(tmp_path: Path) -> None:
    packed = archive_to_bytes(FILES)
    with zipfile.ZipFile(io.BytesIO(packed)) as other:
        assert other.testzip() is None
        assert {info.filename: other.read(info) for info in other.infolist()} == FILES
        assert {stat.S_IFMT(info.external_attr >> 16) for info in other.infolist()} == {stat.S_IFREG}
    if shutil.which("unzip") is None:
        pytest.skip("no unzip on this machine")
    (tmp_path / "a.zip").write_bytes(packed)
    subprocess.run(["unzip", "-q", "a.zip", "-d", "out"], cwd=tmp_path, check=True)
    unpacked = {str(one.relative_to(tmp_path / "out")): one for one in (tmp_path / "out").rglob("*") if one.is_file()}
    assert {name: path.read_bytes() for name, path in unpacked.items()} == FILES


def packed_by_zipfile(change: Callable[[zipfile.ZipInfo], object], *, names: tuple[str, ...] = tuple(FILES)) -> bytes:
    """Pack the files with another program, in the form of ours but for one change to the second entry."""
    target = io.BytesIO()
    ordered = sorted(names, key=lambda name: (not name.startswith("manifest"), name))
    with zipfile.ZipFile(target, "w") as packed:
        for place, name in enumerate(ordered):
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            if place == 2:
                change(info)
            packed.writestr(info, FILES.get(name, b"x"))
    return target.getvalue()


def test_another_program_can_make_the_same() -> None:
    """The form is an ordinary one: Python's own writer gives the same bytes."""
    assert packed_by_zipfile(lambda info: None) == archive_to_bytes(FILES)


BOMB = io.BytesIO()
with zipfile.ZipFile(BOMB, "w", zipfile.ZIP_DEFLATED) as _bomb:
    _bomb.writestr("manifest.json", bytes(10_000_000))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (packed_by_zipfile(lambda info: setattr(info, "compress_type", zipfile.ZIP_DEFLATED)), "compressed"),
        (BOMB.getvalue(), "compressed"),
        (packed_by_zipfile(lambda info: setattr(info, "external_attr", (stat.S_IFLNK | 0o777) << 16)), "directory"),
        (packed_by_zipfile(lambda info: setattr(info, "external_attr", 0x10)), "directory"),
        (packed_by_zipfile(lambda info: setattr(info, "comment", b"x")), "directory"),
        (packed_by_zipfile(lambda info: setattr(info, "extra", b"\x01\x99\x00\x00")), "header"),
        (packed_by_zipfile(lambda info: setattr(info, "date_time", (2026, 1, 1, 0, 0, 0))), "header"),
        (packed_by_zipfile(lambda info: setattr(info, "filename", "../../etc/passwd")), "name"),
        (packed_by_zipfile(lambda info: setattr(info, "filename", "/etc/passwd")), "name"),
        (packed_by_zipfile(lambda info: setattr(info, "filename", "a/../b")), "name"),
        (packed_by_zipfile(lambda info: setattr(info, "filename", "a\\b")), "name"),
        (packed_by_zipfile(lambda info: setattr(info, "filename", "C:x")), "name"),
        (packed_by_zipfile(lambda info: setattr(info, "filename", "folder/")), "name"),
        (packed_by_zipfile(lambda info: setattr(info, "filename", "证照.pdf")), "header|name"),
        (packed_by_zipfile(lambda info: setattr(info, "filename", "x" * 201)), "name"),
        (packed_by_zipfile(lambda info: None, names=("a", "A", "manifest.json")), "twice"),
        (packed_by_zipfile(lambda info: None, names=("a", "a/b", "manifest.json")), "file and a folder"),
        (packed_by_zipfile(lambda info: setattr(info, "filename", "zzz")), "order"),
        (archive_to_bytes(FILES) + b"\n", "directory"),
        (b"MZ" + archive_to_bytes(FILES), "no package"),
        (archive_to_bytes(FILES)[:-1], "directory"),
        (archive_to_bytes(FILES)[:100], "cut off"),
        (b"", "no package"),
    ],
    ids=[
        "deflated", "bomb", "link", "folder-attribute", "comment", "extra-field", "date", "parent", "absolute",
        "inner-parent", "backslash", "drive", "folder", "not-ascii", "long-name", "case", "file-and-folder", "order",
        "suffix", "prefix", "short", "cut", "empty",
    ],
)  # fmt: skip
def test_other_forms_are_refused(data: bytes, said: str) -> None:
    with pytest.raises(MalformedError, match=said):
        archive_from_bytes(data)


def test_one_entry_twice() -> None:
    """Readers differ in which one they take."""
    one, other = archive_to_bytes({"a": b"1"}), archive_to_bytes({"a": b"2"})
    entry = one[: one.index(b"PK\x01\x02")]
    with pytest.raises(MalformedError, match="twice"):
        archive_from_bytes(entry + other)


def test_every_changed_byte_shows() -> None:
    """In a header it is refused, in a file its check sum tells; nothing is left in which a byte could hide."""
    packed = archive_to_bytes(FILES)
    for place in range(len(packed)):
        changed = bytearray(packed)
        changed[place] ^= 0x20
        with pytest.raises(EsignError):
            archive_from_bytes(bytes(changed))


def test_limits() -> None:
    with pytest.raises(TooLargeError):
        archive_to_bytes({f"f{number}": b"" for number in range(MAX_ARCHIVE_FILES + 1)})
    whole = archive_to_bytes({f"f{number}": b"" for number in range(MAX_ARCHIVE_FILES)})
    assert len(archive_from_bytes(whole)) == MAX_ARCHIVE_FILES
    begin = whole.index(b"PK\x01\x02")
    with pytest.raises(TooLargeError):
        archive_from_bytes(whole[:begin] + whole)
    with pytest.raises(TooLargeError):
        archive_from_bytes(bytes(MAX_ARCHIVE_BYTES + 1))
    with pytest.raises(ValueError, match="name"):
        archive_to_bytes({"x" * (MAX_ARCHIVE_NAME + 1): b""})
    huge = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 2**32 - 1, 2**32 - 1, 1, 0) + b"a"
    with pytest.raises(MalformedError, match="cut off"):
        archive_from_bytes(huge)


@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,3}(/[a-z0-9]{4,6})?", fullmatch=True), st.binary(max_size=20)))
@settings(max_examples=60)
def test_round_trip(files: dict[str, bytes]) -> None:
    folders = {name.split("/")[0] for name in files if "/" in name}
    kept = {name: content for name, content in files.items() if name not in folders} or {"a": b""}
    assert archive_from_bytes(archive_to_bytes(kept)) == kept


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda more: b"PK\x03\x04" + more))
def test_no_other_exception_escapes(data: bytes) -> None:
    for read in (archive_from_bytes, manifest_from_bytes):
        with pytest.raises(EsignError):
            read(data)


def manifest() -> ArchiveManifest:
    act = ArchivedAct(
        sequence=1, action="issue", before=None, after="issued", ground="", legal_ground="", decision="",
        effective_at=AT - timedelta(days=1), recorded_at=AT - timedelta(days=1), actor="clerk-07",
        office="样例县行政审批局", office_code="1199010000000102XM", until=None, obligation="", next_due=None,
        applied_on=None, keeps_valid=False, related="",
    )  # fmt: skip
    later = replace(
        act, sequence=7, action="extend", before="issued", until=date(2028, 1, 1), next_due=date(2027, 1, 1),
        applied_on=date(2026, 1, 1), keeps_valid=True,
    )  # fmt: skip
    version = ArchivedVersion(
        identifier=IDENTIFIER, type="pesticide-business", structured="a.json", signature="a.p7s", documents=("a.pdf",),
        attachments=("scan.pdf",), catalogue=("t.toml",),
        proofs=(ArchivedProof(sha256="0" * 64, since=AT - timedelta(days=1)),),
        standing=ArchivedStanding(
            value="issued", disputed=True, renewal_pending=False, extended_to=date(2028, 1, 1),
            obligations=(StructuredObligation(key="k", label="年检", due=date(2027, 1, 1), effect="note"),),
            successor="",
        ),
        acts=(act, later),
    )  # fmt: skip
    return ArchiveManifest(
        created_at=AT, maker_name="样例县行政审批局", maker_code="1199010000000102XM", made_by="clerk-07",
        identifier=IDENTIFIER, retention="permanent", versions=(version,),
        files=(ArchivedFile(path="a.json", sha256="1" * 64, sm3="2" * 64, size=3),), development=True,
    )  # fmt: skip


def test_manifest_round_trip() -> None:
    data = manifest_to_bytes(manifest())
    assert manifest_from_bytes(data) == manifest()
    assert data == rfc8785.dumps(json.loads(data))


def test_an_instant_is_written_in_one_way() -> None:
    utc = replace(manifest(), created_at=AT.astimezone(UTC))
    assert manifest_to_bytes(utc) == manifest_to_bytes(manifest())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda d: d.update(later=1), "NON_CANONICAL"),
        (lambda d: d["versions"][0]["acts"][0].update(later=1), "NON_CANONICAL"),
        (lambda d: d.update(createdAt="2026-11-21T02:30:05.123456+00:00"), "NON_CANONICAL"),
        (lambda d: d.update(createdAt="2026-11-21T10:30:05"), "FORMAT_ARCHIVE"),
        (lambda d: d.update(format="elicence-archive/2"), "FORMAT_ARCHIVE"),
        (lambda d: d.pop("versions"), "FORMAT_ARCHIVE"),
        (lambda d: d["files"][0].update(sha256="1" * 63), "FORMAT_ARCHIVE"),
        (lambda d: d["files"][0].update(size=True), "FORMAT_ARCHIVE"),
        (lambda d: d["versions"][0].update(certificateIdentifier="../x"), "FORMAT_ARCHIVE"),
        (lambda d: d["versions"][0]["acts"][0].update(recordedAt=5), "FORMAT_ARCHIVE"),
    ],
    ids=["unknown", "unknown-in-act", "offset", "no-offset", "format", "no-versions", "digest", "size", "name", "time"],
)
def test_another_manifest_is_refused(change: Callable[[dict[str, object]], object], fault: str) -> None:
    document = json.loads(manifest_to_bytes(manifest()))
    change(document)
    with pytest.raises(MalformedError, match=fault):
        manifest_from_bytes(rfc8785.dumps(document))


def test_manifest_limits() -> None:
    with pytest.raises(TooLargeError):
        manifest_from_bytes(b" " * (MAX_MANIFEST_BYTES + 1))
    with pytest.raises(TooLargeError):
        manifest_to_bytes(replace(manifest(), versions=manifest().versions * (MAX_ARCHIVED_VERSIONS + 1)))
