from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core, x509
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import DerReader, MalformedDerError, der

READERS = (
    "element", "read_raw", "read_sequence", "read_set", "read_boolean", "read_integer", "read_oid",
    "read_octet_string", "read_bit_string", "read_null", "read_time",
)  # fmt: skip
ARCS = st.tuples(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**128), max_size=3)).map(
    lambda parts: ".".join(map(str, (parts[0], parts[1], *parts[2])))
)


def _all(reader: DerReader) -> list[bytes]:
    items = []
    while not reader.at_end:
        items.append(reader.read_raw())
    return items


@given(st.integers(-(2**600), 2**600))
def test_integers_come_back_and_agree_with_asn1crypto(number: int) -> None:
    encoded = der.integer(number)
    assert DerReader(encoded).read_integer() == number
    assert encoded == core.Integer(number).dump()


@given(ARCS)
def test_object_identifiers_come_back_and_agree_with_asn1crypto(dotted: str) -> None:
    encoded = der.oid(dotted)
    assert DerReader(encoded).read_oid() == dotted
    assert encoded == core.ObjectIdentifier(dotted).dump()


@pytest.mark.parametrize("dotted", ["1", "3.1", "1.40", "0.40.1", "1.-2", "2.5." + "9" * 200])
def test_what_is_no_object_identifier_is_not_written(dotted: str) -> None:
    with pytest.raises(ValueError, match="object identifier"):
        der.oid(dotted)


def test_second_arc_under_2_may_be_large() -> None:
    assert DerReader(der.oid("2.999.3")).read_oid() == "2.999.3"


@given(st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 30)), st.integers(-720, 720))
def test_times_come_back_and_agree_with_asn1crypto(naive: datetime, minutes: int) -> None:
    moment = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    if moment.astimezone(UTC).year < 1950:
        moment += timedelta(days=1)
    encoded = der.time(moment)
    assert DerReader(encoded).read_time() == moment
    assert x509.Time.load(encoded).native == moment


def test_times_change_form_in_2050() -> None:
    assert der.time(datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)) == b"\x17\x0d491231235959Z"
    assert der.time(datetime(2050, 1, 1, tzinfo=UTC)) == b"\x18\x0f20500101000000Z"
    with pytest.raises(ValueError, match="offset"):
        der.time(datetime(2026, 1, 1))


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_strings_and_nesting_come_back(contents: list[bytes]) -> None:
    encoded = der.sequence(
        *map(der.octet_string, contents), der.context(3, der.bit_string(b"".join(contents))), der.null()
    )
    outer = DerReader(encoded)
    reader = outer.read_sequence()
    outer.finish()
    assert [reader.read_octet_string() for _ in contents] == contents
    assert reader.peek() == 0xA3
    inner = DerReader(reader.read(0xA3))
    assert inner.read_bit_string() == b"".join(contents)
    inner.finish()
    reader.read_null()
    reader.finish()
    assert reader.peek() is None


@given(st.lists(st.binary(max_size=8), max_size=6))
def test_sets_are_ordered(contents: list[bytes]) -> None:
    items = [der.octet_string(content) for content in contents]
    assert _all(DerReader(der.set_of(*items)).read_set()) == sorted(items)
    if items != sorted(items):
        with pytest.raises(MalformedDerError):
            DerReader(der.tlv(der.SET, *items)).read_set()


@pytest.mark.parametrize("value", [True, False])
def test_booleans_come_back(value: bool) -> None:
    assert DerReader(der.boolean(value)).read_boolean() is value


def test_an_element_keeps_its_bytes() -> None:
    element = DerReader(der.utf8_string("证照") + b"rest").element()
    assert (element.tag, element.content, element.raw) == (0x0C, "证照".encode(), b"\x0c\x06" + "证照".encode())


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65535, 65536])
def test_lengths_are_minimal(size: int) -> None:
    encoded = der.octet_string(bytes(size))
    assert encoded == core.OctetString(bytes(size)).dump()
    assert DerReader(encoded).read_octet_string() == bytes(size)


