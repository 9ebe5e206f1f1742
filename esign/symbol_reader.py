"""Reading a QR symbol from its modules, exactly (ISO/IEC 18004), as `barcode.code_modules` draws it: level M only.

Nothing is guessed or repaired: every module must be the one that the text in the symbol asks for, so that what is read
here is what every phone reads. Another symbol is no symbol of ours.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Final

from .errors import Fault, MalformedError

MAX_VERSION: Final = 40

# Level M, by version from 1: check codewords of a block, and number of blocks (ISO/IEC 18004 table 9).
_CHECKS: Final = (
    10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
    26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
)  # fmt: skip
_BLOCKS: Final = (
    1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16,
    17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
)  # fmt: skip

_FORMAT_GENERATOR, _FORMAT_MASK, _VERSION_GENERATOR = 0x537, 0x5412, 0x1F25
_FIELD: Final = 0x11D
_ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_PAIRS: Final = tuple(first + second for first in _ALPHANUMERIC for second in _ALPHANUMERIC)
_END, _NUMERIC, _LETTERS, _BYTES = 0, 1, 2, 4
_PADDING: Final = (0xEC, 0x11)
_LENGTH_BITS: Final = {_NUMERIC: (10, 12, 14), _LETTERS: (9, 11, 13), _BYTES: (8, 16, 16)}
"""Of the number of characters, for versions to 9, to 26 and to 40 (table 3)."""
_LEVEL_M = 0

_MASKS: Final[tuple[Callable[[int, int], bool], ...]] = (
    lambda y, x: (y + x) % 2 == 0,
    lambda y, x: y % 2 == 0,
    lambda y, x: x % 3 == 0,
    lambda y, x: (y + x) % 3 == 0,
    lambda y, x: (y // 2 + x // 3) % 2 == 0,
    lambda y, x: y * x % 2 + y * x % 3 == 0,
    lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
)


def read_modules(rows: Sequence[bytes]) -> str:
    """The text of a symbol; rows of 1 (dark) and 0 (light) from the top, without quiet zone.

    Raises:
        MalformedError: `FORMAT_PICTURE`: it is no symbol, or not exactly one of our form.
    """
    side = len(rows)
    version, rest = divmod(side - 17, 4)
    if rest or not 1 <= version <= MAX_VERSION or any(len(row) != side for row in rows):
        raise _no_symbol("no square of a symbol's size")
    layout = _layout(version)
    modules = b"".join(rows)
    if modules.translate(None, b"\0\1"):
        raise _no_symbol("modules that are neither dark nor light")
    try:
        mask = layout.fixed.index(int.from_bytes(modules) & layout.places)
    except ValueError as error:
        raise _no_symbol("its fixed modules are not those of a symbol") from error
    bits = int.from_bytes(bytes(layout.data_modules(modules))) ^ layout.masks[mask]
    # One byte for each bit, so that the exclusive or above is one operation; as text it is a binary number.
    text = bits.to_bytes(layout.count).translate(_DIGITS)
    end = 8 * layout.codewords
    if b"1" in text[end:]:
        raise _no_symbol("the modules that are left over are not blank")
    words = int(text[:end], 2).to_bytes(layout.codewords)
    return _text(_data(words, version), version)


_DIGITS: Final = bytes.maketrans(b"\0\1", b"01")


def _no_symbol(detail: str) -> MalformedError:
    return MalformedError(Fault.FORMAT_PICTURE, f"not a symbol of our form: {detail}")


@dataclass(frozen=True, slots=True)
class _Layout:
    """What all symbols of a version have in common."""

    count: int
    """Of the data modules."""
    codewords: int
    data_modules: Callable[[bytes], tuple[int, ...]]
    """Those that hold the text, in the order in which they are filled."""
    places: int
    """One byte for each module, 1 where it is a fixed one."""
    fixed: tuple[int, ...]
    """By mask: what the fixed modules are; one byte for each module."""
    masks: tuple[int, ...]
    """By mask: one byte for each data module, 1 where it is inverted."""


@cache
def _layout(version: int) -> _Layout:
    side = 17 + 4 * version
    grids = [_fixed(version, mask) for mask in range(len(_MASKS))]
    order = tuple(_filling(side, grids[0]))
    return _Layout(
        count=len(order),
        codewords=len(order) // 8,
        data_modules=itemgetter(*order),
        places=int.from_bytes(bytes(value is not None for value in grids[0])),
        fixed=tuple(int.from_bytes(bytes(value or 0 for value in grid)) for grid in grids),
        masks=tuple(int.from_bytes(bytes(inverts(*divmod(place, side)) for place in order)) for inverts in _MASKS),
    )


def _fixed(version: int, mask: int) -> list[int | None]:
    """Finders, separators, timing, alignment, format and version information (sections 6.3 and 7.9, 7.10)."""
    side = 17 + 4 * version
    grid: list[int | None] = [None] * (side * side)

    def put(y: int, x: int, dark: int) -> None:
        if 0 <= y < side and 0 <= x < side:
            grid[y * side + x] = int(dark)

    for along in range(side):
        put(6, along, along % 2 == 0)
        put(along, 6, along % 2 == 0)
    centres = _alignment(version)
    for y in centres:
        for x in centres:
            if (y, x) not in ((6, 6), (6, side - 7), (side - 7, 6)):
                _rings(put, y, x, 2, lambda ring: ring != 1)
    for y, x in ((3, 3), (3, side - 4), (side - 4, 3)):
        _rings(put, y, x, 4, lambda ring: ring not in (2, 4))
    form = _with_check(_LEVEL_M << 3 | mask, _FORMAT_GENERATOR, 10) ^ _FORMAT_MASK
    around = [(0, 8), (1, 8), (2, 8), (3, 8), (4, 8), (5, 8), (7, 8), (8, 8), (8, 7)]
    around += [(8, x) for x in range(5, -1, -1)]
    beside = [(8, side - 1 - bit) for bit in range(8)] + [(side - 15 + bit, 8) for bit in range(8, 15)]
    for bit in range(15):
        for y, x in (around[bit], beside[bit]):
            put(y, x, form >> bit & 1)
    put(side - 8, 8, 1)
    if version >= 7:
        information = _with_check(version, _VERSION_GENERATOR, 12)
        for bit in range(18):
            far, near = side - 11 + bit % 3, bit // 3
            put(far, near, information >> bit & 1)
            put(near, far, information >> bit & 1)
    return grid


def _rings(put: Callable[[int, int, int], None], y: int, x: int, reach: int, dark: Callable[[int], bool]) -> None:
    """Squares around one another about a centre, dark or light by their distance from it."""
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            put(y + down, x + right, dark(max(abs(down), abs(right))))


def _alignment(version: int) -> tuple[int, ...]:
    """Centres of the alignment patterns in either direction (annex E)."""
    if version == 1:
        return ()
    count, side = version // 7 + 2, 17 + 4 * version
    # Evenly spaced from the far end; version 32 has a spacing of its own in the standard's table.
    step = 26 if version == 32 else (4 * version + 2 * count + 1) // (2 * count - 2) * 2
    return (6, *sorted(side - 7 - step * place for place in range(count - 1)))


def _with_check(value: int, generator: int, bits: int) -> int:
    remainder = value << bits
    while remainder.bit_length() > bits:
        remainder ^= generator << remainder.bit_length() - bits - 1
    return value << bits | remainder


def _filling(side: int, grid: Sequence[int | None]) -> Iterator[int]:
    """Upwards and downwards in columns of two, from the right (section 7.7.3)."""
    upwards = True
    # The column of the timing pattern is passed over.
    for column in (*range(side - 1, 6, -2), 5, 3, 1):
        for y in range(side - 1, -1, -1) if upwards else range(side):
            for x in (column, column - 1):
                if grid[y * side + x] is None:
                    yield y * side + x
        upwards = not upwards


def _data(words: bytes, version: int) -> bytes:
    """The data of the blocks, whose check codewords must be right (section 7.6)."""
    count, checks = _BLOCKS[version - 1], _CHECKS[version - 1]
    short, longer = divmod(len(words) - count * checks, count)
    sizes = [short + (place >= count - longer) for place in range(count)]
    end = sum(sizes)
    blocks = []
    for place, size in enumerate(sizes):
        block = words[place : short * count : count]
        if size > short:
            block += words[short * count + place - (count - longer) :][:1]
        blocks.append(block)
        if _check_words(block, checks) != words[end + place :: count]:
            raise _no_symbol("its check codewords are not those of its data")
    return b"".join(blocks)


def _check_words(block: bytes, count: int) -> bytes:
    """The remainder by the generator polynomial, in which a number holds the coefficients."""
    steps = _steps(count)
    shift, remainder = 8 * (count - 1), 0
    below = (1 << shift) - 1
    for word in block:
        remainder = ((remainder & below) << 8) ^ steps[word ^ remainder >> shift]
    return remainder.to_bytes(count)


@cache
def _steps(count: int) -> tuple[int, ...]:
    """The generator polynomial without its leading 1, times every value of a codeword."""
    powers, value = [], 1
    for _ in range(255):
        powers.append(value)
        value = value << 1 ^ (_FIELD if value & 0x80 else 0)
    logarithms = {value: place for place, value in enumerate(powers)}

    def times(a: int, b: int) -> int:
        return powers[(logarithms[a] + logarithms[b]) % 255] if a and b else 0

    generator = [1]
    for root in range(count):
        raised = [*generator, 0]
        for place, part in enumerate(generator):
            raised[place + 1] ^= times(part, powers[root])
        generator = raised
    return tuple(int.from_bytes(bytes(times(part, factor) for part in generator[1:])) for factor in range(256))


def _text(data: bytes, version: int) -> str:
    """The segments, and behind them nothing but padding (section 7.4)."""
    bits, left, found = int.from_bytes(data), 8 * len(data), []

    def take(count: int) -> int:
        nonlocal left
        if count > left:
            raise _no_symbol("its text is cut off")
        left -= count
        return bits >> left & (1 << count) - 1

    while left >= 4 and (mode := take(4)) != _END:
        if mode not in _LENGTH_BITS:
            raise _no_symbol("a text in another mode")
        length = take(_LENGTH_BITS[mode][(version > 9) + (version > 26)])
        if mode == _BYTES:
            found.append(take(8 * length).to_bytes(length))
        elif mode == _LETTERS:
            found.append(_letters(take, length).encode("ascii"))
        else:
            found.append("".join(_triples(take, length)).encode("ascii"))
    if bits & (1 << left % 8) - 1 << left - left % 8 if left else 0:
        raise _no_symbol("the end of its text is not filled up with zeros")
    padding = data[len(data) - left // 8 :]
    if padding != bytes(_PADDING[place % 2] for place in range(len(padding))):
        raise _no_symbol("another padding")
    try:
        return b"".join(found).decode("utf-8")
    except UnicodeError as error:
        raise _no_symbol("no text") from error


def _letters(take: Callable[[int], int], length: int) -> str:
    """Two characters in 11 bits, a last one in 6."""
    count = length // 2
    pairs = take(11 * count)
    try:
        text = "".join([_PAIRS[pairs >> shift & 0x7FF] for shift in range(11 * (count - 1), -1, -11)])
        return text + _ALPHANUMERIC[take(6)] if length % 2 else text
    except IndexError as error:
        raise _no_symbol("no such character") from error


def _triples(take: Callable[[int], int], length: int) -> Iterator[str]:
    for start in range(0, length, 3):
        digits = min(3, length - start)
        value = take((0, 4, 7, 10)[digits])
        if value >= 10**digits:
            raise _no_symbol("no such digits")
        yield f"{value:0{digits}d}"
