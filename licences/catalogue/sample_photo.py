"""The photograph in samples: a grey figure, nobody's likeness (PNG, 90 by 120 pixels, two colours)."""

from typing import Final

SAMPLE_PHOTO: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAFoAAAB4AQMAAABIAnd8AAAABlBMVEXW1taWlpajY/XuAAAAtUlEQVR42u3SuxHDIAwAUHMUlIzA"
    "KBkNRssojEBJwaEQLJB1NtzhFEkRVbxG6Ldt/1gKeNJbQiBoSAQDmfAAIFgAdw0Ayi0K/CVkQbiEKoiL0AXpd3CnhfFAxkNks56s"
    "hG2O7ZRtm90Bu5CvBCuHVT08sfFRlBHQEOwbjpL1dKLC0xL6GlRFpMw9N4OpyIc/268MdoejAloJRwiEP0EiwgkKEefQiDSHQeQF"
    "YKN7qx/DNrhbeAFBLcpupDTLEAAAAABJRU5ErkJggg=="
)
"""Base64, as paper metadata have it."""
