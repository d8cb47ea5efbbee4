"""The math font of the site: STIX Two Math, reduced to the characters that the pages use."""

from __future__ import annotations

import io
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from onewarm.errors import MissingExtraError, needs
from onewarm.notebook.site.cache import cached

__all__ = ["FONT_NAME", "LICENCE_NAME", "font_file", "font_licence", "math_font"]

FONT_NAME = "stix-two-math.woff2"
LICENCE_NAME = "stix-two-math.LICENSE.txt"

# Headings are set in this font, so it needs the letters of any title. The root sign stands in no text: msqrt draws it.
_ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "–—’“”…·×−αΑ√"
# name table entries: copyright, full name, version, trademark, description, vendor, licence, licence address
_NAME_IDS = ((0, ""), (4, "Font: "), (5, ""), (7, ""), (10, ""), (11, "Home: "), (13, ""), (14, "Licence: "))


def math_font(text: str, cache: Path | None = None) -> bytes:
    """WOFF2 bytes of STIX Two Math with the characters of ``text``, printable ASCII, and its MATH table.

    The same set of characters gives the same bytes. ``cache`` is a folder that keeps them for the next build.
    """
    characters = "".join(sorted(set(text) | set(_ALWAYS)))
    made_from = " ".join(f"{name} {version(name)}" for name in ("fonttools", "brotli", "ziamath"))
    return cached(cache, "font", f"{made_from} {characters}", lambda: _subset(characters))


def _subset(characters: str) -> bytes:
    with needs("the math font", "notebook"):
        from fontTools import subset  # takes a tenth of a second, and is not needed if the font is cached
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
    """The font's licence notice, from its name table."""
    return cached(cache, "licence", f"ziamath {version('ziamath')}", _licence).decode("utf-8")


def _licence() -> bytes:
    with needs("the math font", "notebook"):
        from fontTools.ttLib import TTFont

    with TTFont(font_file(), lazy=True) as font:
        entries = [(label, font["name"].getDebugName(number)) for number, label in _NAME_IDS]
    lines = [label + text for label, text in entries if text]
    return ("\n\n".join([*lines, "This copy holds only the glyphs that the pages use."]) + "\n").encode()


def font_file() -> Path:
    """The complete font, in the package `ziamath`.

    Raises:
        ModuleNotFoundError: ziamath is not installed.
    """
    # Looked up without an import: the package warns on import, and its code is not needed.
    spec = find_spec("ziamath")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("the math font comes with ziamath: pip install 'onewarm[notebook]'")
    return Path(spec.submodule_search_locations[0]) / "fonts" / "STIXTwoMath-Regular.ttf"
