"""XML in the encodings that products write: read where it is what it says, refused where readers could differ."""

from __future__ import annotations

import pytest

from esign import MalformedError
from esign.ofd_document import read_documents
from esign.ofd_encoding import to_utf_8
from esign.ofd_paths import OfdFiles
from esign.ofd_xml import check_xml, parse_xml

TEXT = '<?xml version="1.0" encoding="{}"?>\n<a b="样例">电子证照，样例县行政审批局</a>'


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("UTF8", "utf-8"),
        ("UTF-16", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("UTF-16BE", "utf-16-be"),
        ("GBK", "gbk"),
        ("gb2312", "gb2312"),
        ("GB2312", "gbk"),
        ("GB18030", "gb18030"),
        ("cp936", "gbk"),
    ],
)
def test_xml_in_the_encodings_of_products(declared: str, codec: str) -> None:
    data = TEXT.format(declared).encode(codec)
    root = parse_xml(data, "x.xml")
    assert (root.attributes, root.text) == ({"b": "样例"}, "电子证照，样例县行政审批局")
    check_xml(data, "x.xml")


def test_letters_of_gb_18030_that_gbk_has_not() -> None:
    data = "<?xml version = '1.0' encoding = 'gb18030' standalone=\"yes\"?><a>㐀𠀀ö</a>".encode("gb18030")
    assert parse_xml(data, "x.xml").text == "㐀𠀀ö"


def test_a_few_letters_of_gbk_that_happen_to_be_utf_8() -> None:
    """Two letters that are two of another script in UTF-8, and the same signs of XML."""
    data = '<?xml version="1.0" encoding="GBK"?><a>小校</a>'.encode("gbk")
    assert data.decode("utf-8") != data.decode("gbk")
    assert parse_xml(data, "x.xml").text == "小校"


LYING = {
    "GBK, and is UTF-8 of which GBK makes letters, too": '<?xml version="1.0" encoding="GBK"?><a>样例</a>'.encode(),
    "GBK, and is UTF-8": TEXT.format("GBK").encode(),
    "GB18030, and is UTF-8 with a mark": TEXT.format("GB18030").encode("utf-8-sig"),
    "UTF-8, and is GBK": TEXT.format("UTF-8").encode("gbk"),
    "nothing, and is GBK": TEXT.replace('encoding="{}"', "").encode("gbk"),
    "ISO 8859-1, and is UTF-8": TEXT.format("ISO-8859-1").encode(),
    "ASCII, and is GBK": TEXT.format("US-ASCII").encode("gbk"),
    "UTF-16, and is UTF-8": TEXT.format("UTF-16").encode(),
    "UTF-8, and is UTF-16": TEXT.format("UTF-8").encode("utf-16"),
    "GBK, and is UTF-16": TEXT.format("GBK").encode("utf-16"),
    "GBK, and has half a letter": TEXT.format("GBK").encode("gbk").replace(b"</a>", b"\xd6</a>"),
    "GBK, and has the Euro of one byte": TEXT.format("GBK").encode("gbk").replace(b"</a>", b"\x80</a>"),
    "an encoding that is not read": TEXT.format("Big5").encode("gbk"),
    "UTF-32": TEXT.format("UTF-32").encode("utf-32"),
    "half of a pair in UTF-16": TEXT.format("UTF-16").encode("utf-16") + b"\x00\xd8",
    "two marks": "\ufeff".encode() + TEXT.format("UTF-8").encode("utf-8-sig"),
    "two marks of UTF-16": ("\ufeff" + TEXT.format("UTF-16")).encode("utf-16"),
    "declared where few look": ("<?xml version='1.0'" + " " * 300 + "encoding='GBK'?><a>样</a>").encode("gbk"),
    "declared where few look, and is UTF-8": ("<?xml version='1.0'" + " " * 300 + "encoding='GBK'?><a>样</a>").encode(),
}


@pytest.mark.parametrize("name", sorted(LYING))
def test_an_encoding_that_is_not_the_one_declared(name: str) -> None:
    for read in (parse_xml, check_xml):
        with pytest.raises(MalformedError) as caught:
            read(LYING[name], "x.xml")
        assert caught.value.code == "FORMAT_OFD"


def test_why_utf_8_is_not_read_as_gbk() -> None:
    """An odd number of bytes takes a sign of XML into the last letter: the two readings have other elements."""
    data = '<?xml version="1.0" encoding="GBK"?><a><![CDATA[样]]><b/><![CDATA[]]></a>'.encode()
    as_gbk = data.decode("gbk").replace("GBK", "UTF-8").encode()
    as_utf_8 = data.replace(b"GBK", b"UTF-8")
    assert [len(parse_xml(one, "x").children) for one in (as_gbk, as_utf_8)] == [0, 1]
    with pytest.raises(MalformedError):
        to_utf_8(data, "x.xml")


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_pages_with_resources_of_their_own_in_another_encoding(encoding: str) -> None:
    """Whether a page has any is first asked of its bytes."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    page = f"{head}<Page><PageRes>附件.xml</PageRes><Content/></Page>".encode(encoding)
    files = {
        "OFD.xml": b"<OFD><DocBody><DocRoot>D.xml</DocRoot></DocBody></OFD>",
        "D.xml": b'<Document><Pages><Page ID="1" BaseLoc="P.xml"/></Pages></Document>',
        "P.xml": page,
        "附件.xml": b"<Res/>",
    }
    (found,) = read_documents(OfdFiles(files))
    assert found.page_resources == (("P.xml", "附件.xml"),)
