"""The code: exactly one text for each signed statement, and nothing else passes."""

import base64
import os
from datetime import date, timedelta

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import (
    CodeClaims,
    MalformedError,
    extract_code,
    holder_check_value,
    normal_holder_code,
    normal_name,
    read_code,
    sign_code,
)
from esign.qr import MAX_CODE_CHARACTERS
from keys import BadSignatureError, DevelopmentPki, key_identifier

CLAIMS = CodeClaims(
    key_id=b"12345678",
    identifier="1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4",
    valid_from=date(2026, 3, 2),
    valid_to=date(2031, 3, 1),
    status_list=1,
    status_index=1_048_575,
    holder_check=0xFFFFF,
    salt=b"saltsalt",
    digest=bytes(range(32)),
)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@pytest.fixture(params=["sm2", "rsa"])
def pki(request: pytest.FixtureRequest, pkis: dict[str, DevelopmentPki]) -> DevelopmentPki:
    return pkis[request.param]


def test_round_trip(pki: DevelopmentPki) -> None:
    code = sign_code(CLAIMS, pki.code)
    assert set(code) <= set(ALPHABET)
    signed = read_code(code)
    assert signed.claims == CLAIMS
    signed.verify(pki.code.public_key)
    assert len(key_identifier(pki.code.public_key, pki.code.algorithm.digest)) == len(CLAIMS.key_id)


def test_a_code_of_another_key_does_not_verify(pki: DevelopmentPki, pkis: dict[str, DevelopmentPki]) -> None:
    signed = read_code(sign_code(CLAIMS, pki.code))
    for other in (pki.seal, pkis["sm2" if pki.family == "rsa" else "rsa"].code):
        with pytest.raises(BadSignatureError):
            signed.verify(other.public_key)


def test_case_is_folded_and_the_address_is_optional(pki: DevelopmentPki) -> None:
    code = sign_code(CLAIMS, pki.code)
    for text in (code.lower(), f"http://127.0.0.1:8000/V/{code}", f"https://x.example/v/{code.lower()}", f" {code}\n"):
        assert extract_code(text) == code
        assert read_code(text).claims == CLAIMS


def test_a_change_of_any_character_is_noticed(pki: DevelopmentPki) -> None:
    code = sign_code(CLAIMS, pki.code)
    for place, character in enumerate(code):
        other = ALPHABET[(ALPHABET.index(character) + 1) % 32]
        with pytest.raises((MalformedError, BadSignatureError)):
            read_code(code[:place] + other + code[place + 1 :]).verify(pki.code.public_key)


def test_only_one_text(pki: DevelopmentPki) -> None:
    code = sign_code(CLAIMS, pki.code)
    for text in (code + "=", code + "A", code[:-1], "A" + code, code[:10] + " " + code[10:], code.replace("A", "Ａ")):
        with pytest.raises(MalformedError, match="FORMAT_CODE"):
            read_code(text).verify(pki.code.public_key)


