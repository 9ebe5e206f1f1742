"""One table from Chinese names to keys and short names, for a licence of one type: schemas and XML are made from it.

The elements of GB/T 36903 (modelled on) come from `esign.ELEMENTS`, those of the type from its catalogue file. Extended
elements (扩展信息) have the prefix `KZ_`, as seen in systems that follow the standard; where no short name is known the
key stands behind it.
"""

from typing import Final

from esign import ELEMENTS, Element

from .catalogue import Field

EXTENDED_PREFIX: Final = "KZ_"
HOLDER_KEYS: Final = (
    "certificateHolderName",
    "certificateHolderCode",
    "certificateHolderTypeName",
    "certificateHolderTypeCode",
)
"""Elements that come once for each holder."""
AUTHORITY_KEYS: Final = ("certificateIssuingAuthorityName", "certificateIssuingAuthorityCode")
"""Elements that come once for each authority that issues."""

SEALED_AT: Final = Element(label="证照签章时间", short_name="ZZQZSJ", key="sealedAt")
RELATED: Final = Element(label="关联证照标识", short_name="GLZZBS", key="certificateIdentifier")
RELATION: Final = Element(label="关联类型", short_name="GLLX", key="relation")
"""Of each related licence (关联证照标识)."""

METADATA: Final = tuple(element for element in ELEMENTS if element.key not in HOLDER_KEYS)
"""Elements that stand under `metadata` of the structured e-licence."""
HOLDER: Final = tuple(element for element in ELEMENTS if element.key in HOLDER_KEYS)


def extended(field: Field) -> Element:
    """Return the element of a field of a type, or of a column of one."""
    return Element(label=field.label, short_name=EXTENDED_PREFIX + field.key, key=field.key)


def xml_name(element: Element) -> str:
    """Return the name under which XML carries an element."""
    return element.short_name or EXTENDED_PREFIX + element.key
