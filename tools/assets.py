"""Makes the shipped fonts and the icon sprite from their published packages; run by hand when an icon or a letter is missing.

    python tools/assets.py fonts DIR_WITH_TTF       (PyPI: fontpkg-be-vietnam-pro, plus fonttools[woff])
    python tools/assets.py icons DIR_WITH_SVG       (npm: lucide-static, folder icons)

Be Vietnam Pro has no tabular figures, and numbers that change must not jump. `tnum` is added here: the same figures on one common width.
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
SIGNS = "U+2012-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2039-203A,U+20AB-20AC,U+2122,U+2212,U+2248,U+2260,U+2264-2265"
FIGURES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
ICONS = """
accessibility arrow-left arrow-right arrow-up-down badge-check bell book-open calendar calendar-check calendar-plus calendar-x check
chevron-down chevron-left chevron-right chevron-up circle circle-alert circle-check circle-help circle-user circle-x clipboard-list clock
coffee copy credit-card door-open download ellipsis external-link eye file-check file-text flag forward frown hand hand-helping house id-card
info keyboard landmark languages laugh list list-checks lock log-in log-out map-pin maximize megaphone meh menu message-square minus monitor
navigation octagon-alert pause pencil phone play plus power printer qr-code refresh-cw repeat rotate-ccw save scan-line search send settings
shield-check siren smile square square-check star store sun tablet thumbs-up ticket timer trash-2 triangle-alert type undo-2 user user-check
user-plus users volume-2 volume-x wifi wifi-off x zoom-in
""".split()
RENAMED = {"circle-help": "circle-question-mark"}  # their newer names for what we ask for
ALIASES = {"alert-triangle": "triangle-alert"}


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
        font = TTFont(source / f"BeVietnamPro-{style}.ttf")
        with_tabular_figures(font)
        options = subset.Options()
        options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl", "liga", "case", "tnum"]
        options.name_IDs = ["*"]
        options.hinting = False
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=subset.parse_unicodes(LETTERS + "," + SIGNS))
        cutter.subset(font)
        paper = ROOT / "kiosk" / "fonts" / f"BeVietnamPro-{weight}.ttf"
        page = STATIC / "fonts" / f"be-vietnam-pro-{weight}.woff2"
        for path, flavor in ((paper, None), (page, "woff2")):
            path.parent.mkdir(parents=True, exist_ok=True)
            font.flavor = flavor
            font.save(path)
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} kB")


def icons(source: Path) -> None:
    """Writes one sprite; a page shows an icon by `<use href="…/icons.svg#name">`."""
    symbols = []
    wanted = {name: RENAMED.get(name, name) for name in ICONS} | ALIASES
    for name, file in sorted(wanted.items()):
        svg = (source / f"{file}.svg").read_text(encoding="utf-8")
        inside = re.sub(r"\s+", " ", svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]).replace(" />", "/>").strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inside.replace("> <", "><")}</symbol>')
    note = "<!-- Lucide icons, ISC licence, see docs/licences.md -->"
    (STATIC / "icons.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{note}\n' + "\n".join(symbols) + "\n</svg>\n", encoding="utf-8")
    print(f"{len(symbols)} icons")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("fonts", "icons"):
        sys.exit(__doc__)
    {"fonts": fonts, "icons": icons}[sys.argv[1]](Path(sys.argv[2]))
