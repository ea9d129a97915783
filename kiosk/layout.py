"""The ticket's paper as one black-and-white bitmap at the print head's full width.

Pure: the same slip gives the same pixels. Every text is measured, then shrunk, wrapped or shortened with "…"; nothing
ever runs over the edge. Lengths are in dots of a 203 dpi head: 8 to the millimetre.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

import segno
from PIL import Image, ImageChops, ImageDraw, ImageFont

__all__ = ["DOTS_PER_MM", "LONGEST", "NUMBER_HEIGHT", "WIDTHS", "Slip", "draw", "fitting", "printable"]

DOTS_PER_MM = 8
WIDTHS = {80: 576, 58: 384}
"""What a head prints across a paper of that many millimetres, in dots."""
LONGEST = 90 * DOTS_PER_MM
NUMBER_HEIGHT = 25 * DOTS_PER_MM
NARROWEST = 0.4  # letters squeezed further are not read at arm's length; the number gets lower instead
LINE_HEIGHT = 1.27
BLACK_BELOW = 140  # an explicit threshold: dithering would fray the edges
FONTS = Path(__file__).parent / "fonts"
QUIET_ZONE = 4  # modules of white around a QR code, as ISO/IEC 18004 asks


@dataclass(frozen=True)
class Slip:
    """What stands on the paper, in ready sentences. `aside` stands beside the QR code, or alone where there is none."""

    office: str
    line: str
    number: str
    strong: Sequence[str] = ()
    small: Sequence[str] = ()
    qr: str | None = None
    aside: Sequence[tuple[str, bool]] = ()
    """Sentences beside the code, each with whether it is bold."""
    below: Sequence[tuple[str, str]] = ()
    """Small print: a bold beginning and the rest."""
    mark: str | None = None
    """A white-on-black band on top: a reprint, a sample."""
    plain: Sequence[str] = field(default=())
    """Short ASCII lines for a printer that gets no picture (a serial one)."""


@dataclass(frozen=True)
class _Plan:
    """How much may be said; tried from the richest until the paper is short enough."""

    small: int
    below_lines: int
    aside_lines: int


PLANS = [
    _Plan(3, 4, 9), _Plan(3, 3, 9), _Plan(3, 2, 9), _Plan(3, 1, 8), _Plan(2, 2, 7), _Plan(2, 1, 6), _Plan(1, 1, 6),
    _Plan(1, 0, 6), _Plan(1, 0, 4), _Plan(1, 0, 2),
]  # fmt: skip


def draw(slip: Slip, width: int = WIDTHS[80]) -> Image.Image:
    """The slip as a 1-bit image `width` dots wide and at most LONGEST dots long."""
    for plan in PLANS:
        image = _compose(slip, width, plan)
        if image.height <= LONGEST:
            return image
    return image.crop((0, 0, width, LONGEST))  # unreachable with any real QR code: the last plan is short


def _compose(slip: Slip, width: int, plan: _Plan) -> Image.Image:
    narrow = width < 500
    margin = 8 if narrow else 16
    inner = width - 2 * margin
    body = 19 if narrow else 22
    parts: list[Image.Image] = []
    if slip.mark:
        parts.append(_band(slip.mark, inner, 26))
    parts.append(_text(slip.office, inner, body, 400, lines=1, smallest=16))
    parts.append(_text(slip.line, inner, 28 if narrow else 34, 800, lines=2, smallest=26 if narrow else 30))
    parts.append(_gap(4))
    parts.append(_number(slip.number, inner))
    parts.append(_gap(8))
    parts += [_text(said, inner, 26 if narrow else 30, 800, lines=2, smallest=22) for said in slip.strong]
    parts += [_text(said, inner, body, 400, lines=2, smallest=18) for said in slip.small[-plan.small :]]
    if slip.qr or slip.aside:
        parts += [_rule(inner), _beside(slip, inner, body, plan.aside_lines)]
    if slip.below and plan.below_lines:
        parts += [_rule(inner), *_below(slip.below, inner, body - 1, plan.below_lines)]
    return _stack(parts, width, margin)


def _stack(parts: Sequence[Image.Image], width: int, margin: int) -> Image.Image:
    page = Image.new("L", (width, sum(part.height for part in parts) + margin), 255)
    y = margin // 2
    for part in parts:
        page.paste(part, ((width - part.width) // 2, y))
        y += part.height
    return page.point([0 if value < BLACK_BELOW else 255 for value in range(256)]).convert("1")


# --- the pieces, each an L image that its text fits into -----------------------------------------------------


def _number(number: str, width: int) -> Image.Image:
    """The number, 25 mm high: set large, then squeezed sideways as far as it stays readable."""
    font = _font(800, round(NUMBER_HEIGHT * 100 / _cap_height(800, 100)))
    text = printable(number)
    left, top, right, bottom = font.getbbox(text)
    big = Image.new("L", (max(1, round(right - left)), max(1, round(bottom - top))), 255)
    ImageDraw.Draw(big).text((-left, -top), text, font=font, fill=0)
    squeezed = max(NARROWEST, min(1.0, width / big.width))
    size = (min(width, round(big.width * squeezed)), round(big.height * min(1.0, width / (big.width * squeezed))))
    return big.resize(size, Image.Resampling.LANCZOS) if size != big.size else big


@lru_cache(maxsize=64)  # the same sentence is drawn for every plan that is tried
def _text(
    text: str, width: int, size: int, weight: int, lines: int, smallest: int, centred: bool = True
) -> Image.Image:
    """A sentence in so many lines at most, in the largest size that holds it whole; shortened only at the smallest."""
    text = printable(text)
    for points in range(size, smallest - 1, -1):
        font = _font(weight, points)
        rows = list(islice(_wrapped(text, font, width), lines + 1))
        if len(rows) <= lines:
            break
    return _rows(fitting(text, font, width, lines), font, width, centred)


def _rows(rows: Sequence[str], font: ImageFont.FreeTypeFont, width: int, centred: bool) -> Image.Image:
    height = _line_height(font)
    image = Image.new("L", (width, max(1, height * len(rows))), 255)
    pen = ImageDraw.Draw(image)
    for place, row in enumerate(rows):
        x = (width - font.getlength(row)) / 2 if centred else 0.0
        pen.text((max(0.0, x), place * height + _lift(font)), row, font=font, fill=0)
    return image


def _band(text: str, width: int, size: int) -> Image.Image:
    words = _text(text, width - 16, size, 800, lines=1, smallest=16)
    band = Image.new("L", (width, words.height + 8), 0)
    band.paste(ImageChops.invert(words), (8, 4))
    return band


def _rule(width: int) -> Image.Image:
    image = Image.new("L", (width, 13), 255)
    ImageDraw.Draw(image).rectangle((0, 5, width, 7), fill=0)
    return image


def _gap(height: int) -> Image.Image:
    return Image.new("L", (1, height), 255)


def _beside(slip: Slip, width: int, size: int, lines: int) -> Image.Image:
    """The QR code with its sentences to the right, both centred against each other."""
    code = _qr(slip.qr, width) if slip.qr else None
    left = 0 if code is None else code.width + 8
    rows: list[Image.Image] = []
    left_over = lines
    for sentence, bold in slip.aside:
        if left_over <= 0:
            break
        font = _font(800 if bold else 400, size)
        kept = fitting(printable(sentence), font, width - left, left_over)
        left_over -= len(kept)
        rows.append(_rows(kept, font, width - left, centred=code is None))
    text_height = sum(row.height for row in rows)
    image = Image.new("L", (width, max(text_height, code.height if code else 0, 1)), 255)
    if code:
        image.paste(code, (0, (image.height - code.height) // 2))
    y = (image.height - text_height) // 2
    for row in rows:
        image.paste(row, (left, y))
        y += row.height
    return image


def _below(sentences: Sequence[tuple[str, str]], width: int, size: int, lines: int) -> list[Image.Image]:
    """Small print: the last sentence (whom to call) keeps its line, the first takes what is left."""
    kept = [*sentences[: lines - 1], sentences[-1]] if len(sentences) > lines else sentences
    first = lines - len(kept) + 1
    return [
        _mixed(printable(bold), printable(rest), width, size, first if place == 0 else 1)
        for place, (bold, rest) in enumerate(kept)
    ]


def _mixed(bold: str, rest: str, width: int, size: int, lines: int) -> Image.Image:
    """A sentence whose beginning is bold, left aligned."""
    heavy, light = _font(800, size), _font(400, size)
    indent = heavy.getlength(bold + " ") if bold else 0.0
    if indent > width * 0.7:
        return _rows(fitting(f"{bold} {rest}".strip(), heavy, width, lines), heavy, width, centred=False)
    rows = fitting(rest, light, width, lines, indent)
    image = _rows(["", *rows[1:]], light, width, centred=False)
    pen = ImageDraw.Draw(image)
    pen.text((0, _lift(heavy)), bold, font=heavy, fill=0)
    pen.text((indent, _lift(light)), rows[0], font=light, fill=0)
    return image


def _qr(text: str, width: int) -> Image.Image:
    """The code with its quiet zone, in the largest modules that leave room for words; 3 dots a module at least."""
    code = segno.make(text, error="m", micro=False, boost_error=False)
    modules = int(code.symbol_size(scale=1, border=QUIET_ZONE)[0])
    scale = max(3, min(6, int(width * 0.4) // modules))
    matrix = [bytes(0 if dark else 255 for dark in row) for row in code.matrix_iter(border=QUIET_ZONE)]
    small = Image.frombytes("L", (modules, modules), b"".join(matrix))
    return small.resize((modules * scale, modules * scale), Image.Resampling.NEAREST)


# --- measuring ---------------------------------------------------------------------------------------------


def fitting(text: str, font: ImageFont.FreeTypeFont, width: float, lines: int, indent: float = 0.0) -> list[str]:
    """The text in at most `lines` rows, none wider than `width`; what is left out is marked by "…"."""
    rows = list(islice(_wrapped(text, font, width, indent), lines + 1))
    if len(rows) <= lines:
        return rows or [""]
    last = rows[lines - 1]
    room = width - (indent if lines == 1 else 0.0)
    while last and font.getlength(last.rstrip(" ,.;:") + "…") > room:
        last = last[:-1]
    return [*rows[: lines - 1], last.rstrip(" ,.;:") + "…"]


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: float, indent: float = 0.0) -> Iterator[str]:
    """Rows of whole words; a word longer than a row is broken where it must be. The first row starts at `indent`."""
    row = ""
    room = width - indent
    for word in text.split():
        longer = f"{row} {word}" if row else word
        if font.getlength(longer) <= room:
            row = longer
            continue
        if row or (indent and room < width):
            yield row
            room = width
        row = word
        while font.getlength(row) > room:
            cut = _longest(row, font, room)
            yield row[:cut]
            row = row[cut:]
    if row:
        yield row


def _longest(word: str, font: ImageFont.FreeTypeFont, room: float) -> int:
    """How many characters of the word fit, at least one."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(word[:middle]) <= room else (low, middle - 1)
    return low


def printable(text: str) -> str:
    """The text as it can be drawn: NFC, one line, and "?" for what the font does not have."""
    one_line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(char if char == " " or _has(char) else "?" for char in one_line)


@cache
def _font(weight: int, size: int) -> ImageFont.FreeTypeFont:
    # the basic layout is the same on every machine; raqm may be missing on a kiosk PC
    return ImageFont.truetype(FONTS / f"BeVietnamPro-{weight}.ttf", size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _has(char: str) -> bool:
    """Whether the font draws this character as something else than its box for the unknown."""
    if unicodedata.category(char).startswith("C"):
        return False
    font = _font(400, 40)
    return bytes(font.getmask(char)) != bytes(font.getmask("\uffff"))


@cache
def _cap_height(weight: int, size: int) -> float:
    _, top, _, bottom = _font(weight, size).getbbox("H")
    return bottom - top


def _line_height(font: ImageFont.FreeTypeFont) -> int:
    return round(font.size * LINE_HEIGHT)


def _lift(font: ImageFont.FreeTypeFont) -> float:
    """Where a row's text starts so that the tallest letter (Ế) and the lowest (ỵ) stay inside the row."""
    return round(font.size * LINE_HEIGHT - sum(font.getmetrics())) / 2 + font.size * 0.02
