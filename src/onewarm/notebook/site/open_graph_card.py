"""The Open Graph card of a page, the picture that other sites show of a link to it: section, title and summary."""

from __future__ import annotations

import io
from bisect import bisect_right
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from onewarm.errors import needs
from onewarm.notebook.site.cache import cached
from onewarm.notebook.site.math_font import font_file

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

__all__ = ["CARD_HEIGHT", "CARD_NAME", "CARD_WIDTH", "open_graph_card"]

CARD_NAME = "card.png"
CARD_WIDTH, CARD_HEIGHT = 1200, 630
PAPER, INK, MUTED, ACCENT, HEAT = "#fbfaf7", "#1d2430", "#566073", "#a84a06", "#e5964b"
MARGIN = 80
LONGEST = 600  # characters of a text; the rest is ignored
BARS = (0.93, 0.24, 0.24, 0.24)  # the logo: most of the mass on the label, some for the other classes


def open_graph_card(title: str, section: str, summary: str, cache: Path | None = None) -> bytes:
    """PNG bytes, 1200 by 630 pixels. The same texts give the same bytes.

    ``cache`` is a folder that keeps them for the next build.

    >>> open_graph_card("Coin", "Basics", "It has two sides.")[:4]
    b'\\x89PNG'
    """
    made_from = "\n".join(("1", version("pillow"), version("ziamath"), title, section, summary))
    return cached(cache, "card", made_from, lambda: _draw(title, section, summary))


def _draw(title: str, section: str, summary: str) -> bytes:
    with needs("the picture of a page", "notebook"):
        from PIL import Image, ImageDraw, ImageFont  # not needed if the picture is cached

    def font(size: int) -> FreeTypeFont:
        return ImageFont.truetype(font_file(), size, layout_engine=ImageFont.Layout.BASIC)

    image = Image.new("RGB", (CARD_WIDTH, CARD_HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    floor = CARD_HEIGHT - MARGIN
    for i, share in enumerate(BARS):
        left = CARD_WIDTH - MARGIN - 210 + i * 56
        draw.rounded_rectangle((left, floor - share * 330, left + 40, floor), 6, fill=HEAT if i else ACCENT)
    draw.text((MARGIN, 66), _lines(section, font(34), 900, 1)[0], font=font(34), fill=ACCENT)
    size = next((s for s in (92, 76, 62) if len(_lines(title, font(s), CARD_WIDTH - 2 * MARGIN, 9)) <= 2), 62)
    y = 122
    for line in _lines(title, font(size), CARD_WIDTH - 2 * MARGIN, 2):
        draw.text((MARGIN, y), line, font=font(size), fill=INK)
        y += round(size * 1.12)
    y += 28
    for line in _lines(summary, font(33), CARD_WIDTH - 2 * MARGIN - 270, max(0, (floor - 60 - y) // 43)):
        draw.text((MARGIN, y), line, font=font(33), fill=MUTED)
        y += 43
    draw.text((MARGIN, floor - 26), "onewarm", font=font(34), fill=INK)
    out = io.BytesIO()
    image.quantize(32, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _lines(text: str, font: FreeTypeFont, width: float, most: int) -> list[str]:
    """The text in at most `most` lines of at most `width` pixels; a longer text ends in an ellipsis."""
    lines: list[str] = []
    for word in "".join(c if c.isprintable() else " " for c in text[:LONGEST]).split():
        while font.getlength(word) > width:  # a word longer than a line is cut
            fits = _fits(word, font, width)
            lines.append(word[:fits])
            word = word[fits:]
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    if len(lines) <= most:
        return lines or [""]
    last = lines[most - 1] if most else ""
    while last and font.getlength(last + " …") > width:
        last = last.rpartition(" ")[0]
    return [*lines[: most - 1], last + " …"] if most else [""]


def _fits(word: str, font: FreeTypeFont, width: float) -> int:
    """How many characters of the word fit in the width; at least one."""
    return max(1, bisect_right(range(len(word)), width, key=lambda n: font.getlength(word[: n + 1])))
