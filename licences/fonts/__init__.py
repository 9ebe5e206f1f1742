"""The font that ships with the package: LXGW WenKai Regular 1.250, a kai face under the SIL Open Font License 1.1.

It prints all 8,105 characters of the 通用规范汉字表 and 20,000 more.
"""

from importlib import resources

SHIPPED_FONT = "LXGWWenKai-Regular.ttf"


def shipped_font() -> bytes:
    """The font file."""
    return resources.files(__package__).joinpath(SHIPPED_FONT).read_bytes()
