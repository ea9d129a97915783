"""Makes the shipped fonts and icon sprite from their published packages; by hand, when a letter or an icon is missing.

    python .ci/assets.py fonts DIR_WITH_TTF          (PyPI: fontpkg-be-vietnam-pro, plus fonttools[woff])
    python .ci/assets.py icons DIR_WITH_SVG NAME…    (npm: lucide-static, its folder icons; what is there stays)

Be Vietnam Pro has no tabular figures, and numbers that change must not jump: `tnum` is added here, the same figures on
one common width.
"""

import re
import sys
from copy import deepcopy
from pathlib import Path

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "server" / "web" / "static"
WEIGHTS = {"Regular": 400, "SemiBold": 600, "ExtraBold": 800}
# Latin-1, Latin Extended-A, the Vietnamese letters with their combining marks, and the punctuation our sentences use
LETTERS = "U+20-7E,U+A0-17F,U+1A0-1A1,U+1AF-1B0,U+300-301,U+303,U+309,U+323,U+1E80-1E85,U+1EA0-1EF9,U+2007-2010"
SIGNS = "U+2012-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2039-203A,U+20AB-20AC,U+2122"
MATHS = "U+2212,U+2248,U+2260,U+2264-2265"
FIGURES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
OTHER_NAMES = {"circle-help": "circle-question-mark", "alert-triangle": "triangle-alert"}  # ours: Lucide's today


def with_tabular_figures(font):
    """Adds the feature `tnum`: copies of the ten figures, each centred on one width."""
    from fontTools.ttLib.tables import otTables

    glyphs, widths = font["glyf"], font["hmtx"]
    common = round(sum(widths[name][0] for name in FIGURES if name != "one") / 9)
    for name in FIGURES:
        glyph = deepcopy(glyphs[name])
        shift = round((common - widths[name][0]) / 2)
        glyph.coordinates.translate((shift, 0))
        glyph.recalcBounds(glyphs)
        glyphs[f"{name}.tnum"] = glyph
        widths[f"{name}.tnum"] = (common, glyph.xMin)
    font["maxp"].numGlyphs = len(glyphs.glyphOrder)

    substitution = otTables.SingleSubst()
    substitution.mapping = {name: f"{name}.tnum" for name in FIGURES}
    lookup = otTables.Lookup()
    lookup.LookupType, lookup.LookupFlag, lookup.SubTable, lookup.SubTableCount = 1, 0, [substitution], 1
    table = font["GSUB"].table
    table.LookupList.Lookup.append(lookup)
    table.LookupList.LookupCount += 1
    feature = otTables.Feature()
    feature.FeatureParams, feature.LookupListIndex, feature.LookupCount = None, [table.LookupList.LookupCount - 1], 1
    record = otTables.FeatureRecord()
    record.FeatureTag, record.Feature = "tnum", feature
    table.FeatureList.FeatureRecord.append(record)  # their order is by tag, and `tnum` comes last
    table.FeatureList.FeatureCount += 1
    for script in table.ScriptList.ScriptRecord:
        for system in [script.Script.DefaultLangSys, *(each.LangSys for each in script.Script.LangSysRecord)]:
            if system is not None:
                system.FeatureIndex.append(table.FeatureList.FeatureCount - 1)
                system.FeatureCount += 1


def fonts(source: Path) -> None:
    """Writes three woff2 for the pages and three TTF for the kiosk's paper, the same letters in both."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    for style, weight in WEIGHTS.items():
        font = TTFont(source / f"BeVietnamPro-{style}.ttf", recalcTimestamp=False)
        with_tabular_figures(font)
        options = subset.Options()
        options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl", "liga", "case", "tnum"]
        options.name_IDs = ["*"]
        options.hinting = False
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=subset.parse_unicodes(f"{LETTERS},{SIGNS},{MATHS}"))
        cutter.subset(font)
        paper = ROOT / "kiosk" / "fonts" / f"BeVietnamPro-{weight}.ttf"
        page = STATIC / "fonts" / f"be-vietnam-pro-{weight}.woff2"
        for path, flavor in ((paper, None), (page, "woff2")):
            path.parent.mkdir(parents=True, exist_ok=True)
            font.flavor = flavor
            font.save(path)
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} kB")


def icons(source: Path, more: list[str]) -> None:
    """Writes one sprite of the icons it had and these; a page shows one by `<use href="…/icons.svg#name">`."""
    sprite = STATIC / "icons.svg"
    names = set(more) | set(re.findall(r'<symbol id="([\w-]+)"', sprite.read_text(encoding="utf-8")))
    symbols = []
    for name in sorted(names):
        svg = (source / f"{OTHER_NAMES.get(name, name)}.svg").read_text(encoding="utf-8")
        inside = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
        inside = re.sub(r"\s+", " ", inside).replace(" />", "/>").replace("> <", "><").strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inside}</symbol>\n')
    note = "<!-- Lucide icons, ISC licence, see docs/licences.md -->\n"
    content = f'<svg xmlns="http://www.w3.org/2000/svg">{note}{"".join(symbols)}</svg>\n'
    sprite.write_text(content, encoding="utf-8")
    print(f"{len(symbols)} icons")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fonts", folder]:
            fonts(Path(folder))
        case ["icons", folder, *more]:
            icons(Path(folder), more)
        case _:
            sys.exit(__doc__)
