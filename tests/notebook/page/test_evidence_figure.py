"""The figure of a witness: values stand where the scale says, and ticks are round and inside it."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.notebook.page.evidence_figure import linear_axis, log_axis

FINITE = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)


def percent(text: str) -> float:
    return float(text.removesuffix("%"))


@given(st.lists(FINITE, min_size=1, max_size=8))
def test_a_linear_axis_is_affine_and_holds_zero_and_every_value(values: list[float]) -> None:
    axis = linear_axis(values)
    assert axis.low <= 0 <= axis.high
    for value in [0.0, *values]:
        expected = 4 + 92 * (value - axis.low) / (axis.high - axis.low)
        assert percent(axis.at(value)) == pytest.approx(expected, abs=0.006)
    ticks = [value for value, _ in axis.ticks]
    assert 1 <= len(ticks) <= 7
    assert all(axis.low - 1e-6 <= tick <= axis.high + 1e-6 for tick in ticks)
    assert len({text for _, text in axis.ticks}) == len(ticks)
    for value, text in axis.ticks:
        assert float(text.replace("−", "-")) == pytest.approx(value, rel=1e-6, abs=1e-12)


def test_a_log_axis_marks_what_is_allowed() -> None:
    axis = log_axis([2e-15, 0.0, 3e3], 1e-10)
    assert axis.marks == (1e-10,)
    assert percent(axis.at(1e-17)) == 4
    assert percent(axis.at(0.0)) == 4
    assert percent(axis.at(3e3)) == pytest.approx(96)
    assert percent(axis.at(-1e-10)) == pytest.approx(4 + 92 * 7 / (17 + math.log10(3e3)), abs=0.01)
    assert [text for _, text in axis.ticks] == ["10⁻¹⁶", "10⁻¹²", "10⁻⁸", "10⁻⁴", "1"]


def test_a_row_draws_interval_effect_and_zero_and_hides_from_readers() -> None:
    axis = linear_axis([-0.2, 0.1])
    row = axis.row(-0.1, (-0.2, 0.1))
    assert 'aria-hidden="true"' in row
    assert re.search(r'class="range" x1="4.00%" x2="96.00%"', row)
    assert f'class="effect" cx="{axis.at(-0.1)}"' in row
    assert f'class="mark" x1="{axis.at(0)}"' in row
    assert "effect" not in axis.row(None)
    assert "effect" not in axis.row(math.nan)
