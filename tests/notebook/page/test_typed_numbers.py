"""A number that someone typed is found wherever it stands in prose, and nowhere else."""

import pytest

from onewarm.notebook.page.typed_numbers import typed_numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the loss is 0.845.", ("0.845",)),
        ("$z = (3, 1, -0.5, -1)$ and $\\alpha = 0.15$", ()),
        ("$3.611$, .925, 0.0025", ("3.611", ".925", "0.0025")),
        ("`0.3233` and [3.611](state:a/b/c-3.611)", ("3.611",)),
        ("{{ value:loss .3f }}, {{value:x}}", ()),
        ("400 steps of 1,000 rows, 2015, section 3.2.1, 5 %", ()),
        ("12.5 %, 97.9 %", ("12.5", "97.9")),
        ("log(0.9 / 0.1) = 2.1972, −0.155", ("2.1972", "−0.155")),
        ("p0.845 x.123y", ()),
    ],
)
def test_what_counts_as_typed(text: str, found: tuple[str, ...]) -> None:
    assert typed_numbers(text) == found
