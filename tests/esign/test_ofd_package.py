"""Packages of OFDs: ours in one form, those of others in every form that can be read in one way only."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ofd_variants import ordinary, packed

from esign import EsignError, MalformedError, TooLargeError, ofd_package
from esign.ofd_package import MAX_OFD_NAME, MAX_UNPACKED_BYTES, claims_to_be_ofd, read_package
from esign.ofd_packing import MAX_OFD_BYTES, MAX_OFD_FILES, OfdPart, write_package
from esign.ofd_paths import OfdFiles
from esign.ofd_xml import MAX_XML_BYTES, MAX_XML_DEPTH, Element, check_xml, counted_xml, parse_xml, read_box
from esign.ofd_zip64 import MAX_EXTRA_FIELDS

FILES = {"OFD.xml": b"<a/>" * 9, "Doc_0/b.xml": b"<b/>" * 99, "Doc_0/Res/c.png": b"\x89PNG"}
PARTS = {name: OfdPart(content) for name, content in FILES.items()}
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


class Entry:
    """One entry of a ZIP file, written by hand: what is wrong about it stands in the arguments."""

    def __init__(self, name: bytes, content: bytes = b"<a/>", **changes: object) -> None:
        self.name, self.content, self.changes = name, content, changes

    def stream(self) -> bytes:
        if self.changes.get("method", 8) != 8:
            return self.content
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(self.content) + packer.flush()

    def sizes(self) -> tuple[int, int, int]:
        return zlib.crc32(self.content), len(self.stream()), len(self.content)

    def local(self) -> bytes:
        changes = self.changes
        behind = changes.get("behind", False)
        flags = changes.get("flags", 8 if behind else 0)
        sizes = changes.get("sizes", (0, 0, 0) if behind else self.sizes())
        name, extra = changes.get("local_name", self.name), changes.get("local_extra", b"")
        head = struct.pack("<4s5H", LOCAL, 20, flags, changes.get("method", 8), 0, 0x21)
        return head + struct.pack("<3L2H", *sizes, len(name), len(extra)) + name + extra  # type: ignore[misc, arg-type, operator]

    def whole(self) -> bytes:
        form = "<L2Q" if self.changes.get("wide") else "<3L"
        after = b"PK\x07\x08" * bool(self.changes.get("sign", True)) + struct.pack(form, *self.sizes())
        return self.local() + self.stream() + (after if self.changes.get("behind") else b"")

    def central(self, offset: int) -> bytes:
        changes = self.changes
        flags = changes.get("flags", 8 if changes.get("behind") else 0)
        extra = changes.get("extra", b"")
        head = struct.pack("<4s6H", CENTRAL, 20, 20, flags, changes.get("method", 8), 0, 0x21)
        sizes = struct.pack("<3L", *changes.get("central_sizes", self.sizes()))  # type: ignore[misc]
        rest = struct.pack("<5H2L", len(self.name), len(extra), 0, changes.get("disk", 0), 0, 0, offset)  # type: ignore[arg-type]
        return head + sizes + rest + self.name + extra  # type: ignore[operator]


def zipped(
    *entries: Entry, before: bytes = b"", between: bytes = b"", behind: bytes = b"", comment: bytes = b""
) -> bytes:
    out, directory = before, b""
    for place, entry in enumerate(entries):
        directory += entry.central(len(out))
        out += entry.whole() + (between if place < len(entries) - 1 else b"")
    out += behind
    end = struct.pack("<4s4H2LH", END, 0, 0, len(entries), len(entries), len(directory), len(out), len(comment))
    return out + directory + end + comment


ROOT = Entry(b"OFD.xml")


def test_ours_is_read_back_and_one_byte_more_is_not_ours() -> None:
    data = write_package(PARTS)
    package = read_package(data)
    assert (dict(package.files), package.canonical) == (FILES, True)
    assert list(package.files) == ["OFD.xml", "Doc_0/Res/c.png", "Doc_0/b.xml"]
    with zipfile.ZipFile(io.BytesIO(data)) as witness:
        assert witness.testzip() is None
        assert {name: witness.read(name) for name in witness.namelist()} == FILES
    assert claims_to_be_ofd(data)


def test_every_changed_byte_of_a_package_of_ours_is_noticed() -> None:
    data = write_package(PARTS)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 0x20
        try:
            package = read_package(bytes(changed))
        except EsignError:
            continue
        assert not package.canonical, place


def test_the_short_way_through_a_package_of_ours_comes_to_the_same_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken for ours alone, and whatever is changed is told as by the long way."""
    data = write_package(PARTS)
    short: list[bool] = []
    stored_as_ours = ofd_package._stored_as_ours

    def found(changed: bytes) -> object:
        try:
            return read_package(changed)
        except EsignError as error:
            return repr(error)

    def watched(changed: bytes) -> dict[str, bytes] | None:
        files = stored_as_ours(changed)
        short.append(files is not None)
        return files

    versions = [data, *(bytes((*data[:at], data[at] ^ 1, *data[at + 1 :])) for at in range(len(data)))]
    monkeypatch.setattr(ofd_package, "_stored_as_ours", watched)
    by_both = [found(changed) for changed in versions]
    monkeypatch.setattr(ofd_package, "_stored_as_ours", lambda _: None)
    assert by_both == [found(changed) for changed in versions]
    assert short == [True] + [False] * len(data)


