"""The tables of docs/ that are marked as checked say what the code does."""

import importlib
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import cbor2
import pytest
import uharfbuzz as hb

from api.problem_rows import INTERNAL, ROWS
from api.problems import problem_of
from esign import (
    ELEMENTS,
    CodeClaims,
    ExpectedSeal,
    PrintedField,
    Rows,
    StructuredAttachment,
    StructuredAuthority,
    StructuredDocument,
    StructuredFace,
    StructuredField,
    StructuredHolder,
    StructuredLicence,
    StructuredObligation,
    StructuredOrigin,
    StructuredRelation,
    StructuredStatusPlace,
    group_short_code,
    holder_check_value,
    is_short_code,
    make_short_code,
    read_code,
    sign_code,
    structured_to_bytes,
)
from esign.short_code import ALPHABET, LENGTH
from keys import (
    ECDSA_P256_SHA256,
    Profile,
    Signer,
    Subject,
    der_signature,
    generate_private_key,
    key_identifier,
    make_certificate,
)
from licences import (
    FAULTS,
    HOLDER_KINDS,
    StoreUnavailableError,
    check_character,
    licence_from_paper,
    licence_type_from_toml,
    shipped_font,
)
from licences.catalogue import FieldType
from verify import REASONS, Outcome

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FORMATS = DOCS / "reference" / "formats.md"
CATALOGUE = DOCS / "reference" / "catalogue.md"


