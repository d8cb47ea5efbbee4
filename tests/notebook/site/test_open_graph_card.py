"""The picture of a page: a PNG of the size that is asked for, the same bytes each time, whatever the words are."""

import io
from pathlib import Path

import pytest
from PIL import Image

from onewarm.notebook.site.open_graph_card import CARD_HEIGHT, CARD_WIDTH, open_graph_card

WORDS = ("Label Smoothing & Soft Targets", "Optimization", "Take a little of the mass off the label. " * 9)


def test_the_same_words_give_the_same_small_png(tmp_path: Path) -> None:
    first = open_graph_card(*WORDS)
    assert first == open_graph_card(*WORDS) == open_graph_card(*WORDS, tmp_path) == open_graph_card(*WORDS, tmp_path)
    assert first != open_graph_card("Another", *WORDS[1:])
    assert len(first) < 40_000
    image = Image.open(io.BytesIO(first))
    assert (image.format, image.size) == ("PNG", (CARD_WIDTH, CARD_HEIGHT))


@pytest.mark.parametrize("text", ["", "w" * 500, "\u202eevil\u202c שלום عربي", "<b>\n\t\0</b>", "a " * 400, "😀"])
def test_no_words_break_it_or_leave_the_margins(text: str) -> None:
    image = Image.open(io.BytesIO(open_graph_card(text, text, text))).convert("RGB")
    paper = image.getpixel((2, 2))
    for x in (10, CARD_WIDTH - 10):
        assert {image.getpixel((x, y)) for y in range(0, CARD_HEIGHT, 3)} == {paper}
