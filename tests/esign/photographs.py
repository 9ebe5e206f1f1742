"""Pictures of a printed page as phones and scanners make them: turned, tilted, blurred, dark, compressed.

Made from one clean picture with a seed, so that a share that was read can be measured again. Printing and photographing
real paper is better; these show which distortions are read and which are not.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from esign import code_modules

Corner = tuple[float, float]
Photograph = Callable[[Image.Image, random.Random], Image.Image]

PHONE = (3000, 4000)


def solve(rows: list[list[float]]) -> list[float]:
    """Gauss elimination; the rows have the right side as their last column."""
    size = len(rows)
    for column in range(size):
        best = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[best] = rows[best], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(size):
            if row != column:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[size] for row in rows]


def placed(page: Image.Image, corners: list[Corner], size: tuple[int, int], ground: int = 96) -> Image.Image:
    """The page with its four corners (from the upper left, clockwise) at these places of a larger picture."""
    width, height = page.size
    sources = [(0, 0), (width, 0), (width, height), (0, height)]
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(corners, sources, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    data = solve(rows)
    mask = Image.new("L", page.size, 255)
    warp = Image.Transform.PERSPECTIVE
    whole = page.transform(size, warp, data, Image.Resampling.BICUBIC)
    seen = mask.transform(size, warp, data, Image.Resampling.NEAREST)
    return Image.composite(whole, Image.new(page.mode, size, ground if page.mode == "L" else (ground,) * 3), seen)


def corners_of(page: Image.Image, size: tuple[int, int], share: float, angle: float) -> list[Corner]:
    """The page in the middle, filling a share of the picture's width or height, turned by an angle in degrees."""
    scale = share * min(size[0] / page.width, size[1] / page.height)
    turn = math.radians(angle)
    middle = size[0] / 2, size[1] / 2
    found = []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        right, down = x * page.width * scale / 2, y * page.height * scale / 2
        found.append(
            (
                middle[0] + right * math.cos(turn) - down * math.sin(turn),
                middle[1] + right * math.sin(turn) + down * math.cos(turn),
            )
        )
    return found


def noisy(picture: Image.Image, sigma: float) -> Image.Image:
    noise = Image.effect_noise(picture.size, sigma)
    if picture.mode != "L":
        noise = Image.merge("RGB", (noise, noise, noise))
    return ImageChops.add(picture, noise, 1, -128)


def phone(page: Image.Image, seed: random.Random, *, share: float = 0.92, tilt: float = 0.04) -> Image.Image:
    """A photograph held in the hand: a little tilted, a little noisy."""
    corners = corners_of(page, PHONE, share, seed.uniform(-6, 6))
    tilted = [(x + seed.uniform(-tilt, tilt) * PHONE[0], y + seed.uniform(-tilt, tilt) * PHONE[1]) for x, y in corners]
    return noisy(placed(page, tilted, PHONE), 10)


def turned(page: Image.Image, seed: random.Random) -> Image.Image:
    return noisy(placed(page, corners_of(page, (4000, 4000), 0.7, seed.uniform(0, 360)), (4000, 4000)), 10)


def tilted(page: Image.Image, seed: random.Random) -> Image.Image:
    """From the side: the far edge is much shorter than the near one."""
    size, far = PHONE, seed.uniform(0.55, 0.75)
    inset = size[0] * (1 - far) / 2
    corners = [(inset, 500), (size[0] - inset, 500), (size[0] - 60, 3900), (60, 3900)]
    if seed.random() < 0.5:
        corners = [(60, 100), (size[0] - 60, 100), (size[0] - inset, 3500), (inset, 3500)]
    return noisy(placed(page, corners, size), 10)


def blurred(page: Image.Image, seed: random.Random) -> Image.Image:
    return phone(page, seed).filter(ImageFilter.GaussianBlur(seed.uniform(1.0, 2.2)))


def shaken(page: Image.Image, seed: random.Random) -> Image.Image:
    """Moved while the shutter was open: eight pixels in one direction."""
    picture, turn = phone(page, seed), seed.uniform(0, math.pi)
    steps = 6
    moved = picture
    for step in range(1, steps):
        along = 6 * step / (steps - 1)
        shifted = ImageChops.offset(picture, round(along * math.cos(turn)), round(along * math.sin(turn)))
        moved = Image.blend(moved, shifted, 1 / (step + 1))
    return moved


def dark(page: Image.Image, seed: random.Random) -> Image.Image:
    """An evening photograph: a fifth of the light, and the sensor's noise."""
    dim = ImageEnhance.Brightness(phone(page, seed)).enhance(seed.uniform(0.15, 0.3))
    return noisy(dim, 12)


def pale(page: Image.Image, seed: random.Random) -> Image.Image:
    """Low contrast: a worn print, or a veil over the lens."""
    low = seed.uniform(100, 150)
    return noisy(phone(page, seed).point(lambda value: int(low + value * (230 - low) / 255)), 6)


def shaded(page: Image.Image, seed: random.Random) -> Image.Image:
    """The photographer's shadow lies over half of the page."""
    picture = phone(page, seed)
    shadow = Image.new("L", picture.size, 255)
    edge = seed.uniform(0.2, 0.8) * picture.width
    ImageDraw.Draw(shadow).polygon([(0, 0), (edge + 400, 0), (edge - 400, 4000), (0, 4000)], fill=90)
    return ImageChops.multiply(picture, shadow.filter(ImageFilter.GaussianBlur(60)).convert(picture.mode))