def test_no_long_paths_are_remembered() -> None:
    long = "a" * (MAX_OFD_NAME + 1)
    before = ofd_package._named_as_ours.cache_info()
    with pytest.raises(TooLargeError, match="a path of more than"):
        read_package(write_package({**PARTS, long: OfdPart(b"")}))
    assert ofd_package._named_as_ours.cache_info() == before


def test_only_the_largest_packages_are_compressed() -> None:
    """Where whatever follows from the files alone is the form of ours, too."""
    for_annexes = write_package({**PARTS, "Doc_0/c.xml": OfdPart(b"<c/>" * (1 << 20))})
    assert len(for_annexes) > 1 << 22
    assert read_package(for_annexes).canonical
    data = write_package({**PARTS, "Doc_0/c.xml": OfdPart(b"<c/>" * (1 << 22))})
    package = read_package(data)
    assert package.canonical
    assert len(data) < 100_000
    small = {name: content for name, content in package.files.items() if name in FILES}
    assert not read_package(packed({**small, "x": b""})).canonical


def test_the_same_files_always_give_the_same_package() -> None:
    assert write_package(PARTS) == write_package(dict(reversed(PARTS.items())))
    with pytest.raises(ValueError, match="path"):
        write_package({**PARTS, "../x": OfdPart(b"")})


MARK = 0xFFFFFFFF
CHECKSUM = zlib.crc32(b"<a/>")


def giant(*numbers: int) -> bytes:
    """The extra field for giant files."""
    return struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers)


def with_giant_end(data: bytes, *, marked: bool = False, moved: int = 0, more: int = 0, rest: int = 44) -> bytes:
    """The package with the end for giant files before its own; what is wrong stands in the arguments."""
    place = len(data) - 22
    *_, count, size, begin, _ = struct.unpack_from("<4s4H2LH", data, place)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", rest, 45, 45, 0, 0, count, count + more, size, begin + moved)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1)
    end = struct.pack("<4s4H2LH", END, 0, 0, 0xFFFF, 0xFFFF, MARK, MARK, 0) if marked else data[place:]
    return data[:place] + record + locator + end


