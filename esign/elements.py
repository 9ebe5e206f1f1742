"""Metadata elements of GB/T 36903: one table from Chinese name to pinyin short name to JSON key.

The table is modelled on GB/T 36903-2018 as seen in systems that follow it; the text of the standard was not available.
Short names are written into XMP (and OFD CustomDatas); JSON keys name the same elements in the structured e-licence
and in paper metadata. Only elements that this version writes or reads have a row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .xmp import ShortElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One metadata element."""

    label: str
    """Chinese name, as the standard has it."""
    short_name: str | None
    """Pinyin initials in upper case, or None where no short name is known."""
    key: str
    """JSON key in lowerCamel."""


def _element(label: str, short_name: str | None, key: str) -> Element:
    return Element(label=label, short_name=short_name, key=key)


ELEMENTS: tuple[Element, ...] = (
    _element("证照名称", "ZZMC", "certificateName"),
    _element("证照类型名称", "ZZLXMC", "certificateType"),
    _element("证照类型代码", "ZZLXDM", "certificateTypeCode"),
    _element("证照编号", "ZZBH", "certificateNumber"),
    _element("证照标识", "ZZBS", "certificateIdentifier"),
    _element("证照颁发机构", "ZZBFJG", "certificateIssuingAuthorityName"),
    _element("证照颁发机构代码", "ZZBFJGDM", "certificateIssuingAuthorityCode"),
    _element("证照颁发机构级别", "ZZBFJGJB", "certificateIssuingAuthorityLevel"),
    _element("证照颁发日期", "ZZBFRQ", "certificateIssuedDate"),
    _element("持证主体", "CZZT", "certificateHolderName"),
    _element("持证主体代码", "CZZTDM", "certificateHolderCode"),
    _element("持证主体代码类型", "CZZTDMLX", "certificateHolderTypeName"),
    _element("持证主体代码类型代码", "CZZTDMLXDM", "certificateHolderTypeCode"),
    _element("证照有效期起始日期", "ZZYXQQSRQ", "certificateEffectiveDate"),
    _element("证照有效期截止日期", "ZZYXQJZRQ", "certificateExpiringDate"),
    _element("证照所属区域", None, "certificateAreaCode"),
)

_BY_KEY: Mapping[str, Element] = MappingProxyType({element.key: element for element in ELEMENTS})


def element_with_key(key: str) -> Element:
    """Return the element with this JSON key; KeyError when the table has none."""
    return _BY_KEY[key]


def short_elements(texts: Mapping[str, str], elements: Iterable[Element] = ELEMENTS) -> tuple[ShortElement, ...]:
    """Those elements that have a short name, with their texts (by key), as files carry them for other programs."""
    return tuple(
        ShortElement(short_name=element.short_name, title=element.label, value=texts[element.key])
        for element in elements
        if element.short_name is not None
    )