def glaring(page: Image.Image, seed: random.Random) -> Image.Image:
    """A lamp mirrored in a sheet protector, somewhere on the page."""
    picture = phone(page, seed)
    light = Image.new("L", picture.size, 0)
    x, y, r = seed.uniform(300, 2700), seed.uniform(400, 3600), seed.uniform(100, 260)
    ImageDraw.Draw(light).ellipse([x - r, y - r, x + r, y + r], fill=255)
    return ImageChops.add(picture, light.filter(ImageFilter.GaussianBlur(80)).convert(picture.mode))


def tinted(page: Image.Image, seed: random.Random) -> Image.Image:
    """The colour cast of a lamp."""
    cast = tuple(int(seed.uniform(*span)) for span in ((200, 255), (150, 220), (70, 160)))
    return ImageChops.multiply(phone(page.convert("RGB"), seed), Image.new("RGB", PHONE, cast))


def small(page: Image.Image, seed: random.Random) -> Image.Image:
    """The page is only a part of the picture."""
    size = (4000, 3000)
    width = seed.uniform(1450, 1650)
    height = width * page.height / page.width
    x, y = seed.uniform(0, size[0] - width), seed.uniform(0, size[1] - height)
    return noisy(placed(page, [(x, y), (x + width, y), (x + width, y + height), (x, y + height)], size), 10)


def part(page: Image.Image, seed: random.Random) -> Image.Image:
    """Nearer than the page is wide, and then only the quarter with the symbol."""
    picture = phone(page, seed, share=1.12)
    return picture.crop((1300, 700, 3000, 2600))


def two(page: Image.Image, seed: random.Random) -> Image.Image:
    """Two licences side by side."""
    both = Image.new(page.mode, (2 * page.width + 200, page.height), 160 if page.mode == "L" else (160,) * 3)
    both.paste(page, (0, 0))
    both.paste(page, (page.width + 200, 0))
    size = (4000, 3000)
    return noisy(placed(both, corners_of(both, size, 0.98, seed.uniform(-3, 3)), size), 10)


def scanned(dpi: int) -> Photograph:
    def scan(page: Image.Image, seed: random.Random) -> Image.Image:
        size = (round(8.27 * dpi), round(11.69 * dpi))
        corners = corners_of(page, size, 0.99, seed.uniform(-1.5, 1.5))
        return noisy(placed(page, corners, size, 250), 5).filter(ImageFilter.GaussianBlur(0.4))

    return scan


def faxed(page: Image.Image, seed: random.Random) -> Image.Image:
    """Black and white at 200 dpi."""
    return scanned(200)(page.convert("L"), seed).point(lambda value: 255 if value > 140 else 0)


def upside_down(page: Image.Image, seed: random.Random) -> Image.Image:
    return phone(page, seed).transpose(Image.Transpose.ROTATE_180)


def crumpled(page: Image.Image, seed: random.Random) -> Image.Image:
    """Folded paper that was smoothed: it waves, and the waves throw shadows."""
    wave, phase = seed.uniform(4, 10), seed.uniform(0, 6)
    step = 200
    mesh = []
    for top in range(0, page.height, step):
        for left in range(0, page.width, step):
            box = (left, top, min(left + step, page.width), min(top + step, page.height))
            quad = []
            for x, y in ((box[0], box[1]), (box[0], box[3]), (box[2], box[3]), (box[2], box[1])):
                quad += [x + wave * math.sin(y / 310 + phase), y + wave * math.cos(x / 270 + phase)]
            mesh.append((box, tuple(quad)))
    return phone(page.transform(page.size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC), seed)


CLASSES: dict[str, tuple[Photograph, int]] = {
    "phone": (phone, 80),
    "turned": (turned, 80),
    "upside-down": (upside_down, 80),
    "tilted": (tilted, 80),
    "blurred": (blurred, 80),
    "shaken": (shaken, 80),
    "dark": (dark, 80),
    "pale": (pale, 80),
    "shaded": (shaded, 80),
    "glare": (glaring, 80),
    "tinted": (tinted, 80),
    "crumpled": (crumpled, 80),
    "small": (small, 80),
    "part": (part, 80),
    "two": (two, 80),
    "messenger": (phone, 30),
    "scan-300": (scanned(300), 80),
    "scan-200": (scanned(200), 80),
    "scan-150": (scanned(150), 80),
    "fax-200": (faxed, 80),
}
"""Each class with the quality of its JPEG."""


def photograph(name: str, page: Image.Image, number: int) -> bytes:
    """Make picture `number` of a class."""
    take, quality = CLASSES[name]
    picture = take(page, random.Random(f"{name} {number}"))  # noqa: S311 — to be made again
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def page_with(text: str) -> Image.Image:
    """A clean A4 page in landscape at 300 dpi with lines of text and a symbol of 37 mm."""
    page = Image.new("L", (3508, 2480), 255)
    draw = ImageDraw.Draw(page)
    for line in range(24):
        for word in range(12):
            left, top = 200 + 190 * word, 300 + 80 * line
            draw.rectangle((left, top, left + 90 + 37 * ((line + word) % 3), top + 26), outline=0, width=5)
    modules = code_modules(text)
    size = round(37 / 25.4 * 300 / len(modules))
    for row, cells in enumerate(modules):
        for column, dark in enumerate(cells):
            if dark:
                left, top = 2640 + size * column, 710 + size * row
                draw.rectangle((left, top, left + size - 1, top + size - 1), fill=0)
    return page