ROOT_ONLY = {"OFD.xml": b"<a/>"}
GIANT_ONES: dict[str, tuple[bytes, dict[str, bytes]]] = {
    "sizes in the giant form": (
        zipped(Entry(b"OFD.xml", sizes=(CHECKSUM, MARK, MARK), local_extra=giant(4, 6))),
        ROOT_ONLY,
    ),
    "sizes in the giant form in the directory, too": (
        zipped(
            Entry(
                b"OFD.xml",
                sizes=(CHECKSUM, MARK, MARK),
                local_extra=giant(4, 6),
                central_sizes=(CHECKSUM, 6, MARK),
                extra=giant(4),
            )
        ),
        ROOT_ONLY,
    ),
    "place for the giant form that was not needed": (zipped(Entry(b"OFD.xml", local_extra=giant(0, 0))), ROOT_ONLY),
    "giant form with what the entry says": (zipped(Entry(b"OFD.xml", extra=giant(4))), ROOT_ONLY),
    "giant sizes behind": (
        zipped(
            Entry(b"OFD.xml", behind=True, wide=True, sizes=(0, MARK, MARK), local_extra=giant(0, 0)),
            Entry(b"b", behind=True),
        ),
        {**ROOT_ONLY, "b": b"<a/>"},
    ),
    "giant end": (with_giant_end(zipped(ROOT)), ROOT_ONLY),
    "giant end only": (with_giant_end(zipped(ROOT), marked=True), ROOT_ONLY),
    "stored with sizes behind": (
        zipped(Entry(b"OFD.xml", method=0, behind=True), Entry(b"b", behind=True)),
        {**ROOT_ONLY, "b": b"<a/>"},
    ),
}
"""Of these a reader that goes from entry to entry finds the same, or nothing."""
GOOD: dict[str, tuple[bytes, dict[str, bytes]]] = {
    **GIANT_ONES,
    "sizes behind, one of them before, too": (
        zipped(Entry(b"OFD.xml", behind=True, sizes=(0, 0, 4)), Entry(b"b", behind=True)),
        {**ROOT_ONLY, "b": b"<a/>"},
    ),
    "stored": (zipped(Entry(b"OFD.xml", method=0)), {"OFD.xml": b"<a/>"}),
    "sizes behind": (
        zipped(Entry(b"OFD.xml", behind=True), Entry(b"b", behind=True)),
        {"OFD.xml": b"<a/>", "b": b"<a/>"},
    ),
    "sizes behind without their sign": (zipped(Entry(b"OFD.xml", behind=True, sign=False)), {"OFD.xml": b"<a/>"}),
    "folders": (zipped(ROOT, Entry(b"Doc_0/", b""), Entry(b"Doc_0/a")), {"OFD.xml": b"<a/>", "Doc_0/a": b"<a/>"}),
    "other stroke": (zipped(ROOT, Entry(b"Doc_0\\a")), {"OFD.xml": b"<a/>", "Doc_0/a": b"<a/>"}),
    "Chinese in GB 18030": (
        zipped(ROOT, Entry("附件/图.png".encode("gb18030"))),
        {"OFD.xml": b"<a/>", "附件/图.png": b"<a/>"},
    ),
    "Chinese in UTF-8": (zipped(ROOT, Entry("附件".encode(), flags=0x800)), {"OFD.xml": b"<a/>", "附件": b"<a/>"}),
    "a second name that is the same": (
        zipped(ROOT, Entry("图".encode("gb18030"), extra=struct.pack("<2H5x", 0x7075, 8) + "图".encode())),
        {"OFD.xml": b"<a/>", "图": b"<a/>"},
    ),
    "other extra fields": (
        zipped(Entry(b"OFD.xml", extra=b"UT\x05\x00\x00\x00\x00\x00\x00", local_extra=b"UT\x00\x00")),
        {"OFD.xml": b"<a/>"},
    ),
    "comment": (zipped(ROOT, comment=b"made by somebody"), {"OFD.xml": b"<a/>"}),
    "root at the end": (zipped(Entry(b"a b"), ROOT), {"a b": b"<a/>", "OFD.xml": b"<a/>"}),
}


@pytest.mark.parametrize("name", sorted(GOOD))
def test_packages_of_others(name: str) -> None:
    data, files = GOOD[name]
    package = read_package(data)
    assert (dict(package.files), package.canonical) == (files, False)


