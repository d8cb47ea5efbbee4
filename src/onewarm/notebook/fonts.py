"""The math font that the site serves: STIX Two Math, cut down to the characters that the pages use."""

from __future__ import annotations

import io
from functools import cache

from fontTools import subset
from fontTools.ttLib import TTFont

__all__ = ["FONT_NAME", "LICENCE_NAME", "font_licence", "math_font"]

FONT_NAME = "stix-two-math.woff2"
LICENCE_NAME = "stix-two-math.LICENSE.txt"

# Every page sets headings in the font, so the letters of any title must be there.
_ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "–—’“”…·×−αΑ"
# name table entries: copyright, full name, version, trademark, description, vendor, licence, licence address
_NAME_IDS = ((0, ""), (4, "Font: "), (5, ""), (7, ""), (10, ""), (11, "Home: "), (13, ""), (14, "Licence: "))


def math_font(text: str) -> bytes:
    """WOFF2 bytes of STIX Two Math with the characters of `text`, printable ASCII, and its MATH table.

    The same characters give the same bytes, whatever their order.
    """
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "liga", "ssty", "dtls", "flac", "mark", "mkmk", "ccmp"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.hinting = False
    options.glyph_names = False
    options.recalc_timestamp = False
    options.drop_tables += ["DSIG"]
    font = TTFont(_path(), lazy=True, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(set(text) | set(_ALWAYS))))
    cutter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue()


def font_licence() -> str:
    """The font's licence notice, from its own name table."""
    names = _font()["name"]
    lines = [f"{label}{found}" for number, label in _NAME_IDS if (found := names.getDebugName(number))]
    return "\n\n".join([*lines, "This copy holds only the glyphs that the pages use."]) + "\n"


@cache
def _font() -> TTFont:
    return TTFont(_file(), lazy=True)
