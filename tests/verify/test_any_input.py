"""Any input, one call: the kind is found from the content, and no bytes make the verifier raise or pass by accident."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from esign import code_modules, sign_detached
from esign.cms_detached import MAX_DETACHED_BYTES
from keys import DevelopmentPki, Signer
from verify import MAX_FILE_BYTES, REASONS, Outcome, TrustStore, Verifier

if TYPE_CHECKING:
    from office import Ca

Forge = Callable[[bytes], bytes]


def picture(*texts: str, form: str = "PNG") -> bytes:
    """QR symbols side by side, 4 pixels a module."""
    symbols = []
    for text in texts:
        modules = code_modules(text)
        small = Image.new("L", (len(modules) + 8, len(modules) + 8), 255)
        for row, cells in enumerate(modules):
            for column, dark in enumerate(cells):
                if dark:
                    small.putpixel((column + 4, row + 4), 0)
        symbols.append(small.resize((small.width * 4, small.height * 4), Image.Resampling.NEAREST))
    whole = Image.new("L", (sum(s.width for s in symbols) or 50, max((s.height for s in symbols), default=50)), 255)
    left = 0
    for symbol in symbols:
        whole.paste(symbol, (left, 0))
        left += symbol.width
    out = io.BytesIO()
    whole.save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (b"", "unknown", "FORMAT_EMPTY"),
        (b"\x00", "unknown", "FORMAT_UNKNOWN"),
        (b"hello", "unknown", "FORMAT_UNKNOWN"),
        (b"%PD", "unknown", "FORMAT_UNKNOWN"),
        (b"PK\x03\x04" + bytes(100), "unknown", "FORMAT_UNKNOWN"),
        (b"\x30\x82\x01\x00" + bytes(256), "unknown", "FORMAT_UNKNOWN"),
        (b"<html><body>{</body></html>", "unknown", "FORMAT_UNKNOWN"),
        (b"https://example.com/v/x\n" + b" " * 5000, "unknown", "FORMAT_UNKNOWN"),
        (b"{}", "structured", "FORMAT_STRUCTURED"),
        (b" \r\n{", "structured", "FORMAT_STRUCTURED"),
        (b"{" * 100_000, "structured", "FORMAT_STRUCTURED"),
        (b'{"a":%s}' % (b"9" * 10_000), "structured", "FORMAT_STRUCTURED"),
        (b"\x89PNG\r\n\x1a\n", "code", "FORMAT_PICTURE"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "code", "FORMAT_PICTURE"),
        (b"https://example.com/V/ABC", "code", "FORMAT_CODE"),
        (b"\xff\xfe/v/", "code", "FORMAT_CODE"),
        ("看/V/看".encode(), "code", "FORMAT_CODE"),
        (b"%PDF-", "pdf", "FORMAT_PDF"),
        (b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n", "pdf", "FORMAT_PDF"),
        (b"%PDF-1.7\n%%EOF\n", "pdf", "SEAL_MISSING"),
        (b"junk\n%PDF-1.7\n%%EOF\n", "pdf", "SEAL_MISSING"),
        (b"%PDF-1.4\n1 0 obj<</Type/Sig/ByteRange[0 1 2 3]>>endobj\n%%EOF", "pdf", "FORMAT_PDF"),
    ],
)
def test_kind_and_reason(verifier: Verifier, office: ModuleType, data: bytes, kind: str, code: str) -> None:
    report = verifier.verify_file(data, signature=b"", at=office.AT)
    assert (report.kind, report.reason.code) == (kind, code)
    assert not report
    assert report.verdict is report.authenticity
    assert report.signatures == ()


@pytest.mark.parametrize(
    ("head", "kind"), [(b"%PDF-1.7\n", "pdf"), (b"{", "structured"), (b"\xff\xd8\xff", "code"), (b"", "unknown")]
)
def test_file_over_the_limit_is_not_looked_at(verifier: Verifier, office: ModuleType, head: bytes, kind: str) -> None:
    data = head + bytes(MAX_FILE_BYTES + 1 - len(head))
    report = verifier.verify_file(data, at=office.AT)
    assert (report.kind, report.verdict, report.reason.code) == (kind, Outcome.INDETERMINATE, "RESOURCE_LIMIT")
    # Who reads the file for the verifier stops one byte above the limit: how long it is nobody knows.
    assert report.checks[0].detail == f"more than {MAX_FILE_BYTES} bytes"


def test_signature_over_the_limit(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    data, signature = office.seal_structured(pki.seal)
    report = verifier.verify_file(data, signature=signature + bytes(MAX_DETACHED_BYTES), at=office.AT)
    assert report.reason.code == "RESOURCE_LIMIT"


# Pictures and text files


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_picture_of_a_code(verifier: Verifier, pki: DevelopmentPki, office: ModuleType, form: str) -> None:
    data = picture(f"HTTP://127.0.0.1:8000/V/{office.write_code(pki.code)}", form=form)
    report = verifier.verify_file(data, at=office.AT)
    assert (report.kind, report.reason.code) == ("code", "HOLDER_NOT_CHECKED")
    assert verifier.verify_file(data, holder=office.HOLDER, at=office.AT)


def test_picture_without_a_code(verifier: Verifier, office: ModuleType) -> None:
    report = verifier.verify_file(picture(), at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "PICTURE_WITHOUT_CODE")


def test_picture_of_something_else(verifier: Verifier, office: ModuleType) -> None:
    assert verifier.verify_file(picture("https://example.com/"), at=office.AT).reason.code == "FORMAT_CODE"


def test_code_among_other_symbols(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    code = office.write_code(pki.code)
    data = picture("https://example.com/42", code, "WIFI:S:office;;")
    assert verifier.verify_file(data, holder=office.HOLDER, at=office.AT).reason.code == "OK"


@pytest.mark.parametrize("claim", ["https://example.com/V/42", "HTTP://127.0.0.1:8000/v/AAAA"])
def test_a_claim_that_cannot_be_read_counts_beside_a_genuine_code(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType, claim: str
) -> None:
    code = office.write_code(pki.code)
    assert verifier.verify_file(picture(claim, code), holder=office.HOLDER, at=office.AT).reason.code == "FORMAT_CODE"
    text = f"{office.HOLDER.name} /V/{code}".encode()
    assert verifier.verify_file(text, holder=office.HOLDER, at=office.AT).reason.code == "FORMAT_UNKNOWN"


def test_the_same_code_twice(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    code = office.write_code(pki.code)
    assert verifier.verify_file(picture(code, code), holder=office.HOLDER, at=office.AT).reason.code == "OK"


def test_of_several_codes_the_worst_is_said(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    own, others = office.write_code(pki.code), office.write_code(pki.code, holder=office.STRANGER)
    for texts in ((own, others), (others, own)):
        report = verifier.verify_file(picture(*texts), holder=office.HOLDER, at=office.AT)
        assert report.reason.code == "HOLDER_MISMATCH"


def test_picture_with_too_many_codes(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    data = picture(*(office.write_code(pki.code, status_index=index) for index in range(9)))
    assert verifier.verify_file(data, at=office.AT).reason.code == "RESOURCE_LIMIT"


def test_text_file_with_a_code(verifier: Verifier, pki: DevelopmentPki, office: ModuleType) -> None:
    code = office.write_code(pki.code)
    for text in (f"https://licence.example/V/{code}\r\n", f"https://licence.example/v/{code.lower()}"):
        assert verifier.verify_file(text.encode(), holder=office.HOLDER, at=office.AT)


# Changed bytes


def sealed(pki: DevelopmentPki, office: ModuleType, kind: str) -> tuple[bytes, bytes | None]:
    if kind == "pdf":
        return office.seal_pdf(pki.seal), None
    made: tuple[bytes, bytes] = office.seal_structured(pki.seal)
    return made


@pytest.mark.parametrize("kind", ["pdf", "structured"])
def test_changed_byte_is_caught(verifier: Verifier, pki: DevelopmentPki, office: ModuleType, kind: str) -> None:
    """Every thirteenth place, the changes varied; all places of real licences stand in the tests of the whole."""
    data, signature = sealed(pki, office, kind)
    assert verifier.verify_file(data, signature=signature, at=office.AT)
    for place in range(0, len(data), 13):
        changed = bytearray(data)
        changed[place] ^= (0x01, 0x20, 0x80, 0xFF)[place // 13 % 4]
        report = verifier.verify_file(bytes(changed), signature=signature, at=office.AT)
        assert report.verdict is not Outcome.PASSED, place


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["pdf", "structured"])
def test_every_byte_changed_in_every_bit(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType, kind: str
) -> None:
    data, signature = sealed(pki, office, kind)
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            report = verifier.verify_file(bytes(changed), signature=signature, at=office.AT)
            assert report.verdict is not Outcome.PASSED, (place, bit)


def test_changed_byte_of_the_detached_signature_is_caught(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType
) -> None:
    data, signature = office.seal_structured(pki.seal)
    for place in range(len(signature)):
        changed = bytearray(signature)
        changed[place] ^= 1 << place % 8
        report = verifier.verify_file(data, signature=bytes(changed), at=office.AT)
        assert report.verdict is not Outcome.PASSED, place


@pytest.mark.parametrize("kind", ["pdf", "structured"])
def test_cut_off_file_fails(verifier: Verifier, pki: DevelopmentPki, office: ModuleType, kind: str) -> None:
    data, signature = sealed(pki, office, kind)
    for length in range(0, len(data), 53):
        report = verifier.verify_file(data[:length], signature=signature, at=office.AT)
        assert report.verdict is Outcome.FAILED, length
        assert report.reason.code.startswith(("FORMAT_", "NON_CANONICAL", "SEAL_MISSING")), length


@pytest.mark.parametrize("rounds", [60, pytest.param(2000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("kind", ["pdf", "structured"])
def test_pieces_moved_doubled_and_removed(
    verifier: Verifier, pki: DevelopmentPki, office: ModuleType, kind: str, rounds: int
) -> None:
    data, signature = sealed(pki, office, kind)
    chance = random.Random(20261121)  # noqa: S311 - repeatable damage, not a secret
    for _ in range(rounds):
        a, b, c = sorted(chance.randrange(len(data)) for _ in range(3))
        for damaged in (
            data[:a] + data[b:],
            data[:b] + data[a:],
            data[:a] + data[b:c] + data[a:b] + data[c:],
            data[:a] + chance.randbytes(b - a) + data[b:],
        ):
            if damaged != data:
                report = verifier.verify_file(damaged, signature=signature, at=office.AT)
                assert report.verdict is not Outcome.PASSED


# Nothing escapes

no_deadline = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@no_deadline
@given(data=st.binary(max_size=2000), signature=st.none() | st.binary(max_size=300))
@pytest.mark.parametrize("prefix", [b"", b"%PDF-1.7\n", b"{", b"/V/"])
def test_random_bytes(
    verifier: Verifier, office: ModuleType, prefix: bytes, data: bytes, signature: bytes | None
) -> None:
    report = verifier.verify_file(prefix + data, signature=signature, at=office.AT)
    assert report.verdict is not Outcome.PASSED
    assert report.reason.code in REASONS


@settings(no_deadline, max_examples=10)  # a process is started for each picture
@given(data=st.binary(max_size=2000))
@pytest.mark.parametrize("prefix", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_random_pictures(verifier: Verifier, office: ModuleType, prefix: bytes, data: bytes) -> None:
    assert verifier.verify_file(prefix + data, at=office.AT).reason.code == "FORMAT_PICTURE"


@no_deadline
@given(text=st.text(st.characters(), max_size=400) | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", max_size=500))
def test_random_text(verifier: Verifier, office: ModuleType, text: str) -> None:
    assert verifier.verify_code(text, at=office.AT).reason.code == "FORMAT_CODE"


@pytest.fixture(scope="module")
def seal(ca: Ca) -> Signer:
    signer: Signer = ca.issue()
    return signer


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(document: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    if isinstance(document, dict):
        for key, value in document.items():
            found += places(value, (*path, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            found += places(value, (*path, index))
    return found


@no_deadline
@given(chooser=st.integers(0, 10_000), value=values)
def test_licence_with_one_value_replaced_under_a_good_signature(
    seal: Signer, ca: Ca, office: ModuleType, chooser: int, value: object
) -> None:
    """Not even the issuer's own key makes a licence of the wrong shape raise."""
    document: Any = json.loads(office.seal_structured(seal)[0])
    *path, last = places(document)[1:][chooser % len(places(document)[1:])]
    inner = document
    for step in path:
        inner = inner[step]
    inner[last] = value
    try:
        data = rfc8785.dumps(document)
    except ValueError:
        data = json.dumps(document).encode()
    trust = TrustStore.from_certificates(ca.public)
    report = Verifier(trust, office.Store(office.ISSUED)).verify_file(
        data, signature=sign_detached(data, seal), holder=office.HOLDER, at=office.AT
    )
    assert report.reason.code in REASONS