HIDDEN = Entry(b"OFD.xml", b"<hidden/>").whole()
BAD: dict[str, bytes] = {
    "nothing": b"",
    "no end": LOCAL + bytes(100),
    "end only, of a directory that is not there": struct.pack("<4s4H2LH", END, 0, 0, 1, 1, 46, 0, 0),
    "path twice": zipped(ROOT, Entry(b"a"), Entry(b"a")),
    "path twice but for its case": zipped(ROOT, Entry(b"a/B"), Entry(b"A/b")),
    "path twice but for the stroke": zipped(ROOT, Entry(b"a/b"), Entry(b"a\\b")),
    "path twice where ends are dropped": zipped(ROOT, Entry(b"a/b"), Entry(b"a./b ")),
    "path twice but for the form of an accent": zipped(
        ROOT, Entry("\u00e9.png".encode(), flags=0x800), Entry("e\u0301.png".encode(), flags=0x800)
    ),
    "path twice where names have another character set": zipped(
        ROOT, Entry("图.png".encode(), flags=0x800), Entry("图.png".encode("gb18030"))
    ),
    "path twice for who does not look at the sign of UTF-8": zipped(
        ROOT, Entry("小.png".encode()), Entry("小.png".encode("gb18030"))
    ),
    "path twice for who reads the first character set of all": zipped(
        ROOT, Entry("═╝.png".encode(), flags=0x800), Entry("图.png".encode("gb18030"))
    ),
    "out of the package in another character set": zipped(ROOT, Entry("乗../a".encode("gbk"))),
    "file and folder": zipped(ROOT, Entry(b"a"), Entry(b"a/b")),
    "file and folder entry": zipped(ROOT, Entry(b"a"), Entry(b"A/", b"")),
    "folder with a content": zipped(ROOT, Entry(b"a/", b"x")),
    "out of the package": zipped(ROOT, Entry(b"../a")),
    "out of the package with the other stroke": zipped(ROOT, Entry(b"a\\..\\..\\b")),
    "absolute path": zipped(ROOT, Entry(b"/a")),
    "path of a drive": zipped(ROOT, Entry(b"C:/a")),
    "empty path": zipped(ROOT, Entry(b"")),
    "control sign in a path": zipped(ROOT, Entry(b"a\x00b")),
    "path in no character set": zipped(ROOT, Entry(b"\xff\xff")),
    "hidden before": zipped(ROOT, before=HIDDEN),
    "hidden between": zipped(ROOT, Entry(b"a"), between=HIDDEN),
    "hidden behind": zipped(ROOT, behind=HIDDEN),
    "a single byte between": zipped(ROOT, Entry(b"a"), between=b"\0"),
    "bytes behind the end": zipped(ROOT) + b"x",
    "a second package behind": zipped(ROOT) + zipped(Entry(b"OFD.xml", b"<b/>")),
    "encrypted": zipped(Entry(b"OFD.xml", flags=1)),
    "encrypted in the strong form": zipped(Entry(b"OFD.xml", flags=0x40)),
    "patched data": zipped(Entry(b"OFD.xml", flags=0x20)),
    "extra field cut off": zipped(Entry(b"OFD.xml", extra=b"UT\x05\x00\x00")),
    "unknown method": zipped(Entry(b"OFD.xml", method=12)),
    "other name at the entry": zipped(Entry(b"OFD.xml", local_name=b"OFD.xmL")),
    "another size at the entry": zipped(Entry(b"OFD.xml", sizes=(zlib.crc32(b"<a/>"), 6, 5))),
    "no sizes at the entry": zipped(Entry(b"OFD.xml", sizes=(0, 0, 0))),
    "stored with sizes behind that stand in it already": zipped(
        Entry(b"OFD.xml", b"<a/>PK\x07\x08" + struct.pack("<3L", CHECKSUM, 4, 4), method=0, behind=True)
    ),
    "stored with sizes behind, and an entry in it": zipped(Entry(b"OFD.xml", HIDDEN, method=0, behind=True)),
    "stored with sizes behind without their sign": zipped(Entry(b"OFD.xml", method=0, behind=True, sign=False)),
    "another size before than behind": zipped(Entry(b"OFD.xml", behind=True, sizes=(0, 0, 5))),
    "wrong checksum": zipped(Entry(b"OFD.xml", sizes=(1, 6, 4), central_sizes=(1, 6, 4))),
    "more disks": zipped(Entry(b"OFD.xml", disk=1)),
    "second name": zipped(Entry(b"a", extra=struct.pack("<2H5x", 0x7075, 12) + b"OFD.xml"), ROOT),
    "second name at the entry": zipped(Entry(b"a", local_extra=struct.pack("<2H5x", 0x7075, 6) + b"b"), ROOT),
    "giant form with another size": zipped(Entry(b"OFD.xml", sizes=(CHECKSUM, MARK, MARK), local_extra=giant(5, 6))),
    "giant form beside another size": zipped(Entry(b"OFD.xml", local_extra=giant(5, 6))),
    "giant form in the directory beside another size": zipped(Entry(b"OFD.xml", extra=giant(5))),
    "giant form of one size": zipped(Entry(b"OFD.xml", sizes=(CHECKSUM, 6, MARK), local_extra=giant(4))),
    "giant form with more than is looked for": zipped(
        Entry(b"OFD.xml", central_sizes=(CHECKSUM, 6, MARK), extra=giant(4, 6))
    ),
    "giant form twice": zipped(Entry(b"OFD.xml", sizes=(CHECKSUM, MARK, MARK), local_extra=giant(4, 6) + giant(4, 7))),
    "giant form that is not there": zipped(Entry(b"OFD.xml", sizes=(CHECKSUM, MARK, MARK))),
    "giant form cut off": zipped(Entry(b"OFD.xml", local_extra=struct.pack("<2HL", 1, 4, 0))),
    "giant end that says another place": with_giant_end(zipped(ROOT), moved=-1),
    "giant end that says another number": with_giant_end(zipped(ROOT), more=1),
    "giant end with more in it": with_giant_end(zipped(ROOT), rest=45),
    "giant end that is somewhere else": zipped(ROOT)[:-22] + b"PK\x06\x07" + bytes(16) + zipped(ROOT)[-22:],
    "giant end that is not there": with_giant_end(zipped(ROOT), marked=True)[:-42]
    + with_giant_end(zipped(ROOT), marked=True)[-22:],
    "second name twice": zipped(ROOT, Entry(b"a", extra=2 * (struct.pack("<2H5x", 0x7075, 6) + b"a"))),
    "cut off": zipped(ROOT)[:-1],
    "cut off in a stream": zipped(Entry(b"OFD.xml", b"x" * 99, central_sizes=(zlib.crc32(b"x" * 99), 3, 99))),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_packages_that_can_be_read_in_two_ways_or_not_at_all(name: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read_package(BAD[name])
    assert caught.value.code == "FORMAT_OFD"


def test_entries_that_overlap() -> None:
    """A stream that two entries share: each is small, together they are a bomb."""
    entry = Entry(b"OFD.xml", b"x" * 1000)
    out = entry.whole()
    directory = entry.central(0) * 3
    end = struct.pack("<4s4H2LH", END, 0, 0, 3, 3, len(directory), len(out), 0)
    with pytest.raises(MalformedError, match="overlap"):
        read_package(out + directory + end)


GIANT = (0, 6, MAX_UNPACKED_BYTES + 1)
TOO_LARGE: dict[str, Callable[[], bytes]] = {
    "bytes": lambda: bytes(MAX_OFD_BYTES + 1),
    "files": lambda: packed([(f"a{number}", b"") for number in range(MAX_OFD_FILES + 1)], stored=True),
    "path": lambda: zipped(ROOT, Entry(b"a" * (MAX_OFD_NAME + 1))),
    "extra fields": lambda: zipped(Entry(b"OFD.xml", extra=b"UT\0\0" * (MAX_EXTRA_FIELDS + 1))),
    "extra fields at the entry": lambda: zipped(Entry(b"OFD.xml", local_extra=b"UT\0\0" * (MAX_EXTRA_FIELDS + 1))),
    "unpacked": lambda: zipped(Entry(b"OFD.xml", central_sizes=GIANT, sizes=GIANT)),
}


@pytest.mark.parametrize("name", sorted(TOO_LARGE))
def test_limits_of_a_package(name: str) -> None:
    with pytest.raises(TooLargeError):
        read_package(TOO_LARGE[name]())


def test_as_many_extra_fields_as_there_may_be() -> None:
    most = b"UT\0\0" * MAX_EXTRA_FIELDS
    assert dict(read_package(zipped(Entry(b"OFD.xml", extra=most, local_extra=most))).files) == {"OFD.xml": b"<a/>"}


def test_a_bomb_that_lies_about_its_size_is_not_unpacked() -> None:
    content = bytes(1 << 20)
    sizes = (zlib.crc32(content), len(Entry(b"a", content).stream()), 10)
    with pytest.raises(MalformedError):
        read_package(zipped(ROOT, Entry(b"a", content, sizes=sizes, central_sizes=sizes)))


@pytest.mark.parametrize(
    ("data", "claims"),
    [
        (packed(ordinary()), True),
        (zipped(Entry(b"ofd.XML")), True),
        (packed({"mimetype": b"application/epub+zip"}), False),
        (packed({"a/OFD.xml": b""}), False),
        (packed(ordinary())[:-30], True),
        (b"PK\x03\x04", False),
        (b"%PDF-1.7 OFD.xml", False),
    ],
    ids=["ofd", "small letters", "another", "deeper", "damaged", "head", "pdf"],
)
def test_what_claims_to_be_an_ofd(data: bytes, claims: bool) -> None:
    assert claims_to_be_ofd(data) is claims


def test_a_name_in_gbk_that_happens_to_be_utf_8_is_found_all_the_same() -> None:
    """Two bytes of which each character set makes one sign; the documents say which is meant."""
    for name, letter in (("图.xml".encode("gbk"), "ͼ"), ("ͼ.xml".encode(), "ͼ")):
        package = read_package(zipped(ROOT, Entry(b"Doc_0/" + name)))
        files = OfdFiles(package.files, package.other_names)
        assert list(files) == ["OFD.xml", f"Doc_0/{letter}.xml"]
        assert files.find("图.xml", "Doc_0/a.xml") == files.find("ͼ.xml", "Doc_0/a.xml") == f"Doc_0/{letter}.xml"


def entry_by_entry(data: bytes) -> dict[str, bytes]:
    """The files as a reader finds them that goes from entry to entry and has not seen the directory."""
    files, at = {}, 0
    while data.startswith(LOCAL, at):
        _, _, flags, method, _, _, _, packed_size, _, name_size, extra = struct.unpack_from("<4s5H3L2H", data, at)
        start = at + 30 + name_size + extra
        if method == 0:
            content, end = data[start : start + packed_size], start + packed_size
        else:
            inflater = zlib.decompressobj(-15)
            content = inflater.decompress(data[start:])
            end = len(data) - len(inflater.unused_data)
        if flags & 8:
            end += 16 if data.startswith(b"PK\x07\x08", end) else 12
        files[data[at + 30 : at + 30 + name_size].decode()] = content
        at = end
    return files


def by_directory(data: bytes) -> dict[str, bytes]:
    """The files as Python's own reader finds them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_is_read_of_a_changed_package_is_what_all_readers_find(data: st.DataObject) -> None:
    package = bytearray(data.draw(st.sampled_from([packed(FILES), packed(FILES, stored=True), write_package(PARTS)])))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(package) - 1))
        piece = data.draw(st.sampled_from([b"", b"\0", b"\x08", b"PK", bytes(package[:60]), bytes(package[-60:])]))
        package[place : place + data.draw(st.integers(0, 2))] = piece
    try:
        files = dict(read_package(bytes(package)).files)
    except EsignError:
        return
    assert files == by_directory(bytes(package)) == entry_by_entry(bytes(package))


@pytest.mark.parametrize(
    "name",
    sorted(GOOD.keys() - {"folders", "other stroke", "Chinese in GB 18030", "a second name that is the same"}),
)
def test_packages_of_others_are_read_alike_by_all_readers(name: str) -> None:
    data, files = GOOD[name]
    assert files == by_directory(data)
    if name not in GIANT_ONES:
        assert files == entry_by_entry(data)


# Paths.


@pytest.mark.parametrize(
    ("location", "beside", "path"),
    [
        ("/OFD.xml", "Doc_0/b.xml", "OFD.xml"),
        ("b.xml", "Doc_0/x.xml", "Doc_0/b.xml"),
        ("./Res/../b.xml", "Doc_0/x.xml", "Doc_0/b.xml"),
        ("..\\OFD.xml", "Doc_0/x.xml", "OFD.xml"),
        ("RES/C.PNG", "Doc_0/x.xml", "Doc_0/Res/c.png"),
        ("Doc_0/b.xml", "Doc_0/x.xml", "Doc_0/b.xml"),
        ("nowhere.xml", "Doc_0/x.xml", "Doc_0/nowhere.xml"),
    ],
)
def test_where_a_path_leads(location: str, beside: str, path: str) -> None:
    assert OfdFiles(FILES).find(location, beside) == path


def test_the_standard_meaning_of_a_path_comes_first() -> None:
    files = OfdFiles({"a.xml": b"", "Doc_0/a.xml": b""})
    assert files.find("a.xml", "Doc_0/x.xml") == "Doc_0/a.xml"


@pytest.mark.parametrize("location", ["", " ", "../../OFD.xml", "/..", "..\\..\\x"])
def test_paths_that_lead_nowhere(location: str) -> None:
    with pytest.raises(MalformedError):
        OfdFiles(FILES).find(location, "Doc_0/x.xml")


def test_files_are_parsed_and_hashed_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("esign.ofd_paths.MAX_PACKAGE_XML_BYTES", 2000)
    monkeypatch.setattr("esign.ofd_paths.MAX_PACKAGE_ELEMENTS", 3)
    monkeypatch.setattr("esign.ofd_paths.MAX_HASHED_BYTES", 3000)
    files = OfdFiles({f"{number}.xml": b"<a>" + b" " * 900 + b"</a>" for number in range(3)})
    files.check("0.xml")
    files.check("1.xml")
    with pytest.raises(TooLargeError, match="XML"):
        files.check("2.xml")
    # What was looked at before costs nothing again.
    files.check("0.xml")
    assert files.xml("0.xml", "").name == "a"
    assert files.digest("0.xml", "sm3") == files.digest("0.xml", "sm3")
    for algorithm in ("sha256", "sha512"):
        files.digest("0.xml", algorithm)
    with pytest.raises(TooLargeError, match="hashed"):
        files.digest("1.xml", "sm3")
    many = OfdFiles({"a": b"<a><b/></a>", "b": b"<a><b/></a>"})
    many.xml("a", "")
    with pytest.raises(TooLargeError, match="elements"):
        many.xml("b", "")


def test_what_was_refused_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seals are looked for on pages that need not be readable, again for every signature."""
    parsed: list[str] = []

    def watched(data: bytes, name: str, limit: int) -> tuple[Element, int]:
        parsed.append(name)
        return counted_xml(data, name, limit)

    monkeypatch.setattr("esign.ofd_paths.counted_xml", watched)
    monkeypatch.setattr("esign.ofd_paths.MAX_PACKAGE_ELEMENTS", 1)
    files = OfdFiles({"broken": b"<a", "large": b"<a><b/></a>"})
    for name, error in (("broken", MalformedError), ("large", TooLargeError)):
        for _ in range(2):
            with pytest.raises(error):
                files.xml(name, "")
    assert parsed == ["broken", "large"]


# XML.


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a>",
        b"<a/><b/>",
        b"<a b='1' b='2'/>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b"<a>&x;</a>",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b"<a>\xff</a>",
        b"<a:b/>" * 2,
    ],
    ids=range(11),
)
def test_broken_xml(data: bytes) -> None:
    for read in (parse_xml, check_xml):
        with pytest.raises(MalformedError) as caught:
            read(data, "x.xml")
        assert caught.value.code == "FORMAT_OFD"


