"""The font that ships with the package: LXGW WenKai Regular 1.250, a kai face under the SIL Open Font License 1.1.

It prints all 8,105 characters of the 通用规范汉字表 and 20,000 more.
"""

from importlib import resources
from pathlib import Path

SHIPPED_FONT = "LXGWWenKai-Regular.ttf"


def shipped_font() -> bytes:
    """The font file."""
    return shipped_font_file().read_bytes()


def shipped_font_file() -> Path:
    """Where the font file is, for processes that read it themselves."""
    with resources.as_file(resources.files(__package__).joinpath(SHIPPED_FONT)) as path:
        return path


def fonts_in(folder: Path) -> list[bytes]:
    """The TrueType files of a folder in the order of their names; OSError when they cannot be read."""
    return [path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix.lower() == ".ttf"]