@pytest.mark.parametrize(
    ("data", "reader"),
    [
        pytest.param("", "element", id="nothing"),
        pytest.param("30", "element", id="no length"),
        pytest.param("3001", "element", id="cut short"),
        pytest.param("3080", "element", id="indefinite length"),
        pytest.param("30800000", "element", id="indefinite length with end"),
        pytest.param("0000", "element", id="end of contents"),
        pytest.param("1f8101", "element", id="long tag"),
        pytest.param("bf8101", "element", id="long context tag"),
        pytest.param("04810100", "element", id="long form for a short length"),
        pytest.param("0482008000" + "00" * 127, "element", id="leading zero in the length"),
        pytest.param("0485000000000100", "element", id="length of five bytes"),
        pytest.param("0484ffffffff00", "element", id="length of 4 GiB"),
        pytest.param("048200", "element", id="cut inside the length"),
        pytest.param("04ff", "element", id="reserved length"),
        pytest.param("0200", "read_integer", id="integer empty"),
        pytest.param("02020001", "read_integer", id="integer with zero in front"),
        pytest.param("0202ffff", "read_integer", id="negative integer too long"),
        pytest.param("220102", "read_integer", id="integer constructed"),
        pytest.param("0600", "read_oid", id="object identifier empty"),
        pytest.param("06022a80", "read_oid", id="object identifier unfinished"),
        pytest.param("06032a8001", "read_oid", id="arc with zero in front"),
        pytest.param("0641" + "01" * 65, "read_oid", id="object identifier too long"),
        pytest.param("010101", "read_boolean", id="boolean true as 01"),
        pytest.param("0102ffff", "read_boolean", id="boolean of two bytes"),
        pytest.param("0100", "read_boolean", id="boolean empty"),
        pytest.param("050100", "read_null", id="null with content"),
        pytest.param("0300", "read_bit_string", id="bit string empty"),
        pytest.param("030201fe", "read_bit_string", id="unused bits"),
        pytest.param("230403020001", "read_bit_string", id="bit string constructed"),
        pytest.param("2404040201ff", "read_octet_string", id="octet string constructed"),
        pytest.param("170b323631313231303933305a", "read_time", id="no seconds"),
        pytest.param("1711323631313231303933303030" + "2b30383030", "read_time", id="offset instead of Z"),
        pytest.param("170d323631333231303933303030" + "5a", "read_time", id="month 13"),
        pytest.param("170d323630323330303933303030" + "5a", "read_time", id="30 February"),
        pytest.param("170d323631313231303933303630" + "5a", "read_time", id="second 60"),
        pytest.param("170d2b36313132313039333030305a", "read_time", id="sign for a digit"),
        pytest.param("1811323032363131323130393330" + "30302e355a", "read_time", id="fraction"),
        pytest.param("180f303030303131323130393330" + "30305a", "read_time", id="year 0"),
        pytest.param("040d323631313231303933303030" + "5a", "read_time", id="time in an octet string"),
        pytest.param("0400", "read_sequence", id="other tag"),
    ],
)
def test_what_is_not_der_is_refused(data: str, reader: str) -> None:
    with pytest.raises(MalformedDerError):
        getattr(DerReader(bytes.fromhex(data)), reader)()


def test_leftovers_are_refused() -> None:
    reader = DerReader(der.null() + b"\x00")
    reader.read_null()
    with pytest.raises(MalformedDerError):
        reader.finish()


def test_a_reader_has_a_size_limit() -> None:
    with pytest.raises(MalformedDerError):
        DerReader(bytes(der.MAX_SIZE + 1))


def test_the_writer_refuses_what_the_reader_refuses() -> None:
    for tag in (0, 0x1F, 0xBF, 0x100):
        with pytest.raises(ValueError, match="single-byte"):
            der.tlv(tag)
    with pytest.raises(ValueError, match="single-byte"):
        der.context(31)
    with pytest.raises(ValueError, match="PrintableString"):
        der.printable_string("a@b")


@settings(max_examples=1000)
@given(st.binary(max_size=40), st.sampled_from(READERS))
def test_any_bytes_give_a_value_or_our_error(data: bytes, name: str) -> None:
    reader = DerReader(data)
    try:
        getattr(reader, name)()
    except MalformedDerError:
        return
    assert len(data) >= 2


@settings(max_examples=1000)
@given(st.sampled_from([1, 2, 3, 4, 5, 6, 0x17, 0x18]), st.binary(max_size=20))
def test_there_is_one_encoding_of_each_value(tag: int, content: bytes) -> None:
    """What can be read is what the writer writes, so two different files never mean the same."""
    data = bytes((tag, len(content))) + content
    reader = DerReader(data)
    try:
        if tag == 1:
            written = der.boolean(reader.read_boolean())
        elif tag == 2:
            written = der.integer(reader.read_integer())
        elif tag == 3:
            written = der.bit_string(reader.read_bit_string())
        elif tag == 4:
            written = der.octet_string(reader.read_octet_string())
        elif tag == 5:
            reader.read_null()
            written = der.null()
        elif tag == 6:
            written = der.oid(reader.read_oid())
        else:
            moment = reader.read_time()
            written = der.time(moment) if tag == 0x17 or moment.year >= 2050 else data
    except MalformedDerError:
        return
    assert written == data
