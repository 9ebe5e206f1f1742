"""Attacks on signed PDFs of others that add to the file or change it: the signature itself stays as it is.

The classes are those of the published attacks: incremental saving, annotations and signatures in certified documents,
shadows that were prepared before the signature, exchanged dictionaries. Each has the reason that must be said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from verify_test_attack_files import (
    CATALOGUE,
    CONTENT,
    FIELD,
    FIRST_FREE,
    FONT,
    FORM,
    HIDDEN_CONTENT,
    HIDDEN_PAGE,
    INFO,
    LAYERS,
    LOOK,
    PAGE,
    PAGES,
    PICTURE,
    SECOND_PAGE,
    TO_UNICODE,
    Signing,
    approved,
    by,
    certified_at,
    drawing,
    locked,
    looking_up,
    objects,
    packed,
    page,
    pki_of,
    plain,
    signed,
    signer,
    size_of,
    startxref,
    stream,
    trailer,
    updated,
)

CHANGED = "CHANGED_AFTER_SIGNING"
BROKEN = "FORMAT_PDF"


@dataclass(frozen=True)
class Attack:
    """One file that must not pass."""

    kind: str
    variant: str
    reason: str
    make: Callable[[], bytes]

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.variant}".replace(" ", "-")


OTHER_TEXT = stream(b"BT /F 30 Tf 72 700 Td (pay 999) Tj ET")
COVER = stream(
    b"1 g 0 0 400 100 re f BT /F 30 Tf 5 5 Td (pay 999) Tj ET",
    b"/Subtype/Form/BBox[0 0 400 100]/Resources<</Font<</F 6 0 R>>>>",
)
SIGNED_PAGE = page(CONTENT, b"/Annots[7 0 R %d 0 R]" % FIRST_FREE)
SIGNED_FORM = b"<</Fields[7 0 R %d 0 R]/DR<</Font<</F 6 0 R>>>>/SigFlags 3>>" % FIRST_FREE


def _annotated(level: int | None, annotation: bytes) -> bytes:
    pdf = approved() if level is None else certified_at(level)
    return updated(
        pdf,
        {
            PAGE: SIGNED_PAGE[:-3].replace(
                b"/Annots[7 0 R %d 0 R" % FIRST_FREE, b"/Annots[7 0 R %d 0 R 60 0 R" % FIRST_FREE
            )
            + b"]>>",
            60: annotation,
            61: COVER,
        },
    )


ANNOTATIONS = {
    "free text": (
        b"<</Type/Annot/Subtype/FreeText/Rect[72 690 400 740]/Contents(pay 999)/DA(/Helv 30 Tf)/AP<</N 61 0 R>>>>"
    ),
    "stamp": b"<</Type/Annot/Subtype/Stamp/Rect[72 690 400 740]/AP<</N 61 0 R>>>>",
    "redaction": b"<</Type/Annot/Subtype/Redact/Rect[72 690 400 740]/AP<</N 61 0 R>>>>",
    "link": b"<</Type/Annot/Subtype/Link/Rect[72 690 400 740]/A<</S/URI/URI(https://example.invalid)>>>>",
}


def _more_signature(level: int | None, *, look: bytes | None = COVER, name: str = "company", **more: object) -> bytes:
    """A further field with a picture over the text, and a signature in it by somebody who is trusted, or not."""
    pdf = approved() if level is None else certified_at(level)
    how = Signing(
        by(signer("rsa", name)),
        field=b"Second",
        widget=60,
        value=61,
        others=(FIRST_FREE,),
        rect=b"[72 690 400 740]",
        look=look,
        **more,  # type: ignore[arg-type]
    )
    return signed(pdf, how)


def _unsigned_field(level: int | None) -> bytes:
    """A signature field with a picture, in which nothing is signed."""
    pdf = approved() if level is None else certified_at(level)
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Extra)/Rect[72 690 400 740]/P 3 0 R/F 4/AP<</N 61 0 R>>>>"
    bodies = {
        PAGE: page(CONTENT, b"/Annots[7 0 R %d 0 R 60 0 R]" % FIRST_FREE),
        FORM: b"<</Fields[7 0 R %d 0 R 60 0 R]/DR<</Font<</F 6 0 R>>>>/SigFlags 3>>" % FIRST_FREE,
    }
    return updated(pdf, {**bodies, 60: field, 61: COVER})


def _in_field(value: bytes, *, look: bytes | None = None, more: bytes = b"") -> dict[int, bytes]:
    body = objects()[FIELD].replace(b"/V(100)", b"/V(%s)" % value)
    changed = {FIELD: body[:-2] + more + b">>"}
    return changed if look is None else {**changed, LOOK: look}


def _tail(pdf: bytes, tail: bytes) -> bytes:
    return pdf + tail


def _hybrid() -> bytes:
    """An update whose table is empty and whose /XRefStm tells new readers of another content."""
    pdf = approved()
    inner = packed({CONTENT: OTHER_TEXT}, pdf, inside={})
    return inner + b"xref\n0 0\n" + trailer(pdf, len(inner), size_of(inner), b"/XRefStm %d" % startxref(inner))


def _loop() -> bytes:
    """An update whose table names itself as the one before."""
    pdf = updated(approved(), {CONTENT: OTHER_TEXT})
    before = pdf.rindex(b"/Prev ")
    here = b"/Prev %d" % startxref(pdf)
    end = pdf.index(b">>", before)
    return pdf[:before] + here + pdf[end:]


def _second_file() -> bytes:
    """Another document behind, whole, with places that fit."""
    pdf, other = approved(), objects() | {CONTENT: OTHER_TEXT}
    out, rows = pdf, b""
    for number in range(1, max(other) + 1):
        rows += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, other[number])
    size = max(other) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return out + table % (size, rows, size, len(out))


def _hidden_object() -> bytes:
    """A second state of the content inside what is signed: only readers that repair the file find it."""
    pdf = plain()
    table = startxref(pdf)
    other = b"%d 0 obj\n%s\nendobj\n" % (CONTENT, OTHER_TEXT)
    moved = pdf[:table] + other + pdf[table:].replace(b"startxref\n%d" % table, b"startxref\n%d" % (table + len(other)))
    return signed(moved, Signing(by(signer("rsa"))))


CONTENT_UPDATE = b"%d 0 obj\n%s\nendobj\n" % (CONTENT, OTHER_TEXT)

INCREMENTAL = (
    Attack("incremental saving", "content with a table", CHANGED, lambda: updated(approved(), {CONTENT: OTHER_TEXT})),
    Attack(
        "incremental saving",
        "content in an object stream",
        CHANGED,
        lambda: packed({}, approved(), inside={PAGE: page(HIDDEN_CONTENT, b"/Annots[7 0 R 30 0 R]")}),
    ),
    Attack(
        "incremental saving",
        "content with a stream of places",
        CHANGED,
        lambda: packed({CONTENT: OTHER_TEXT}, approved(), inside={}),
    ),
    Attack("incremental saving", "hybrid", CHANGED, _hybrid),
    Attack(
        "incremental saving",
        "trailer without a table",
        BROKEN,
        lambda: approved() + CONTENT_UPDATE + trailer(approved(), len(approved()), 50),
    ),
    Attack("incremental saving", "objects only", CHANGED, lambda: approved() + CONTENT_UPDATE),
    Attack("incremental saving", "objects and an end mark", CHANGED, lambda: approved() + CONTENT_UPDATE + b"%%EOF\n"),
    Attack(
        "incremental saving", "broken startxref", BROKEN, lambda: approved() + CONTENT_UPDATE + b"startxref\n7\n%%EOF\n"
    ),
    Attack(
        "incremental saving",
        "startxref without a number",
        CHANGED,
        lambda: approved() + CONTENT_UPDATE + b"startxref\n%%EOF\n",
    ),
    Attack(
        "incremental saving",
        "old startxref again",
        CHANGED,
        lambda: approved() + CONTENT_UPDATE + b"startxref\n%d\n%%%%EOF\n" % startxref(approved()),
    ),
    Attack(
        "incremental saving",
        "startxref in a comment",
        CHANGED,
        lambda: updated(approved(), {CONTENT: OTHER_TEXT}).replace(
            b"\nstartxref\n%d" % startxref(updated(approved(), {CONTENT: OTHER_TEXT})),
            b"\n%%startxref %d" % startxref(updated(approved(), {CONTENT: OTHER_TEXT})),
        ),
    ),
    Attack(
        "incremental saving",
        "no end mark",
        CHANGED,
        lambda: updated(approved(), {CONTENT: OTHER_TEXT}).removesuffix(b"%%EOF\n"),
    ),
    Attack("incremental saving", "loop of tables", BROKEN, _loop),
    Attack("incremental saving", "bytes behind the end", CHANGED, lambda: approved() + b"garbage"),
    Attack("incremental saving", "comment behind the end", CHANGED, lambda: approved() + b"% a remark\n"),
    Attack("incremental saving", "the file twice", CHANGED, lambda: approved() + approved()),
    Attack("incremental saving", "another document behind", "SEAL_MISSING", _second_file),
    Attack(
        "incremental saving",
        "an update that changes nothing",
        CHANGED,
        lambda: updated(approved(), {70: b"<</Type/Nothing>>"}),
    ),
)

PAGES_CHANGED = (
    Attack(
        "pages",
        "page added",
        CHANGED,
        lambda: updated(
            approved(), {PAGES: b"<</Type/Pages/Kids[3 0 R 4 0 R 60 0 R]/Count 3>>", 60: page(HIDDEN_CONTENT)}
        ),
    ),
    Attack(
        "pages", "page removed", CHANGED, lambda: updated(approved(), {PAGES: b"<</Type/Pages/Kids[3 0 R]/Count 1>>"})
    ),
    Attack(
        "pages",
        "pages exchanged",
        CHANGED,
        lambda: updated(approved(), {PAGES: b"<</Type/Pages/Kids[4 0 R 3 0 R]/Count 2>>"}),
    ),
    Attack(
        "pages",
        "page shown twice",
        CHANGED,
        lambda: updated(approved(), {PAGES: b"<</Type/Pages/Kids[3 0 R 4 0 R 4 0 R]/Count 3>>"}),
    ),
    Attack(
        "pages",
        "circular tree",
        CHANGED,
        lambda: updated(approved(), {PAGES: b"<</Type/Pages/Kids[3 0 R 2 0 R 4 0 R]/Count 2>>"}),
    ),
    Attack(
        "pages",
        "page turned",
        CHANGED,
        lambda: updated(approved(), {SECOND_PAGE: objects()[SECOND_PAGE][:-2] + b"/Rotate 180>>"}),
    ),
    Attack(
        "pages",
        "page cropped",
        CHANGED,
        lambda: updated(approved(), {PAGE: SIGNED_PAGE[:-2] + b"/CropBox[0 0 50 50]>>"}),
    ),
    Attack(
        "pages",
        "action on opening",
        CHANGED,
        lambda: updated(
            approved(), {CATALOGUE: objects()[CATALOGUE][:-2] + b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"}
        ),
    ),
    Attack(
        "pages",
        "page labels",
        CHANGED,
        lambda: updated(approved(), {CATALOGUE: objects()[CATALOGUE][:-2] + b"/PageLabels<</Nums[0<</P(9-)>>]>>>>"}),
    ),
)

SHADOW = (
    Attack("shadow", "form value", CHANGED, lambda: updated(approved(), _in_field(b"999", look=drawing(b"999")))),
    Attack("shadow", "form value, look unchanged", CHANGED, lambda: updated(approved(), _in_field(b"999"))),
    Attack("shadow", "look of a form field", CHANGED, lambda: updated(approved(), {LOOK: drawing(b"999")})),
    Attack(
        "shadow",
        "default value",
        CHANGED,
        lambda: updated(approved(), {FIELD: objects()[FIELD].replace(b"/DV(100)", b"/DV(999)")}),
    ),
    Attack(
        "shadow",
        "default value in a certified form",
        CHANGED,
        lambda: updated(certified_at(2), {FIELD: objects()[FIELD].replace(b"/DV(100)", b"/DV(999)")}),
    ),
    Attack(
        "shadow",
        "form field moved",
        CHANGED,
        lambda: updated(certified_at(2), {FIELD: objects()[FIELD].replace(b"[72 500 172 530]", b"[72 690 400 740]")}),
    ),
    Attack(
        "shadow",
        "another font",
        CHANGED,
        lambda: updated(approved(), {FONT: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"}),
    ),
    Attack(
        "shadow",
        "encoding of a font",
        CHANGED,
        lambda: updated(approved(), {FONT: objects()[FONT][:-2] + b"/Encoding<</Differences[48/nine/nine]>>>>"}),
    ),
    Attack("shadow", "ToUnicode", CHANGED, lambda: updated(approved(), {TO_UNICODE: looking_up(b"0039")})),
    Attack(
        "shadow",
        "layer switched on",
        CHANGED,
        lambda: updated(approved(), {LAYERS: b"<</OCGs[10 0 R]/D<</ON[10 0 R]>>>>"}),
    ),
    Attack(
        "shadow",
        "layer taken out",
        CHANGED,
        lambda: updated(approved(), {CATALOGUE: objects()[CATALOGUE].replace(b"/OCProperties 9 0 R", b"")}),
    ),
    Attack(
        "shadow",
        "tree of pages exchanged",
        CHANGED,
        lambda: updated(approved(), {CATALOGUE: objects()[CATALOGUE].replace(b"/Pages 2 0 R", b"/Pages 17 0 R")}),
    ),
    Attack(
        "shadow",
        "page exchanged for a hidden one",
        CHANGED,
        lambda: updated(approved(), {PAGES: b"<</Type/Pages/Kids[%d 0 R 4 0 R]/Count 2>>" % HIDDEN_PAGE}),
    ),
    Attack("shadow", "picture exchanged", CHANGED, lambda: updated(approved(), {PICTURE: drawing(b"999")})),
    Attack("shadow", "picture emptied", CHANGED, lambda: updated(approved(), {PICTURE: b"<</Type/Metadata>>"})),
    Attack("shadow", "picture freed", CHANGED, lambda: updated(approved(), {70: b"null"}, free=(PICTURE,))),
    Attack(
        "shadow",
        "XFA added",
        CHANGED,
        lambda: updated(
            approved(),
            {FORM: SIGNED_FORM[:-2] + b"/XFA 60 0 R>>", 60: stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")},
        ),
    ),
    Attack(
        "shadow",
        "looks to be made anew",
        CHANGED,
        lambda: updated(approved(), {FORM: SIGNED_FORM[:-2] + b"/NeedAppearances true>>"}),
    ),
    Attack("shadow", "object that only repairing readers find", BROKEN, _hidden_object),
    Attack(
        "shadow",
        "hidden in a further signature",
        CHANGED,
        lambda: signed(
            approved(),
            Signing(by(signer("rsa", "company")), field=b"Second", widget=60, value=61, others=(FIRST_FREE,)),
            {CONTENT: OTHER_TEXT},
        ),
    ),
)

CERTIFIED = (
    *(
        Attack(
            "annotation",
            f"{name} at level {level or 'none'}",
            CHANGED,
            lambda level=level, body=body: _annotated(level, body),
        )
        for level in (1, 2, 3, None)
        for name, body in ANNOTATIONS.items()
    ),
    *(
        Attack(
            "signature field",
            f"picture without a signature at level {level or 'none'}",
            CHANGED,
            lambda level=level: _unsigned_field(level),
        )
        for level in (1, 2, 3, None)
    ),
    *(
        Attack(
            "signature field",
            f"picture with a signature at level {level}",
            CHANGED,
            lambda level=level: _more_signature(level),
        )
        for level in (1, 2, 3)
    ),
    Attack("signature field", "unseen signature at level 1", CHANGED, lambda: _more_signature(1, look=None)),
    Attack(
        "signature field",
        "signed by a stranger",
        "CERTIFICATE_UNTRUSTED",
        lambda: _more_signature(None, name="other-seal"),
    ),
    Attack(
        "signature field",
        "a picture over the page",
        CHANGED,
        lambda: signed(
            approved(),
            Signing(
                by(signer("rsa", "company")),
                field=b"Second",
                widget=60,
                value=61,
                others=(FIRST_FREE,),
                rect=b"[0 0 595 842]",
                look=COVER,
            ),
        ),
    ),
    Attack(
        "signature field",
        "look of the signature exchanged",
        CHANGED,
        lambda: updated(
            signed(plain(), Signing(by(signer("rsa")), rect=b"[72 300 272 400]", look=drawing(b"A"))),
            {FIRST_FREE + 2: drawing(b"B")},
        ),
    ),
    Attack("signature field", "signature moved over the text", CHANGED, lambda: _moved()),
    Attack(
        "form", "value at level 1", CHANGED, lambda: updated(certified_at(1), _in_field(b"999", look=drawing(b"999")))
    ),
    Attack(
        "form",
        "locked value",
        CHANGED,
        lambda: updated(locked(b"/Action/All"), _in_field(b"999", look=drawing(b"999"))),
    ),
    Attack(
        "form",
        "value locked by name",
        CHANGED,
        lambda: updated(locked(b"/Action/Include/Fields[(amount)]"), _in_field(b"999")),
    ),
    Attack(
        "form",
        "value locked by exception",
        CHANGED,
        lambda: updated(locked(b"/Action/Exclude/Fields[(other)]"), _in_field(b"999")),
    ),
    Attack("form", "value of a field that is to be read only", CHANGED, lambda: _read_only()),
    Attack(
        "form", "field deleted", CHANGED, lambda: updated(certified_at(2), {FORM: SIGNED_FORM.replace(b"7 0 R ", b"")})
    ),
    Attack(
        "form",
        "field added",
        CHANGED,
        lambda: updated(
            certified_at(2),
            {FORM: SIGNED_FORM.replace(b"7 0 R ", b"7 0 R 60 0 R "), 60: objects()[FIELD].replace(b"amount", b"more")},
        ),
    ),
    Attack(
        "form",
        "field renamed",
        CHANGED,
        lambda: updated(certified_at(2), {FIELD: objects()[FIELD].replace(b"(amount)", b"(price)")}),
    ),
)


def _moved() -> bytes:
    pdf = signed(plain(), Signing(by(signer("rsa")), rect=b"[72 300 272 400]", look=drawing(b"A")))
    body = re.search(rb"%d 0 obj\n(<</Type/Annot.*?>>)\nendobj" % FIRST_FREE, pdf, re.DOTALL)
    assert body is not None
    return updated(pdf, {FIRST_FREE: body[1].replace(b"[72 300 272 400]", b"[72 690 400 740]")})


def _read_only() -> bytes:
    pdf = signed(plain(), Signing(by(signer("rsa")), level=2), {FIELD: objects()[FIELD][:-2] + b"/Ff 1>>"})
    return updated(pdf, _in_field(b"999", look=drawing(b"999"), more=b"/Ff 1"))


def _value_of(pdf: bytes) -> bytes:
    body = re.search(rb"%d 0 obj\n(<<.*?>>)\nendobj" % (FIRST_FREE + 1), pdf, re.DOTALL)
    assert body is not None
    return body[1]


def _dictionary(old: bytes, new: bytes) -> bytes:
    pdf = approved()
    value = _value_of(pdf)
    assert old in value
    return updated(pdf, {FIRST_FREE + 1: value.replace(old, new)})


def _recycled(*, visible: bool) -> bytes:
    """A further field whose value is the signature that is there already."""
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Again)/V %d 0 R/Rect%s/P 3 0 R/F 4%s>>" % (
        FIRST_FREE + 1,
        b"[72 690 400 740]" if visible else b"[0 0 0 0]",
        b"/AP<</N 61 0 R>>" if visible else b"",
    )
    bodies = {
        PAGE: page(CONTENT, b"/Annots[7 0 R %d 0 R 60 0 R]" % FIRST_FREE),
        FORM: b"<</Fields[7 0 R %d 0 R 60 0 R]/DR<</Font<</F 6 0 R>>>>/SigFlags 3>>" % FIRST_FREE,
        60: field,
    }
    return updated(approved(), bodies | ({61: COVER} if visible else {}))


def _store(entries: bytes, *, then: bytes = b"") -> bytes:
    pdf = updated(
        approved(),
        {CATALOGUE: objects()[CATALOGUE][:-2] + b"/DSS<</Type/DSS%s>>>>" % entries, 60: stream(pki_of("rsa").root.der)},
    )
    return pdf if not then else updated(pdf, {CATALOGUE: objects()[CATALOGUE][:-2] + then + b">>"})


DICTIONARIES = (
    Attack("dictionary", "reason exchanged", CHANGED, lambda: _dictionary(b"/Reason(approved)", b"/Reason(seen)")),
    Attack("dictionary", "name exchanged", CHANGED, lambda: _dictionary(b"/Name(Signer)", b"/Name(Mayor)")),
    Attack(
        "dictionary",
        "time added",
        CHANGED,
        lambda: _dictionary(b"/Filter/Adobe.PPKLite", b"/Filter/Adobe.PPKLite/M(D:20200101000000Z)"),
    ),
    Attack("dictionary", "place added", CHANGED, lambda: _dictionary(b"/Reason", b"/Location(Elsewhere)/Reason")),
    Attack(
        "dictionary",
        "another kind of signature",
        CHANGED,
        lambda: _dictionary(b"/ETSI.CAdES.detached", b"/adbe.pkcs7.detached"),
    ),
    Attack(
        "dictionary",
        "made a document timestamp",
        "SEAL_MISSING",
        lambda: _dictionary(b"/Type/Sig/Filter", b"/Type/DocTimeStamp/Filter"),
    ),
    Attack(
        "dictionary",
        "exchanged in place",
        "DIGEST_MISMATCH",
        lambda: approved().replace(b"/Name(Signer)", b"/Name(Mayor!)"),
    ),
    Attack("dictionary", "recycled signature", CHANGED, lambda: _recycled(visible=False)),
    Attack("dictionary", "recycled signature with a picture", CHANGED, lambda: _recycled(visible=True)),
    Attack(
        "dictionary", "signature deleted", "SEAL_MISSING", lambda: updated(approved(), {FORM: b"<</Fields[7 0 R]>>"})
    ),
    Attack(
        "dictionary",
        "signature emptied",
        "SEAL_MISSING",
        lambda: updated(
            approved(), {FIRST_FREE: b"<</Type/Annot/Subtype/Widget/FT/Sig/T(First)/Rect[0 0 0 0]/P 3 0 R/F 132>>"}
        ),
    ),
    Attack(
        "dictionary",
        "title exchanged",
        CHANGED,
        lambda: updated(approved(), {INFO: b"<</Producer(Other Product)/Title(Approval)>>"}),
    ),
    Attack("evidence", "store with other things in it", CHANGED, lambda: _store(b"/Certs[60 0 R]/Pages 17 0 R")),
    Attack(
        "evidence",
        "store that is a list",
        CHANGED,
        lambda: updated(approved(), {CATALOGUE: objects()[CATALOGUE][:-2] + b"/DSS[1 2 3]>>"}),
    ),
    Attack("evidence", "store taken out again", CHANGED, lambda: _store(b"/Certs[60 0 R]", then=b"/Lang(zh)")),
    Attack(
        "evidence",
        "metadata that explode",
        CHANGED,
        lambda: updated(
            approved(),
            {
                CATALOGUE: objects()[CATALOGUE][:-2] + b"/Metadata 60 0 R>>",
                60: stream(
                    b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><x>&b;</x>", b"/Type/Metadata/Subtype/XML"
                ),
            },
        ),
    ),
)

GROWTH = (*INCREMENTAL, *PAGES_CHANGED, *SHADOW, *CERTIFIED, *DICTIONARIES)
