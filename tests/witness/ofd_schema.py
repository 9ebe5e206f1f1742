"""What GB/T 33190-2016 asks of a package, written from its tables and its schema: elements, their order and attributes,
types, the one space of numbers, and that every path that is named leads to a file. None of our readers is used.

Stricter than the schema in what readers stumble over: counts of glyphs and of advances, numbers of a box, operators of
a path, files that nothing names. More lenient in one thing: digests by SM3, which the text of clause 18 allows and the
schema does not list.
"""

import re
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from posixpath import dirname, join, normpath

SPACE = "{http://www.ofdspec.org/2016}"

_NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)"
_BOOLEAN = "true|false|1|0"
_TYPES = {
    "string": r"(?s:.*)",
    "int": r"[+-]?\d+",
    "double": _NUMBER,
    "boolean": _BOOLEAN,
    "date": r"\d{4}-\d\d-\d\d",
    "dateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?",
    "base64": r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "id": r"[1-9]\d{0,9}",
    "ref": r"[1-9]\d{0,9}",
    "name": r"[A-Za-z_][\w.-]*",  # xs:ID
    "loc": r"\S+",
    "array": rf"{_NUMBER}(?: {_NUMBER})*",
    "box": rf"{_NUMBER} {_NUMBER} {_NUMBER} {_NUMBER}",
    "matrix": rf"{_NUMBER}(?: {_NUMBER}){{5}}",
    "colour": r"\d{1,3}(?: \d{1,3})*",
    "path": r"(?:[SM] N N|L N N|Q(?: N){4}|B(?: N){6}|A N N N [01] [01] N N|C)(?: (?:[SM] N N|L N N|Q(?: N){4}|"
    r"B(?: N){6}|A N N N [01] [01] N N|C))*".replace("N", _NUMBER),
}
_UNIT = (
    "Boundary=box! Name=string Visible=boolean CTM=matrix DrawParam=ref:DrawParam LineWidth=double "
    "Cap=Butt|Round|Square Join=Miter|Round|Bevel MiterLimit=double DashOffset=double DashPattern=array Alpha=int"
)
_BLOCK = "(TextObject|PathObject|ImageObject|CompositeObject|PageBlock)*"
_AREA = "PhysicalBox ApplicationBox? ContentBox? BleedBox?"
_COLOUR = "Value=colour Index=int ColorSpace=ref:ColorSpace Alpha=int"

