"""Name seals (名章): a square with a person's name, in columns from the right as seals are read."""

from .errors import SealPictureError
from .fonts import UNITS, FontChain
from .page import Command, Shape, rectangle, transformed
from .seal import RED, SealPicture
from .seal_text import INK_FOOT

NAME_SEAL_SIDE = 20.0
MIN_NAME_CHARACTERS, MAX_NAME_CHARACTERS = 2, 4

# Characters in each column, the right one first: 李/样例 and 李样/例印.
_COLUMNS = {2: (1, 1), 3: (1, 2), 4: (2, 2)}


def draw_name_seal(
    fonts: FontChain, name: str, *, side: float = NAME_SEAL_SIDE, white_on_red: bool = False
) -> SealPicture:
    """The seal of a person, for instance 李样例印: red characters in a frame, or white ones cut out of red.

    Raises:
        SealPictureError: not 2 to 4 characters.
        UnprintableError: no font has one of the characters.
    """
    if len(name) not in _COLUMNS:
        raise SealPictureError(f"a name seal has {MIN_NAME_CHARACTERS} to {MAX_NAME_CHARACTERS} characters")
    scale = side / NAME_SEAL_SIDE
    border = 1.1 * scale
    room = 1.5 * scale if white_on_red else border + 0.7 * scale
    characters = _characters(fonts, name, room, side - room)
    if white_on_red:
        # The glyphs run clockwise; a square against them leaves them out of what is filled (nonzero winding).
        square = tuple(_reversed(rectangle(0, 0, side, side)))
        return SealPicture(width=side, height=side, shapes=(Shape(commands=(*square, *characters), fill=RED),))
    frame = rectangle(border / 2, border / 2, side - border, side - border)
    return SealPicture(
        width=side,
        height=side,
        shapes=(
            Shape(commands=frame, stroke=RED, line_width=border),
            Shape(commands=characters, fill=RED, stroke=RED, line_width=0.2 * scale),
        ),
    )


def _characters(fonts: FontChain, name: str, start: float, end: float) -> tuple[Command, ...]:
    columns = _COLUMNS[len(name)]
    column_width = (end - start) / len(columns)
    commands: list[Command] = []
    waiting = iter(name)
    for column, count in enumerate(columns):
        left = end - (column + 1) * column_width
        height = (end - start) / count
        for row in range(count):
            character = next(waiting)
            commands += _in_cell(fonts, character, left, start + row * height, column_width, height)
    return tuple(commands)


def _in_cell(
    fonts: FontChain, character: str, left: float, top: float, width: float, height: float
) -> tuple[Command, ...]:
    """The character stretched to fill its cell, as seals are cut."""
    advance = fonts.width(character) / UNITS

    def place(x: float, y: float) -> tuple[float, float]:
        return left + x / advance * width, top + (1 - INK_FOOT - y) * height

    return transformed(fonts.outline(character), place)


def _reversed(path: tuple[Command, ...]) -> list[Command]:
    """A closed path of straight lines, the other way round."""
    corners = [command.numbers for command in path if command.numbers][::-1]
    return [Command("L" if place else "M", corner) for place, corner in enumerate(corners)] + [Command("Z", ())]
