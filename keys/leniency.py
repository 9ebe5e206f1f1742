"""What real certificates do otherwise than their standards say, and we read all the same."""

from __future__ import annotations

from enum import StrEnum


class Leniency(StrEnum):
    """One deviation that was overlooked. None of them changes what a certificate says."""

    NULL_PARAMETERS = "null-parameters"
    """NULL after the SM2 signature's identifier: Chinese CAs write it, GM/T 0015-2023 leaves it out."""
    ABSENT_PARAMETERS = "absent-parameters"
    """No NULL after an RSA signature's identifier; RFC 4055 clause 5 wants it written but its absence read."""
    SM2_KEY_IDENTIFIER = "sm2-key-identifier"
    """The SM2 curve's identifier stands for the kind of key, too: OpenSSL 3.0.x and 3.1.x; GM/T 0015-2023."""
    EARLY_GENERALIZED_TIME = "early-generalized-time"
    """GeneralizedTime for a year before 2050 (RFC 5280 clause 4.1.2.5)."""
    STRING_TYPE = "string-type"
    """A name attribute in another string type than it has: x500UniqueIdentifier as UTF8String, Teletex or BMP text."""
    STRING_CONTENT = "string-content"
    """Characters that the string type cannot hold: UTF-8 Chinese in an IA5String or a PrintableString."""
    WRITTEN_DEFAULT = "written-default"
    """A FALSE that DER leaves out: `critical FALSE`, `cA FALSE`."""
    UNTRIMMED_BITS = "untrimmed-bits"
    """Key usage with trailing zero bits, which DER drops (X.690 clause 11.2.2)."""
