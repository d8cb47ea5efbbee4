import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.checks import visible
from onewarm.checks.visible import visible_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[31mred", r"\x1b[2J\x1b[31mred"),
        ("two\nlines\r\tand a bell\a", r"two\nlines\r\tand a bell\x07"),
        ("abc\u202ecba\u2066x", r"abc\u202ecba\u2066x"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\x9b31m", r"\x9b31m"),  # CSI in one character
        ("a\u2028b", r"a\u2028b"),
        ("\udce4", r"\udce4"),  # a byte of a file name that is not UTF-8
        ("\U000e0041", r"\U000e0041"),
        ("plain, être, 夏, می\u200cخواهم, 👩\u200d🔬", "plain, être, 夏, می\u200cخواهم, 👩\u200d🔬"),
        (3, "3"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_no_control_is_left_and_nothing_changes_twice(text):
    shown = visible(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert visible(shown) == shown
    shown.encode()  # it can be printed as UTF-8


def test_json_holds_the_same_values_and_nothing_that_a_terminal_obeys():
    value = {"a\u202e": ["\x1b[2J\x9b\x7f\u2028\U000e0001", 1.5, None, "\ud800", "été 夏"]}
    text = visible_json(value)
    assert json.loads(text) == value and "été 夏" in text
    assert not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    with pytest.raises(ValueError, match="not JSON compliant"):
        visible_json([float("nan")])