def tables(page: Path, name: str) -> list[list[list[str]]]:
    """Give the body rows of every table that follows this mark; cells lose their backticks."""
    found = []
    for part in page.read_text("utf-8").split(f"<!-- checked: {name} -->\n")[1:]:
        rows = [line for line in part.split("\n\n")[0].splitlines() if line.startswith("|")]
        found.append([[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows[2:]])
    assert found, name
    return found


def table(page: Path, name: str) -> list[list[str]]:
    (only,) = tables(page, name)
    return only


def number(text: str) -> int:
    return int(text.replace(",", ""))


def example() -> str:
    """Give the catalogue file that the page shows."""
    text = CATALOGUE.read_text("utf-8").split("<!-- checked: example -->\n```toml\n")[1]
    return text.split("```")[0]


def test_limits_are_those_of_the_code() -> None:
    for _, value, constant, _ in table(FORMATS, "limits"):
        module, _, name = constant.rpartition(".")
        assert number(value) == getattr(importlib.import_module(module), name), constant


def test_no_limit_of_a_reader_is_left_out() -> None:
    told = {row[2] for row in table(FORMATS, "limits")}
    limits = {
        f"{package}.{path.stem}.{name}"
        for package in ("esign", "verify")
        for path in (ROOT / package).glob("*.py")
        for name in re.findall(r"^(MAX_\w+)\b.* = ", path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(limits) > 60
    assert limits <= told


def test_elements() -> None:
    rows = [tuple(row) for row in table(FORMATS, "elements")]
    assert rows == [(element.label, element.short_name or "–", element.key) for element in ELEMENTS]


def _keys_of(value: object, path: str = "") -> set[str]:
    if isinstance(value, dict):
        below = {key for name, inner in value.items() for key in _keys_of(inner, f"{path}.{name}".strip("."))}
        return below | ({path} if path and not path.endswith("]") else set())
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {path} | {key for item in value for key in _keys_of(item, f"{path}[]")}
    return {path}


def test_structured_licence() -> None:
    day = date(2026, 3, 2)
    licence = StructuredLicence(
        identifier="1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4",
        number="N", name="N", type_name="N", type_code="T", issuer_name="I", issuer_code="C", issuer_level="L",
        issued_on=day, valid_from=day, valid_to=None, area_code="990101",
        holders=(StructuredHolder(name="H", code="C", kind="001", kind_name="K"),),
        fields=(
            StructuredField(key="a", label="A", value="V"),
            StructuredField(key="b", label="B", value=Rows(columns=("X",), rows=(("x",),))),
        ),
        joint_issuers=(StructuredAuthority(name="J", code="C"),),
        origin=StructuredOrigin(
            kind="digitised", trust_level="B", historic_issuer=StructuredAuthority(name="O", code="C"), converted_on=day
        ),
        relations=(StructuredRelation(identifier="X", relation="renew"),),
        obligations=(StructuredObligation(key="k", label="L", due=day, effect="note"),),
        attachments=(
            StructuredAttachment(
                kind="scan", name="s.pdf", media_type="application/pdf", sha256="0", sm3="0", size=1, pages=1
            ),
        ),
        documents=(
            StructuredDocument(
                key="original",
                label="L",
                face=StructuredFace(form=1, fields=(PrintedField(key="a", label="A"),), photos=("p",)),
            ),
        ),
        status_place=StructuredStatusPlace(number=1, index=7),
        seals=(ExpectedSeal(field="Seal1", order=1, algorithm="sm2", certificate_digest="sm3:00"),),
        sealed_at=datetime(2026, 3, 2, 8, tzinfo=UTC), development=True,
    )  # fmt: skip
    keys = _keys_of(json.loads(structured_to_bytes(licence)))
    assert keys == {row[0] for row in table(FORMATS, "structured")}


@pytest.fixture(scope="module")
def signer() -> Signer:
    key = generate_private_key(ECDSA_P256_SHA256)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = make_certificate(
        subject=Subject(common_name="code"),
        public_key=key.public_key,
        issuer=None,
        issuer_key=key,
        serial=1,
        not_before=start,
        not_after=start + timedelta(days=1),
        profile=Profile.CODE,
    )
    return Signer(private_key=key, chain=(certificate,))


def _claims(signer: Signer, valid_to: date | None) -> CodeClaims:
    return CodeClaims(
        key_id=key_identifier(signer.public_key, "sha256"),
        identifier="1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4",
        valid_from=date(2026, 3, 2),
        valid_to=valid_to,
        status_list=1,
        status_index=77,
        holder_check=123456,
        salt=b"saltsalt",
        digest=bytes(range(32)),
    )


def _as_carried(value: object) -> object:
    if isinstance(value, date):
        return (value - date(1970, 1, 1)).days
    return value.removeprefix("1.2.156.3005.2").replace(".", "") if isinstance(value, str) else value


def test_code(signer: Signer) -> None:
    claims = _claims(signer, date(2031, 3, 1))
    signed = read_code(sign_code(claims, signer))
    carried = cbor2.loads(signed.payload)
    rows = table(FORMATS, "code")
    assert [int(row[0]) for row in rows] == list(carried)
    for key, content, kind, claim in rows:
        value = carried[int(key)]
        if kind.endswith("bytes"):
            assert (type(value), len(value)) == (bytes, int(kind.split()[0])), content
        else:
            assert type(value) is {"unsigned": int, "text": str}[kind], content
        assert value == (1 if claim == "–" else _as_carried(getattr(claims, claim))), content
    endless = read_code(sign_code(_claims(signer, None), signer))
    assert cbor2.loads(endless.payload).keys() == carried.keys() - {5}


def test_signature_of_a_code(signer: Signer) -> None:
    assert "over the 15 characters `elicence code 1`, a zero byte and the payload" in FORMATS.read_text("utf-8")
    signed = read_code(sign_code(_claims(signer, None), signer))
    signer.public_key.verify(der_signature(signed.signature), b"elicence code 1\x00" + signed.payload)


def test_holder_check() -> None:
    for salt, name, code, value in table(FORMATS, "holder-check"):
        assert holder_check_value(bytes.fromhex(salt), name, code) == int(value)


def test_short_code() -> None:
    told = dict(table(FORMATS, "short-code"))
    assert told["alphabet"] == ALPHABET
    assert told["length"].startswith(f"{LENGTH}:")
    code = make_short_code(lambda size: bytes(range(size)))
    printed = group_short_code(code)
    assert re.sub("[A-Z0-9]", "X", printed) == told["printed"].removeprefix("three groups of four: `")
    assert is_short_code(printed.lower())


def test_identifier() -> None:
    for *parts, check in table(FORMATS, "identifier"):
        assert check_character("".join(parts)) == check


def test_example_of_a_type() -> None:
    licence_type = licence_type_from_toml(example())
    samples = {
        field.key: field.sample if isinstance(field.sample, str) else [dict(row) for row in field.sample]
        for field in licence_type.all_fields
    }
    licence = licence_from_paper(licence_type, samples)
    assert licence.validity.end == date(2028, 3, 1)
    assert licence_type.face.order == ("certificateHolderName", "certificateHolderCode", "wells", "validity")


def test_types_of_fields() -> None:
    rows = table(CATALOGUE, "types")
    assert [row[0] for row in rows] == [kind.value for kind in FieldType]
    more = {
        "enum": 'values = ["a"]',
        "rows": '[[fields.columns]]\nkey = "c"\nlabel = "c"\nlabel_en = "c"\ntype = "date"',
    }
    for kind, _, longest in rows:
        sample = '[{ c = "2026-03-02" }]' if kind == "rows" else '"a"'
        field = f'[[fields]]\nkey = "x"\nlabel = "x"\nlabel_en = "x"\ntype = "{kind}"\nsample = {sample}\n'
        text = example().replace("[face]", field + more.get(kind, "") + "\n[face]")
        if kind == "image":
            box = "{ x = 272, y = 42.5, width = 12, height = 14 }"
            text = text.replace("\ncode = {", f"\nphotos = {{ x = {box} }}\ncode = {{")
        else:
            text = text.replace('"wells", "validity"]', '"wells", "x", "validity"]')
        made = licence_type_from_toml(text).fields[-1]
        assert (made.key, made.max_length) == ("x", 0 if longest == "–" else number(longest))
        assert made.max_rows == (200 if kind == "rows" else 0)
    assert "| `max_rows` | rows of a table | 200 |" in CATALOGUE.read_text("utf-8")


def test_holder_kinds() -> None:
    rows = [tuple(row) for row in table(CATALOGUE, "holder-kinds")]
    assert rows == [(kind.code, kind.name, kind.category.value) for kind in HOLDER_KINDS.values()]


def test_coverage_of_the_shipped_font() -> None:
    page = DOCS / "how-to" / "fonts.md"
    printed = set(hb.Face(hb.Blob(shipped_font())).unicodes)
    assert f"{len(printed):,} characters" in page.read_text("utf-8")
    standard = {ord(c) for c in "".join((ROOT / "fixtures/vectors/fonts/tgh-2013.txt").read_text("utf-8").split())}
    for name, total, count in table(page, "coverage"):
        block = re.search(r"U\+([0-9A-F]+)–([0-9A-F]+)", name)
        wanted = set(range(int(block[1], 16), int(block[2], 16) + 1)) if block else standard
        assert (number(total), number(count)) == (len(wanted), len(wanted & printed)), name


def test_errors() -> None:
    page = DOCS / "how-to" / "issue-from-an-approval-system.md"
    store = [problem_of(StoreUnavailableError(code)).row for code in ("STORE_BUSY", "STORE_UNWRITABLE")]
    known = {(row.http_status, row.exit_code, row.code) for row in (*ROWS, *store, INTERNAL)}
    told = {(int(status), int(code), name) for status, code, name, _ in table(page, "errors")}
    assert told <= known
    assert {row[0] for row in table(page, "field-codes")} <= FAULTS.keys()


def test_sentences_for_the_counter() -> None:
    five = tables(DOCS / "how-to" / "verify-at-a-counter.md", "reasons")
    outcomes = (Outcome.PASSED, Outcome.INDETERMINATE, Outcome.FAILED, Outcome.FAILED, Outcome.INDETERMINATE)
    for rows, outcome in zip(five, outcomes, strict=True):
        for code, sentence in rows:
            assert (REASONS[code].sentence.zh, REASONS[code].outcome) == (sentence, outcome)
