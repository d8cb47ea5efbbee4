"""Snippets print, and numbers of a text are found in what they print."""

import pytest

from onewarm.notebook.concept.run_code import numbers_missing, run_code


def test_prints_and_shares_nothing() -> None:
    assert run_code("a = 1\nprint(a, ow.one_hot(np.array([0]), 2).dense())") == "1 [[1. 0.]]\n"
    with pytest.raises(NameError):
        run_code("print(a)")


def test_what_it_raises_comes_through() -> None:
    with pytest.raises(AssertionError, match="so"):
        run_code("assert False, 'so'")


@pytest.mark.parametrize(
    ("text", "printed", "missing"),
    [
        ("`0.5` and 0.7", "0.5", ()),
        ("`.5`", "0.5", ()),
        ("`0.5`", "0.55 10.5 0.5a", ("0.5",)),
        ("`-0.25`", "a -0.25:", ()),
        ("`-0.25`", "0.25", ("-0.25",)),
        ("`0.7`, `0.2`", "[[0.7 0.2 0.1]]", ()),
        ("`0.812` then `2e-3`", "1", ("0.812", "2e-3")),
        ("`x2` and `KL(u)`", "", ()),
    ],
)
def test_numbers_missing(text: str, printed: str, missing: tuple[str, ...]) -> None:
    assert numbers_missing(text, printed) == missing
