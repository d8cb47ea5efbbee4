"""Numbers as readers write them."""

import math

import pytest

pytestmark = pytest.mark.browser

NUMBERS = {
    "0.41": 0.41,
    "-0.08": -0.08,
    "−0.08": -0.08,
    "–0.08": -0.08,
    "+3": 3,
    " 7 ": 7,
    ".5": 0.5,
    "5.": 5,
    "0,41": 0.41,
    "-0,5": -0.5,
    ",5": 0.5,
    "1e-3": 1e-3,
    "2E3": 2000,
}
NO_NUMBERS = ["", " ", "abc", "1,2,3", "1.2.3", "0x10", "1 2", "Infinity", "NaN", "--1", "1,234.5", "1e", "2 nats"]


def test_numbers_and_what_is_none(blank) -> None:
    read = """async texts => {
      const { parseNumber } = await import("./exercise.js");
      return texts.map(text => parseNumber(text)); }"""
    assert blank.evaluate(read, list(NUMBERS)) == list(NUMBERS.values())
    assert all(math.isnan(value) for value in blank.evaluate(read, NO_NUMBERS))
