"""The GB/T 36903 elements that are entered for every licence, whatever its type."""

from collections.abc import Mapping
from dataclasses import dataclass

from esign import element_with_key

from .model import AUTHORITY_LEVELS, Field, FieldType, Sample

DEFAULT_AUTHORITY_LEVEL = "区县级"
EXPIRING_DATE = "certificateExpiringDate"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Input:
    key: str
    label_en: str
    type: FieldType = FieldType.STRING
    required: bool = True
    max_length: int = 18
    values: tuple[str, ...] = ()
    sensitive: bool = False


# Lengths after GB/T 36903 as seen in use; dates and codes can be no longer than their form.
_INPUTS = (
    _Input(key="certificateNumber", label_en="licence number", max_length=128),
    _Input(key="certificateHolderName", label_en="holder", max_length=256, sensitive=True),
    _Input(key="certificateHolderCode", label_en="holder code", max_length=64, sensitive=True),
    _Input(key="certificateHolderTypeCode", label_en="kind of holder code", max_length=3),
    _Input(key="certificateIssuingAuthorityName", label_en="issuing authority", max_length=256),
    _Input(key="certificateIssuingAuthorityCode", label_en="social credit code of the issuing authority"),
    _Input(
        key="certificateIssuingAuthorityLevel",
        label_en="level of the issuing authority",
        type=FieldType.ENUM,
        required=False,
        values=AUTHORITY_LEVELS,
    ),
    _Input(key="certificateIssuedDate", label_en="date of issue", type=FieldType.DATE),
    _Input(key="certificateEffectiveDate", label_en="valid from", type=FieldType.DATE),
    _Input(key=EXPIRING_DATE, label_en="valid to", type=FieldType.DATE),
    _Input(key="certificateAreaCode", label_en="area code (GB/T 2260)"),
)

COMMON_KEYS = tuple(element.key for element in _INPUTS)


def common_fields(
    *, labels: Mapping[str, str], samples: Mapping[str, Sample], expires: bool, end_required: bool
) -> tuple[Field, ...]:
    """Return the common input fields of one type.

    ``labels`` replaces standard labels by the words of the type's face; ``samples`` has a sample for every key. Types
    that do not expire have no expiring date; where a fixed term gives the date it may be left out.
    """
    return tuple(
        Field(
            key=element.key,
            label=labels.get(element.key) or element_with_key(element.key).label,
            label_en=element.label_en,
            type=element.type,
            required=end_required if element.key == EXPIRING_DATE else element.required,
            max_length=element.max_length,
            values=element.values,
            sensitive=element.sensitive,
            sample=samples[element.key],
        )
        for element in _INPUTS
        if expires or element.key != EXPIRING_DATE
    )
