"""The math font that the site serves: STIX Two Math, cut down to the characters that the pages use."""

from __future__ import annotations

import io
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from onewarm.notebook.site.cache import kept

__all__ = ["FONT_NAME", "LICENCE_NAME", "font_file", "font_licence", "math_font"]

FONT_NAME = "stix-two-math.woff2"
LICENCE_NAME = "stix-two-math.LICENSE.txt"

# Every page sets headings in the font, so the letters of any title must be there.
_ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "–—’“”…·×−αΑ"
# name table entries: copyright, full name, version, trademark, description, vendor, licence, licence address
_NAME_IDS = ((0, ""), (4, "Font: "), (5, ""), (7, ""), (10, ""), (11, "Home: "), (13, ""), (14, "Licence: "))


def math_font(text: str, cache: Path | None = None) -> bytes:
    """WOFF2 bytes of STIX Two Math with the characters of `text`, printable ASCII, and its MATH table.

    The same characters give the same bytes, whatever their order. `cache` is a folder to keep them in.
    """
    characters = "".join(sorted(set(text) | set(_ALWAYS)))
    made_from = " ".join(f"{name} {version(name)}" for name in ("fonttools", "brotli", "ziamath"))
    return kept(cache, "font", f"{made_from} {characters}", lambda: _subset(characters))


def _subset(characters: str) -> bytes:
    from fontTools import subset  # a tenth of a second, and not needed where the font is kept
    from fontTools.ttLib import TTFont

    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "liga", "ssty", "dtls", "flac", "mark", "mkmk", "ccmp"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.hinting = False
    options.glyph_names = False
    options.recalc_timestamp = False
    options.drop_tables += ["DSIG"]
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    out = io.BytesIO()
    with TTFont(font_file(), lazy=True, recalcTimestamp=False) as font:
        cutter.subset(font)
        font.flavor = "woff2"
        font.save(out, reorderTables=True)
    return out.getvalue()


def font_licence(cache: Path | None = None) -> str:
    """The font's licence notice, from its own name table."""
    return kept(cache, "licence", f"ziamath {version('ziamath')}", _licence).decode("utf-8")


def _licence() -> bytes:
    from fontTools.ttLib import TTFont

    with TTFont(font_file(), lazy=True) as font:
        found = [(label, font["name"].getDebugName(number)) for number, label in _NAME_IDS]
    lines = [label + text for label, text in found if text]
    return ("\n\n".join([*lines, "This copy holds only the glyphs that the pages use."]) + "\n").encode()


def font_file() -> Path:
    """The whole font, as the package that brings it has it."""
    # Found, not imported: the package warns on import, and its code is not needed.
    spec = find_spec("ziamath")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the math font comes with ziamath: pip install 'onewarm[notebook]'")
    return Path(spec.submodule_search_locations[0]) / "fonts" / "STIXTwoMath-Regular.ttf"