def test_the_other_signature_of_ecdsa_is_refused(pkis: dict[str, DevelopmentPki]) -> None:
    """(r, n-s) verifies like (r, s): a second text for the same code, unless one of them is refused."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signer = pkis["rsa"].code
    for _ in range(8):
        text = sign_code(CLAIMS, signer)
        token = base64.b32decode(text + "=" * (-len(text) % 8))
        s = int.from_bytes(token[-32:], "big")
        assert s <= order // 2
        other = token[:-32] + (order - s).to_bytes(32, "big")
        with pytest.raises(BadSignatureError):
            read_code(base64.b32encode(other).decode().rstrip("=")).verify(signer.public_key)


def test_unused_bits_must_be_zero() -> None:
    with pytest.raises(MalformedError, match="only form"):
        read_code("A" * 161 + "B")  # the last of the two unused bits is set


def test_other_encodings_of_the_same_claims(pki: DevelopmentPki) -> None:
    token = base64.b32decode((text := sign_code(CLAIMS, pki.code)) + "=" * (-len(text) % 8))
    payload, signature = token[:-64], token[-64:]
    items = cbor2.loads(payload)
    unsorted = cbor2.dumps(dict(reversed(items.items())))
    extended = cbor2.dumps(items | {99: "x"}, canonical=True)
    for other in (unsorted, extended):
        with pytest.raises(MalformedError, match="FORMAT_CODE"):
            read_code(base64.b32encode(other + signature).decode().rstrip("="))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (1, 2), (2, b"short"), (2, "12345678"), (3, "x"), (3, "a-b" * 20), (3, 7), (4, "x"), (4, 10**9), (4, True),
        (5, None), (6, 1.5), (6, -5), (7, 2**40), (8, -1), (8, 2**20), (8, b""), (9, b""), (10, bytes(31)),
    ],
)  # fmt: skip
def test_wrong_entries(key: int, value: object, pki: DevelopmentPki) -> None:
    token = base64.b32decode((text := sign_code(CLAIMS, pki.code)) + "=" * (-len(text) % 8))
    items = cbor2.loads(token[:-64]) | {key: value}
    with pytest.raises(MalformedError, match="FORMAT_CODE"):
        read_code(base64.b32encode(cbor2.dumps(items, canonical=True) + token[-64:]).decode().rstrip("="))


@pytest.mark.parametrize("s", [0, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551, 2**256 - 1])
def test_a_signature_out_of_range(s: int, pkis: dict[str, DevelopmentPki]) -> None:
    text = sign_code(CLAIMS, pkis["rsa"].code)
    token = base64.b32decode(text + "=" * (-len(text) % 8))
    other = base64.b32encode(token[:-32] + s.to_bytes(32, "big")).decode().rstrip("=")
    for pki in pkis.values():
        with pytest.raises(BadSignatureError):
            read_code(other).verify(pki.code.public_key)


@pytest.mark.parametrize(
    "text", ["", "   ", "0189", "https://example.invalid/", "A" * (MAX_CODE_CHARACTERS + 1), "编号"]
)
def test_something_else(text: str) -> None:
    with pytest.raises(MalformedError, match="FORMAT_CODE"):
        read_code(text)


@given(st.binary(max_size=200))
def test_no_other_exception_escapes(token: bytes) -> None:
    with pytest.raises(MalformedError):
        read_code(base64.b32encode(token).decode().rstrip("="))


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**20 - 1),
    st.dates(),
    st.none() | st.dates(),
    st.binary(min_size=8, max_size=8),
)
def test_every_claim_survives(
    pkis: dict[str, DevelopmentPki], index: int, check: int, start: date, end: date | None, salt: bytes
) -> None:
    claims = CodeClaims(
        key_id=salt, identifier=CLAIMS.identifier, valid_from=start, valid_to=end, status_list=1, status_index=index,
        holder_check=check, salt=salt, digest=CLAIMS.digest,
    )  # fmt: skip
    assert read_code(sign_code(claims, pkis["sm2"].code)).claims == claims


class TestHolderCheck:
    def test_it_has_twenty_bits_and_depends_on_everything(self) -> None:
        value = holder_check_value(b"saltsalt", "张三", "990101199003071237")
        assert 0 <= value < 2**20
        others = {
            holder_check_value(b"saltsalx", "张三", "990101199003071237"),
            holder_check_value(b"saltsalt", "张四", "990101199003071237"),
            holder_check_value(b"saltsalt", "张三", "990101199003071229"),
        }
        assert value not in others

    def test_the_same_name_typed_in_other_ways(self) -> None:
        salt = os.urandom(8)
        expected = holder_check_value(salt, "阿卜·杜拉 ABC有限公司", "99010119900307123X")
        for name in ("阿卜•杜拉ABC有限公司", "阿卜・杜拉 ＡＢＣ有限公司", "阿卜‧杜拉 abc 有限公司"):
            assert holder_check_value(salt, name, "99010119900307123x") == expected

    def test_the_same_number_typed_in_other_ways(self) -> None:
        """The standard's own example (GB 11643), as printed before 1999, today, and by an input method."""
        for code in ("440524188001010014", "４４０５２４１８８００１０１００１４", " 440524 18800101 0014 "):
            assert normal_holder_code(code) == "440524188001010014"
        assert normal_holder_code("990101900307123") == "990101199003071237"
        assert normal_holder_code("11010519491231002x") == "11010519491231002X"
        assert normal_holder_code("示例字 第12号") == "示例字第12号"

    def test_different_names_stay_different(self) -> None:
        assert normal_name("张三") != normal_name("张三丰")


def test_a_code_is_short_enough_for_its_place(pki: DevelopmentPki) -> None:
    """At 30 mm and 150 dpi a module needs 2.6 dots: 68 modules at the most, that is version 12."""
    from esign import code_modules

    far = CLAIMS.valid_from + timedelta(days=365_000)
    identifier = CLAIMS.identifier.replace("20260000001", "A" * 20)
    claims = CodeClaims(
        key_id=CLAIMS.key_id, identifier=identifier, valid_from=CLAIMS.valid_from, valid_to=far, status_list=1,
        status_index=CLAIMS.status_index, holder_check=CLAIMS.holder_check, salt=CLAIMS.salt, digest=CLAIMS.digest,
    )  # fmt: skip
    address = "https://zhengzhao.example-county.gov.cn/V/" + sign_code(claims, pki.code)
    assert len(code_modules(address)) <= 65


@given(st.text("23456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=1, max_size=60))
def test_what_is_too_short_is_told_so_whatever_it_says(text: str) -> None:
    with pytest.raises(MalformedError, match="has not the length of a code"):
        read_code(text)
