"""Damage to OFDs in their own terms: files of the package, elements, paths, numbers, digests, seal signatures.

Half of the time the digests that belong to it are put right afterwards, so that what follows them is reached.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random

from fuzz_der import byte_damage, mutated

_ELEMENT = re.compile(rb"<([A-Za-z:]+)(?: [^<>]*)?(?:/>|>[^<>]*</\1>)")
_VALUE = re.compile(rb'(?<==")[^"<>]*(?=")|(?<=>)[^<>\s][^<>]*(?=<)')
_REFERENCE = re.compile(rb'(FileRef="/?([^"]*)">\s*<[^>]*CheckValue>)[^<]*(<)')
_WORDS = (
    b"0 1 -1 2 3 65535 65536 4294967295 4294967296 99999999999999999999 0.0001 1e9 NaN INF -0 007 0x1 true Seal Sign "
    b"/OFD.xml OFD.xml ../OFD.xml /../../etc/passwd Doc_0 Doc_0/Document.xml Signature.xml SignedValue.dat Seal.esl "
    b"\\Doc_0\\Document.xml C:/x http://127.0.0.1/x MD5 SHA1 SM3 1.2.156.10197.1.401 1.2.156.10197.1.401.2 AAAA = "
    b"20261121023000Z 20260105013000 2026-02-30 99991231235959Z Background Foreground Stamp Watermark"
)
_VALUES = (
    *_WORDS.split(b" "),
    *(
        b"",
        b" ",
        b"0 0 210 297",
        b"0 0 0 0",
        b"-1e5 -1e5 1e5 1e5",
        b"1 2 3",
        b"g 4 5.5",
        b"g 100000000 1",
        b"0 " * 20000,
    ),
    *(b"M 0 0 L 1 1 C", b"M 0", b"A 1 1 0 1 1 2 2", b"Q", b"1 0 0 1 0 0", b"0 0 0 0 0 0", b"256 -1 0", "长期".encode()),
    *(b"&#13;", b"&amp;", b"&x;", b"&#0;", b"x" * 5000, b"<", b"]]>", b"\xff\xfe", b"\xf0\xac\xb1\x96"),
)
_OPENINGS = (
    b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]>',
    b'<?xml version="1.0" encoding="UTF-16"?>',
    b'<?xml version="1.0" encoding="GB18030"?>',
    b"\xef\xbb\xbf",
    b"<!-- -->",
)


def mutated_ofd(chance: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """Something that is nearly `data`."""
    if chance.random() < 0.12:
        return byte_damage(chance, data)
    files = _files(data)
    for _ in range(chance.choices((1, 2, 4), (70, 20, 10))[0]):
        match chance.choices(range(4), (50, 20, 15, 15))[0]:
            case 0:
                _xml_damage(chance, files)
            case 1:
                _signature_damage(chance, files, corpus)
            case 2:
                _content_damage(chance, files, corpus)
            case 3:
                _set_damage(chance, files, corpus)
    if chance.random() < 0.5:
        _digests_put_right(files)
    written = packed(files, chance)
    return byte_damage(chance, written) if chance.random() < 0.05 else written


def packed(files: Mapping[str, bytes], chance: Random | None = None) -> bytes:
    """A package of these files; mostly as ours are, with `chance` now and then in other ways that ZIP has."""
    made = io.BytesIO()
    names = sorted(files, key=lambda name: (name != "OFD.xml", name))
    other = chance is not None and chance.random() < 0.15
    if other and chance is not None:
        chance.shuffle(names)
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            stored = not (other and name.endswith(".xml"))
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
        if other:
            archive.comment = b"made otherwise"
    return made.getvalue()


def _files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def _some(chance: Random, files: Mapping[str, bytes], *endings: str) -> str | None:
    names = [name for name in files if name.endswith(endings)]
    return chance.choice(names) if names else None


def _xml_damage(chance: Random, files: dict[str, bytes]) -> None:
    name = _some(chance, files, ".xml")
    if name is None:
        return
    text = files[name]
    elements, values = list(_ELEMENT.finditer(text)), list(_VALUE.finditer(text))
    match chance.randrange(8):
        case 0 if elements:
            found = chance.choice(elements)
            text = text[: found.start()] + text[found.end() :]
        case 1 if elements:
            found, other = chance.choice(elements), chance.choice(elements)
            text = text[: found.start()] + other[0] * chance.choice((1, 2, 300)) + text[found.start() :]
        case 2 if elements:
            found = chance.choice(elements)
            depth = chance.choice((1, 3, 70, 5000))
            text = text[: found.start()] + b"<a>" * depth + found[0] + b"</a>" * depth + text[found.end() :]
        case 3:
            text = chance.choice(_OPENINGS) + text.partition(b"?>\n")[2]
        case 4 if values:
            one, other = sorted(chance.choices(values, k=2), key=lambda found: found.start())
            text = text[: one.start()] + other[0] + text[one.end() :]
        case _ if values:
            found = chance.choice(values)
            text = text[: found.start()] + chance.choice(_VALUES) + text[found.end() :]
    files[name] = text


def _signature_damage(chance: Random, files: dict[str, bytes], corpus: Sequence[bytes]) -> None:
    name = _some(chance, files, ".dat", ".esl", ".p7s")
    if name is not None:
        others = [
            content for item in corpus for path, content in contents(item).items() if path.endswith((".dat", ".esl"))
        ]
        if chance.random() < 0.15:
            files[name] = chance.choice(others)
        else:
            files[name] = mutated(chance, files[name], others)


def _content_damage(chance: Random, files: dict[str, bytes], corpus: Sequence[bytes]) -> None:
    name = chance.choice(list(files))
    lent = contents(chance.choice(corpus))
    if chance.random() < 0.4 and name in lent:
        files[name] = lent[name]
    else:
        files[name] = byte_damage(chance, files[name])


def _set_damage(chance: Random, files: dict[str, bytes], corpus: Sequence[bytes]) -> None:
    name = chance.choice(list(files))
    match chance.randrange(5):
        case 0:
            del files[name]
        case 1:
            other = chance.choice(
                ("Doc_0/Res/more.ttf", "Doc_1/Document.xml", "a" * 400, "../x", "/x", "doc_0/x", name + "/x")
            )
            files[other] = files[name]
        case 2:
            files[chance.choice((name.upper(), name.replace("/", "\\"), "Doc_0/" + name))] = files.pop(name)
        case 3:
            other = chance.choice(list(files))
            files[name], files[other] = files[other], files[name]
        case 4:
            files.update(contents(chance.choice(corpus)))


def _digests_put_right(files: dict[str, bytes]) -> None:
    """Those of the files that each list names, and in the seal's signature that of the list itself."""
    for name in sorted(files):
        if not name.endswith("/Signature.xml"):
            continue
        before = _sm3(files[name])
        files[name] = _REFERENCE.sub(lambda found: _referenced(found, files), files[name])
        value = name.replace("Signature.xml", "SignedValue.dat")
        if value in files:
            files[value] = files[value].replace(before, _sm3(files[name]))


def _referenced(found: re.Match[bytes], files: Mapping[str, bytes]) -> bytes:
    content = files.get(found[2].decode("utf-8", "replace"))
    return found[0] if content is None else found[1] + base64.b64encode(_sm3(content)) + found[3]


def _sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def contents(data: bytes) -> dict[str, bytes]:
    """The files by path, as Python's own reader gives them; empty when it cannot."""
    with suppress(zipfile.BadZipFile, NotImplementedError, zlib.error, OSError, ValueError, RuntimeError):
        return _files(data)
    return {}
