"""Text between XML's tags. The standard library has the same two functions, which bring an HTTP client along."""

from collections.abc import Mapping


def escape(text: str, more: Mapping[str, str] | None = None) -> str:
    """Write the text with entities for `&`, `<` and `>`, and for what else is named."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for character, entity in (more or {}).items():
        text = text.replace(character, entity)
    return text


def unescape(text: str, more: Mapping[str, str] | None = None) -> str:
    """Put characters in the place of these entities, and of what else is named."""
    text = text.replace("&lt;", "<").replace("&gt;", ">")
    for entity, character in (more or {}).items():
        text = text.replace(entity, character)
    # The last: what is left between `&` and `;` afterwards was text.
    return text.replace("&amp;", "&")
