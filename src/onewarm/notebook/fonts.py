"""The math font that the site serves: STIX Two Math, cut down to the characters that the pages use."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

__all__ = ["FONT_NAME", "LICENCE_NAME", "font_licence", "math_font"]

FONT_NAME = "stix-two-math.woff2"
LICENCE_NAME = "stix-two-math.LICENSE.txt"

# Every page sets headings in the font, so the letters of any title must be there.
_ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "–—’“”…·×−αΑ"
# name table entries: copyright, full name, version, trademark, description, vendor, licence, licence address
_NAME_IDS = ((0, ""), (4, "Font: "), (5, ""), (7, ""), (10, ""), (11, "Home: "), (13, ""), (14, "Licence: "))


def math_font(text: str, cache_folder: Path | None = None) -> bytes:
    """WOFF2 bytes of STIX Two Math with the characters of `text` (and printable ASCII) and its MATH table.

    The same characters give the same bytes. Cutting takes about a second: give `cache_folder` and the bytes are
    kept there, under a name made from the characters and the font's version.
    """
    characters = "".join(sorted(set(text) | set(_ALWAYS)))
    name = hashlib.sha256(f"{_version()}\n{characters}".encode()).hexdigest()[:24] + ".woff2"
    kept = None if cache_folder is None else cache_folder / name
    if kept is not None and kept.is_file():
        return kept.read_bytes()
    data = _cut(characters)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside = kept.with_suffix(".part")
        beside.write_bytes(data)
        beside.replace(kept)
    return data


def font_licence() -> str:
    """The font's licence notice, from its own name table."""
    names = _font()["name"]
    lines = [f"{label}{found}" for number, label in _NAME_IDS if (found := names.getDebugName(number))]
    return "\n\n".join([*lines, "This copy holds only the glyphs that the pages use."]) + "\n"


def _version() -> str:
    import fontTools

    return f"{_font()['name'].getDebugName(5)} fontTools {fontTools.version}"


@cache
def _font() -> TTFont:
    with as_file(files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf") as path:
        return TTFont(path, lazy=True)


def _cut(characters: str) -> bytes:
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "liga", "ssty", "dtls", "flac", "mark", "mkmk", "ccmp"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.hinting = False
    options.glyph_names = False
    options.recalc_timestamp = False
    options.drop_tables += ["DSIG"]
    options.no_subset_tables += ["gasp"]
    with as_file(files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf") as path:
        font = TTFont(path, lazy=True, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue()
