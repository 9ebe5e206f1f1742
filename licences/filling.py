"""Paper metadata that fill a licence type: its sample, and its longest allowed values."""

from collections.abc import Mapping
from typing import Final

from .catalogue import Field, FieldType, LicenceType

_FILL: Final = "样例省自治州样例县城关镇健康路十八号，经营范围：农药（限制使用农药除外）、"
"""Wide characters; with their punctuation they break like real text."""
_DIGITS: Final = "999999999999"
_HOLDER_NAME: Final = 120
"""Characters; the longest name seen in public has about 60. The form of metadata allows 256."""


def sample_data(licence_type: LicenceType) -> dict[str, object]:
    """Return the sample that the file of the type gives."""
    return {field.key: _sample(field) for field in licence_type.all_fields}


def longest_data(licence_type: LicenceType) -> dict[str, object]:
    """Return the sample with every field of the type filled to the full, and a very long name of the holder.

    What has a form of its own (numbers, codes, dates) keeps its sample.
    """
    longest = {field.key: _longest(field) for field in licence_type.fields}
    return sample_data(licence_type) | longest | {"certificateHolderName": _text(_HOLDER_NAME)}


def _sample(field: Field) -> object:
    return field.sample if isinstance(field.sample, str) else [dict(row) for row in field.sample]


def _longest(field: Field) -> object:
    if field.type is not FieldType.ROWS:
        return _longest_text(field)
    samples = [row for row in field.sample if isinstance(row, Mapping)]
    row = {column.key: _longest_text(column, samples[0].get(column.key, "")) for column in field.columns}
    return [row] * field.max_rows


def _longest_text(field: Field, sample: object = "") -> object:
    match field.type:
        case FieldType.STRING | FieldType.TEXT if field.pattern is None:
            return _text(field.max_length)
        case FieldType.ENUM:
            return max(field.values, key=len)
        case FieldType.DECIMAL:
            return f"{_DIGITS}.999999"[: field.max_length].rstrip(".")
        case FieldType.INTEGER:
            return f"{_DIGITS}999"[: field.max_length]
        case FieldType.DATE:
            return "2026-12-31"
        case _:
            return sample or field.sample


def _text(length: int) -> str:
    text = (_FILL * (length // len(_FILL) + 1))[:length]
    return text[:-1] + "县" if length else ""