# Attributes (`!`: required; `a|b`: one of these; `ref:X`: number of an X; `loc:X`: path of a file whose root is X),
# then the children as a regular expression over their names, or `#` and the type of the text.
_ELEMENTS = {
    "OFD": ("Version=1.0! DocType=OFD!", "DocBody+"),
    "DocBody": ("", "DocInfo DocRoot Versions? Signatures?"),
    "DocInfo": (
        "",
        "DocID Title? Author? Subject? Abstract? CreationDate? ModDate? DocUsage? Cover? Keywords? Creator? "
        "CreatorVersion? CustomDatas?",
    ),
    "DocID": ("", "#string"),
    "Title": ("", "#string"),
    "Author": ("", "#string"),
    "Subject": ("", "#string"),
    "Abstract": ("", "#string"),
    "CreationDate": ("", "#date"),
    "ModDate": ("", "#date"),
    "DocUsage": ("", "#string"),
    "Creator": ("", "#string"),
    "CreatorVersion": ("", "#string"),
    "CustomDatas": ("", "CustomData+"),
    "CustomData": ("Name=string!", "#string"),
    "DocRoot": ("", "#loc:Document"),
    "DocBody/Signatures": ("", "#loc:Signatures"),
    "Document": (
        "",
        "CommonData Pages Outlines? Permissions? Actions? VPreferences? Bookmarks? Annotations? CustomTags? "
        "Attachments? Extensions?",
    ),
    "CommonData": ("", "MaxUnitID PageArea PublicRes* DocumentRes* TemplatePage* DefaultCS?"),
    "MaxUnitID": ("", "#ref"),
    "PageArea": ("", _AREA),
    "Area": ("", _AREA),
    "PhysicalBox": ("", "#box"),
    "ApplicationBox": ("", "#box"),
    "ContentBox": ("", "#box"),
    "BleedBox": ("", "#box"),
    "PublicRes": ("", "#loc:Res"),
    "DocumentRes": ("", "#loc:Res"),
    "TemplatePage": ("ID=id! Name=string ZOrder=Background|Foreground BaseLoc=loc:Page!", ""),
    "Pages": ("", "Page+"),
    "Pages/Page": ("ID=id! BaseLoc=loc:Page!", ""),
    "Document/Annotations": ("", "#loc:Annotations"),
    "Document/CustomTags": ("", "#loc:CustomTags"),
    "Document/Attachments": ("", "#loc:Attachments"),
    "Res": ("BaseLoc=string!", "(ColorSpaces|DrawParams|Fonts|MultiMedias)*"),
    "ColorSpaces": ("", "ColorSpace+"),
    "ColorSpace": ("ID=id! Type=GRAY|RGB|CMYK! BitsPerComponent=int Profile=loc", ""),
    "DrawParams": ("", "DrawParam+"),
    "DrawParam": (
        "ID=id! Relative=ref:DrawParam LineWidth=double Join=string Cap=string DashOffset=double DashPattern=array "
        "MiterLimit=double",
        "FillColor? StrokeColor?",
    ),
    "Fonts": ("", "Font+"),
    "Font": (
        "ID=id! FontName=string! FamilyName=string Charset=symbol|prc|big5|shift-jis|wansung|johab|unicode "
        "Italic=boolean Bold=boolean Serif=boolean FixedWidth=boolean",
        "FontFile?",
    ),
    "FontFile": ("", "#loc"),
    "MultiMedias": ("", "MultiMedia+"),
    "MultiMedia": ("ID=id! Type=Image|Audio|Video! Format=string", "MediaFile"),
    "MediaFile": ("", "#loc"),
    "Page": ("", "Template* PageRes* Area? Content? Actions?"),
    "Template": ("TemplateID=ref:TemplatePage! ZOrder=Background|Foreground", ""),
    "PageRes": ("", "#loc:Res"),
    "Content": ("", "Layer+"),
    "Layer": ("ID=id! Type=Body|Background|Foreground|Custom DrawParam=ref:DrawParam", _BLOCK),
    "PageBlock": ("ID=id!", _BLOCK),
    "TextObject": (
        f"ID=id! {_UNIT} Font=ref:Font! Size=double! Stroke=boolean Fill=boolean HScale=double ReadDirection=int "
        "CharDirection=int Weight=0|100|200|300|400|500|600|700|800|900|1000 Italic=boolean",
        "Actions? Clips? FillColor? StrokeColor? (CGTransform* TextCode)+",
    ),
    "FillColor": (_COLOUR, ""),
    "StrokeColor": (_COLOUR, ""),
    "CGTransform": ("CodePosition=int! CodeCount=int GlyphCount=int", "Glyphs?"),
    "Glyphs": ("", "#array"),
    "TextCode": ("X=double Y=double DeltaX=array DeltaY=array", "#string"),
    "PathObject": (
        f"ID=id! {_UNIT} Stroke=boolean Fill=boolean Rule=NonZero|Even-Odd",
        "Actions? Clips? StrokeColor? FillColor? AbbreviatedData",
    ),
    "AbbreviatedData": ("", "#path"),
    "ImageObject": (
        f"ID=id! {_UNIT} ResourceID=ref:MultiMedia! Substitution=ref:MultiMedia ImageMask=ref:MultiMedia",
        "",
    ),
    "Annotations": ("", "Page*"),
    "Annotations/Page": ("PageID=ref:Page!", "FileLoc"),
    "Annotations/Page/FileLoc": ("", "#loc:PageAnnot"),
    "PageAnnot": ("", "Annot+"),
    "Annot": (
        "ID=id! Type=Link|Path|Highlight|Stamp|Watermark! Creator=string! LastModDate=date! Visible=boolean "
        "Subtype=string Print=boolean NoZoom=boolean NoRotate=boolean ReadOnly=boolean",
        "Remark? Parameters? Appearance",
    ),
    "Remark": ("", "#string"),
    "Appearance": ("Boundary=box", _BLOCK),
    "CustomTags": ("", "CustomTag*"),
    "CustomTag": ("NameSpace=string!", "SchemaLoc? FileLoc"),
    "Attachments": ("", "Attachment*"),
    "Attachment": (
        "ID=name! Name=string! Format=string CreationDate=dateTime ModDate=dateTime Size=double Visible=boolean "
        "Usage=string",
        "FileLoc",
    ),
    "FileLoc": ("", "#loc"),
    "Signatures": ("", "MaxSignId? Signature*"),
    "MaxSignId": ("", "#name"),
    "Signatures/Signature": ("ID=name! Type=Seal|Sign BaseLoc=loc:Signature!", ""),
    "Signature": ("", "SignedInfo SignedValue"),
    "SignedInfo": ("", "Provider SignatureMethod? SignatureDateTime? References StampAnnot* Seal?"),
    "Provider": ("ProviderName=string! Version=string Company=string", ""),
    "SignatureMethod": ("", "#string"),
    "SignatureDateTime": ("", "#string"),
    "References": (r"CheckMethod=MD5|SHA1|SM3|1\.2\.156\.10197\.1\.401", "Reference+"),
    "Reference": ("FileRef=loc!", "CheckValue"),
    "CheckValue": ("", "#base64"),
    "StampAnnot": ("ID=name! PageRef=ref:Page! Boundary=box! Clip=box", ""),
    "Seal": ("", "BaseLoc"),
    "BaseLoc": ("", "#loc"),
    "SignedValue": ("", "#loc"),
}
_NUMBERED = {"TemplatePage", "Page", "ColorSpace", "DrawParam", "Font", "MultiMedia"}


