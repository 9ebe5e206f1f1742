"""A PDF of pages without any seal: previews, sheets for printers, what goes onto pre-printed forms."""

from collections.abc import Sequence
from dataclasses import replace

from . import pdf_objects as o
from .fonts import FontChain
from .page import Page
from .pdf_file import PdfFile
from .pdf_fonts import FontUse
from .pdf_writing import page_object, page_tree

_PRODUCER = "elicence (unsealed)"
"""Not the producer of sealed files: nobody expects a seal on one of these."""


def plain_pdf(fonts: FontChain, title: str, pages: Sequence[Page]) -> bytes:
    """The pages as a PDF; places of seals stay empty.

    Raises:
        UnprintableError: a text has a character that no font prints.
    """
    file = PdfFile()
    catalogue, tree, resources, information = (file.reserve() for _ in range(4))
    use = FontUse(fonts)
    numbers = [file.reserve() for _ in pages]
    for number, page in zip(numbers, pages, strict=True):
        shapes = page.background.shapes if page.background is not None else ()
        whole = replace(page, items=(*shapes, *page.items), background=None)
        file.put(number, page_object(file, whole, {"Parent": o.reference(tree)}, resources, None, use))
    file.put(resources, use.write(file.add))
    file.put(tree, page_tree(numbers))
    view = o.dictionary(DisplayDocTitle=b"true")
    file.put(
        catalogue,
        o.dictionary(Type=b"/Catalog", Pages=o.reference(tree), Lang=b"(zh-CN)", ViewerPreferences=view),
    )
    file.put(information, o.dictionary(Title=o.text_string(title), Producer=o.text_string(_PRODUCER)))
    return file.whole(catalogue, information)
