"""The font holds what the pages use, is the same bytes each time, and says its licence."""

import io

import pytest
from fontTools.ttLib import TTFont

from onewarm.notebook.site.math_font import font_licence, math_font


@pytest.fixture(scope="module")
def data() -> bytes:
    return math_font("∑𝛼⟨⟩")


def test_same_characters_same_bytes(data: bytes) -> None:
    assert math_font("⟩⟨𝛼∑∑") == data


def test_it_has_the_characters_the_letters_and_the_math_table(data: bytes) -> None:
    font = TTFont(io.BytesIO(data))
    assert font.flavor == "woff2"
    assert {ord(c) for c in "∑𝛼⟨⟩ABCxyz019√"} <= set(font.getBestCmap())
    assert "MATH" in font
    assert ord("∰") not in font.getBestCmap()
    assert len(data) < 60_000


def test_the_licence_is_the_fonts_own(data: bytes) -> None:
    text = font_licence()
    assert "SIL Open Font License, Version 1.1" in text
    assert "The STIX Fonts Project Authors" in text
    assert "SIL Open Font License" in TTFont(io.BytesIO(data))["name"].getDebugName(13)
