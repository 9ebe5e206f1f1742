"""GB/T 36904 identifiers: published and fictional vectors, and every single slip of the pen."""

import json
import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences import InvalidIdentifierError, check_character, make_identifier, parse_identifier

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TYPE_CODE = "11990000000001011Q001"
ISSUER = "1199010000000102XM"
VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/vectors/licences/identifiers.json").read_text("utf-8"))[
    "vectors"
]

serials = st.text(ALPHABET, min_size=1, max_size=32)
versions = st.integers(0, 999).map("{:03d}".format)


def is_checked(body_and_check: str) -> bool:
    """ISO 7064 clause on hybrid systems, as a checker states it: the last partial sum is congruent to 1 mod 36."""
    product = 36
    for character in body_and_check[:-1]:
        total = product + int(character, 36)
        product = (total % 36 or 36) * 2 % 37
    return (product + int(body_and_check[-1], 36)) % 36 == 1


def text_of(vector: dict[str, str]) -> str:
    parts = ("type_code", "issuer_code", "serial", "version", "check")
    return ".".join(["1.2.156.3005.2", *(vector[part] for part in parts)])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vectors(vector: dict[str, str]) -> None:
    text = text_of(vector)
    if vector["expect"] == "accepted":
        identifier = parse_identifier(text)
        assert {part: getattr(identifier, part) for part in ("type_code", "issuer_code", "serial", "version")} == {
            part: vector[part] for part in ("type_code", "issuer_code", "serial", "version")
        }
        assert str(identifier) == text
        return
    with pytest.raises(InvalidIdentifierError) as caught:
        parse_identifier(text)
    assert caught.value.code == vector["expect"]


def test_check_of_the_region_code_sample() -> None:
    assert check_character("11100000MB03271699022" + "340100" + "000000016" + "001") == "9"


@given(serials, versions)
def test_an_independent_checker_agrees(serial: str, version: str) -> None:
    body = TYPE_CODE + ISSUER + serial + version
    assert [check for check in ALPHABET if is_checked(body + check)] == [check_character(body)]


@given(st.data(), serials, versions)
def test_one_changed_character_is_refused(data: st.DataObject, serial: str, version: str) -> None:
    check = check_character(TYPE_CODE + ISSUER + serial + version)
    text = f"1.2.156.3005.2.{TYPE_CODE}.{ISSUER}.{serial}.{version}.{check}"
    position = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters() | st.sampled_from(ALPHABET + "."))
    changed = text[:position] + character + text[position + 1 :]
    if changed != text:
        with pytest.raises(InvalidIdentifierError):
            parse_identifier(changed)


@given(st.text() | st.text(alphabet=ALPHABET + "."))
def test_any_text_is_an_identifier_or_refused(text: str) -> None:
    try:
        assert str(parse_identifier(text)) == text
    except InvalidIdentifierError as error:
        assert error.code in {"IDENTIFIER_MALFORMED", "IDENTIFIER_CHECK"}  # noqa: PT017 - other errors must escape


def test_a_line_feed_at_the_end_is_refused() -> None:
    text = make_identifier(TYPE_CODE, ISSUER, secrets.token_bytes)
    with pytest.raises(InvalidIdentifierError):
        parse_identifier(text + "\n")


@given(st.binary(min_size=32, max_size=32))
def test_a_made_identifier_reads_back(noise: bytes) -> None:
    def random(count: int) -> bytes:
        assert count == len(noise)
        return noise

    identifier = parse_identifier(make_identifier(TYPE_CODE, ISSUER, random))
    assert (identifier.type_code, identifier.issuer_code, identifier.version) == (TYPE_CODE, ISSUER, "001")
    assert len(identifier.serial) == 20


def test_serials_differ_and_use_the_whole_alphabet() -> None:
    serials = {parse_identifier(make_identifier(TYPE_CODE, ISSUER, secrets.token_bytes)).serial for _ in range(200)}
    assert len(serials) == 200
    assert set("".join(serials)) == set(ALPHABET)


@pytest.mark.parametrize(
    ("type_code", "issuer", "version"),
    [("", ISSUER, "001"), (TYPE_CODE, "990101", "001"), (TYPE_CODE, ISSUER, "1"), (TYPE_CODE, ISSUER.lower(), "001")],
)
def test_no_identifier_is_made_of_wrong_parts(type_code: str, issuer: str, version: str) -> None:
    with pytest.raises(InvalidIdentifierError):
        make_identifier(type_code, issuer, secrets.token_bytes, version)