@dataclass
class _Package:
    files: dict[str, bytes]
    problems: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    numbers: dict[int, str] = field(default_factory=dict)
    """Kind of the thing, by its number."""
    wanted: list[tuple[str, int, str]] = field(default_factory=list)
    signature_names: set[str] = field(default_factory=set)
    highest: dict[str, int] = field(default_factory=dict)


def problems(data: bytes) -> list[str]:
    """What this package does against the standard; of one document. Empty: nothing."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
        package = _Package({name: archive.read(name) for name in names})
    if len(set(names)) != len(names):
        package.problems.append("a path stands in the package twice")
    package.named.add("OFD.xml")
    _read_file(package, "OFD.xml", "OFD")
    for at, number, kind in package.wanted:
        if package.numbers.get(number) != kind:
            package.problems.append(f"{at}: {number} is no {kind}")
    if package.highest.get("MaxUnitID", 0) < max(package.numbers, default=0):
        package.problems.append("MaxUnitID is less than the highest number")
    package.problems += [f"{name}: nothing names it" for name in sorted(set(package.files) - package.named)]
    return package.problems


def _read_file(package: _Package, path: str, kind: str) -> None:
    if path in package.read:
        return
    package.read.add(path)
    try:
        root = ElementTree.fromstring(package.files[path])  # noqa: S314  # of packages that the tests made
    except ElementTree.ParseError as error:
        package.problems.append(f"{path}: {error}")
        return
    if b"<!DOCTYPE" in package.files[path]:
        package.problems.append(f"{path}: a document type")
    if root.tag != SPACE + kind:
        package.problems.append(f"{path}: {root.tag} in place of {kind}")
        return
    folder = dirname(path)
    if kind == "Res":
        folder = join(folder, root.get("BaseLoc", "."))
    _Reader(package, path, folder, set()).element(root, kind)


@dataclass
class _Reader:
    package: _Package
    path: str
    folder: str
    names: set[str]
    """xs:ID values of this file."""

    def fault(self, where: str, what: str) -> None:
        self.package.problems.append(f"{self.path}: {where}: {what}")

    def element(self, element: ElementTree.Element, kind: str) -> None:
        attributes, content = _ELEMENTS[kind]
        asked = dict(word.split("=", 1) for word in attributes.split())
        for name in element.attrib.keys() - asked.keys():
            self.fault(kind, f"attribute {name}")
        for name, form in asked.items():
            value = element.get(name)
            if value is not None:
                self.value(f"{kind}@{name}", value, form.rstrip("!"), element)
            elif form.endswith("!"):
                self.fault(kind, f"no attribute {name}")
        if content.startswith("#"):
            if len(element):
                self.fault(kind, "elements in place of text")
            self.value(kind, element.text or "", content[1:], element)
            return
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            self.fault(kind, "text between elements")
        children = [child.tag.removeprefix(SPACE) for child in element]
        if not re.fullmatch(_content(content), "".join(f"{name} " for name in children)):
            self.fault(kind, f"children {children} in place of {content}")
            return
        for child, name in zip(element, children, strict=True):
            names = (f"{kind}/{name}", f"{kind.rpartition('/')[2]}/{name}", name)
            known = next((each for each in names if each in _ELEMENTS), None)
            if known is None:
                self.fault(kind, f"{name} is not looked into")
            else:
                self.element(child, known)
        if kind in ("TextObject", "CGTransform"):
            self.counts(element, kind)

    def value(self, at: str, value: str, form: str, element: ElementTree.Element) -> None:
        kind, _, target = form.partition(":")
        pattern = _TYPES.get(kind, form)
        if not re.fullmatch(pattern, value if kind == "string" else value.strip()):
            self.fault(at, f"{value!r} is no {form}")
        elif kind == "id":
            self.number(at, int(value), element)
        elif kind == "ref" and target:
            self.package.wanted.append((f"{self.path}: {at}", int(value), target))
        elif at == "MaxUnitID":
            self.package.highest[at] = int(value)
        elif kind == "name":
            self.identifier(at, value)
        elif kind == "loc":
            self.location(at, value, target)
        elif kind == "box" and min(map(float, value.split()[2:])) <= 0:
            self.fault(at, f"{value!r} is empty")
        elif kind == "colour" and not all(int(part) <= 255 for part in value.split()):
            self.fault(at, f"{value!r} is no colour")

    def number(self, at: str, number: int, element: ElementTree.Element) -> None:
        if number in self.package.numbers:
            self.fault(at, f"{number} a second time")
        name = element.tag.removeprefix(SPACE)
        self.package.numbers[number] = name

    def identifier(self, at: str, name: str) -> None:
        if name in self.names:
            self.fault(at, f"{name} a second time in this file")
        self.names.add(name)
        if at == "MaxSignId":
            self.package.highest[at] = _digits(name)
        elif at in ("Signatures/Signature@ID", "StampAnnot@ID"):
            if name in self.package.signature_names:
                self.fault(at, f"{name} a second time")
            self.package.signature_names.add(name)
            if _digits(name) > self.package.highest.get("MaxSignId", 0):
                self.fault(at, f"{name} is above MaxSignId")

    def location(self, at: str, location: str, kind: str) -> None:
        if at == "Reference@FileRef" and not location.startswith("/"):
            self.fault(at, f"{location} does not begin at the root")
        path = normpath(join("/", self.folder, location)).lstrip("/")
        if path not in self.package.files:
            self.fault(at, f"no file {path}")
            return
        if at != "Reference@FileRef":  # to be in a list of files is not to be used
            self.package.named.add(path)
        if kind:
            _read_file(self.package, path, kind)

    def counts(self, element: ElementTree.Element, kind: str) -> None:
        if kind == "CGTransform":
            glyphs = (element.findtext(f"{SPACE}Glyphs") or "").split()
            if len(glyphs) != int(element.get("GlyphCount", "1")) or not all(glyph.isdecimal() for glyph in glyphs):
                self.fault(kind, "GlyphCount is not the number of glyphs")
            return
        codes = element.findall(f"{SPACE}TextCode")
        if codes[0].get("X") is None or codes[0].get("Y") is None:
            self.fault(kind, "the first TextCode has no place")
        length = sum(_units(code.text or "") for code in codes)
        for transform in element.findall(f"{SPACE}CGTransform"):
            if int(transform.get("CodePosition", "0")) + int(transform.get("CodeCount", "1")) > length:
                self.fault(kind, "a CGTransform behind the end of the text")
        for code in codes:
            for name in ("DeltaX", "DeltaY"):
                if code.get(name) is not None and len(code.get(name, "").split()) >= max(_units(code.text or ""), 1):
                    self.fault(kind, f"{name} has more advances than there are gaps")


def _content(content: str) -> str:
    return re.sub(r"\w+", r"(?:\g<0>_)", content).replace(" ", "").replace("_", " ")


def _units(text: str) -> int:
    """Products count in UTF-16, whose pairs matter only beyond the basic plane."""
    return len(text.encode("utf-16-le")) // 2


def _digits(name: str) -> int:
    return int(re.sub(r"\D", "", name) or "0")