def test_names_without_prefixes() -> None:
    root = parse_xml(b'<o:a xmlns:o="u" xmlns="v" o:b="1" c="2">x<o:d/>y<d> z </d></o:a>', "x.xml")
    assert (root.name, root.attributes, root.text) == ("a", {"b": "1", "c": "2"}, "xy")
    assert root.first("d") is root.children[0]
    with pytest.raises(MalformedError, match="twice"):
        root.only_text("d")
    assert root.only("e") is None
    with pytest.raises(MalformedError, match="twice"):
        parse_xml(b'<o:a xmlns:o="u" b="1" o:b="2"/>', "x.xml")


@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * (MAX_XML_DEPTH + 1) + b"</a>" * (MAX_XML_DEPTH + 1),
        b"<a>" + b" " * MAX_XML_BYTES + b"</a>",
    ],
    ids=["deep", "long"],
)
def test_limits_of_xml(data: bytes) -> None:
    with pytest.raises(TooLargeError):
        parse_xml(data, "x.xml")


def test_how_many_elements_a_file_has() -> None:
    data = b"<a>" + b"<b/>" * 99 + b"</a>"
    assert counted_xml(data, "x.xml", 100)[1] == 100
    with pytest.raises(TooLargeError):
        counted_xml(data, "x.xml", 99)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("0 0 210 297", (0, 0, 210, 297)),
        (" 1.5\n-2 .5 3e2 ", (1.5, -2, 0.5, 300)),
        ("0 0 210", None),
        ("0 0 210 297 1", None),
        ("0 0 nan 297", None),
        ("0 0 1_0 2", None),
        ("0 0 inf 2", None),
        ("0 0 1e999 2", None),
        ("", None),
    ],
)
def test_boxes(text: str, box: tuple[float, ...] | None) -> None:
    assert read_box(text) == box
