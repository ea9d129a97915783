"""The family of the screens: contrast, letters, icons, and that nothing is fetched from elsewhere."""

import io
import re
import unicodedata
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "server" / "web" / "static"
SHIPPED = [
    path
    for folder in ("server", "kiosk", "display")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".css", ".js", ".html", ".svg"}
]
TOKENS = dict(re.findall(r"--([\w-]+):\s*([^;]+);", (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")))
BADGES = re.findall(
    r"\.badge-(\d) \{ --badge: (#\w{6}); --badge-night: (#\w{6}); --badge-shape: ([^;]+); \}",
    (STATIC / "css" / "tokens.css").read_text(encoding="utf-8"),
)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


TEXT = [(text, ground) for text in ("ink", "quiet", "red", "jade", "amber", "blue") for ground in ("paper", "mist")] + [
    ("paper", "red"),
    ("paper", "red-deep"),
    ("paper", "ink"),
    ("jade", "jade-mist"),
    ("jade-deep", "jade-mist"),
    ("amber", "amber-mist"),
    ("blue", "blue-mist"),
    ("red", "red-mist"),
]
NIGHT = [
    (text, ground)
    for text in ("night-text", "night-quiet", "gold", "night-jade", "night-red")
    for ground in ("night", "night-soft")
]


@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(text: str, ground: str) -> None:
    """Text on its ground has at least 4.5:1."""
    assert contrast(TOKENS[text], TOKENS[ground]) >= 4.5


@pytest.mark.parametrize(("text", "ground"), [("ink", "paper"), ("ink", "mist"), ("paper", "red"), *NIGHT])
def test_text_can_be_read_from_afar(text: str, ground: str) -> None:
    """What kiosk and wall are made of has at least 7:1."""
    assert contrast(TOKENS[text], TOKENS[ground]) >= 7


@pytest.mark.parametrize(("edge", "ground"), [("edge", "paper"), ("edge", "mist"), ("night-edge", "night")])
def test_edge_of_a_field_can_be_seen(edge: str, ground: str) -> None:
    """The only edge of something to press has at least 3:1."""
    assert contrast(TOKENS[edge], TOKENS[ground]) >= 3


def test_line_is_known_by_more_than_its_colour() -> None:
    """Ten badges, each with its own shape and colour, whose letter has at least 7:1 by day and by night."""
    assert [index for index, *_ in BADGES] == [str(index) for index in range(10)]
    assert len({shape for *_, shape in BADGES}) == len({day for _, day, *_ in BADGES}) == 10
    for _, day, night, _ in BADGES:
        assert contrast("#ffffff", day) >= 7
        assert contrast(TOKENS["night"], night) >= 7


def vietnamese() -> set[str]:
    """Every letter of Vietnamese with every tone, small and capital, and the signs that our sentences use."""
    letters = set("đĐ–—…·₫đ“”‘’×−°%/:()") | set("0123456789") | {chr(code) for code in range(0x20, 0x7F)}
    for vowel in "aăâeêioôơuưy":
        for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"):
            small = unicodedata.normalize("NFC", vowel + tone)
            letters |= {small, small.upper()}
    return letters


FONTS = [*sorted((STATIC / "fonts").glob("*.woff2")), *sorted((ROOT / "kiosk" / "fonts").glob("*.ttf"))]


@pytest.mark.parametrize("path", FONTS, ids=lambda path: path.name)
def test_font_writes_vietnamese(path: Path) -> None:
    """Each shipped font has every letter we write, and tabular figures of one width."""
    font = TTFont(io.BytesIO(path.read_bytes()))
    known = font.getBestCmap()
    assert not {letter for letter in vietnamese() if ord(letter) not in known}
    tabular = next(each.Feature for each in font["GSUB"].table.FeatureList.FeatureRecord if each.FeatureTag == "tnum")
    lookup = font["GSUB"].table.LookupList.Lookup[tabular.LookupListIndex[0]]
    figures = lookup.SubTable[0].mapping
    assert len(figures) == 10
    assert len({font["hmtx"][figure][0] for figure in figures.values()}) == 1


def test_fonts_are_there() -> None:
    """Three weights for the pages and the same three for the paper."""
    assert [path.stem[-3:] for path in FONTS] == ["400", "600", "800"] * 2


def test_every_icon_asked_for_is_in_the_sprite() -> None:
    """No page shows an empty square: each name written in a template or module has its symbol."""
    there = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    asked: set[str] = set()
    for path in SHIPPED:
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""\bicon\(\s*["']([\w-]+)["']""", text))
        asked |= set(re.findall(r"""icons\.svg[^"'`\s]*#([\w-]+)["'`]""", text))
    assert asked
    assert not asked - there


def test_every_colour_and_measure_has_its_token() -> None:
    """A custom property that a style uses is defined in a style, or set by a module."""
    styles = {path: path.read_text(encoding="utf-8") for path in SHIPPED if path.suffix == ".css"}
    modules = "".join(path.read_text(encoding="utf-8") for path in SHIPPED if path.suffix in {".js", ".html"})
    defined = {name for text in styles.values() for name in re.findall(r"(--[\w-]+)\s*:", text)}
    defined |= set(re.findall(r"""["'](--[\w-]+)["']""", modules))
    for path, text in styles.items():
        assert not set(re.findall(r"var\((--[\w-]+)\)", text)) - defined, path.name


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    """No style, module, template or picture names another host, nor carries markup that the strict policy blocks."""
    text = path.read_text(encoding="utf-8")
    hosts = set(re.findall(r"https?://[\w.-]+", text)) - {"http://www.w3.org"}
    assert not hosts
    if path.suffix == ".html":
        assert not re.search(r"""\sstyle=|\son[a-z]+=|<style|<script(?![^>]*(\bsrc=|application/json))""", text)
