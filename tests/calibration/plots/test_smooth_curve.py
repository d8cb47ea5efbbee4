"""The smooth curve against loops, and its band against curves whose truth is known."""

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, reliability
from onewarm.calibration.metrics.bins import cell_gaps
from onewarm.calibration.plots.smooth_curve import smooth_curve


def events(n, rng, bend=0.0, **weights):
    """Confidences on [0, 1], right with chance c - bend * sin(2 pi c)."""
    c = rng.uniform(size=n)
    right = rng.uniform(size=n) < c - bend * np.sin(2 * np.pi * c)
    return CalibrationSummary().update(c, right, **weights)


def test_it_is_the_confidence_less_the_smoothed_gap():
    rng = np.random.default_rng(0)
    c, a = rng.uniform(size=300), rng.integers(0, 2, 300)
    curve = smooth_curve(cell_gaps(CalibrationSummary().update(c, a)), width=0.1)
    for x, y in zip(curve.x, curve.y, strict=True):
        kernel = np.exp(-0.5 * ((x - c) / 0.1) ** 2)
        assert y == pytest.approx(x - (kernel * (c - a)).sum() / kernel.sum(), abs=3e-3)  # cells: 1/600 wide


@pytest.mark.parametrize("bend", [pytest.param(0.0, marks=pytest.mark.long), 0.1])
def test_the_band_holds_the_whole_curve_as_often_as_it_says(bend):
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        cells = cell_gaps(events(1500, rng, bend))
        found = smooth_curve(cells, level=0.9)
        kernel = np.exp(-0.5 * ((found.x[:, None] - cells.confidence) / found.width) ** 2) * cells.share
        gap = bend * np.sin(2 * np.pi * cells.confidence)
        true = np.clip(found.x - (kernel @ gap) / kernel.sum(axis=1), 0, 1)  # the truth, smoothed alike
        held += bool(((found.low <= true) & (true <= found.high)).all())
    assert 0.84 <= held / 200 <= 0.97


def test_the_same_seed_gives_the_same_band_and_few_rows_a_wide_one():
    few, many = (events(n, np.random.default_rng(2)) for n in (200, 20_000))
    assert reliability(few).to_dict() == reliability(few, seed=0).to_dict()
    assert (reliability(few, seed=1).curve.high != reliability(few).curve.high).any()
    wide, narrow = (reliability(s).curve for s in (few, many))
    assert (wide.high - wide.low).min() > 3 * (narrow.high - narrow.low).max()
    assert (reliability(few, level=0.5).curve.high <= wide.high).all()


def test_where_every_row_is_right_the_band_has_a_width():
    p = np.full(50, 0.9)
    curve = smooth_curve(cell_gaps(CalibrationSummary().update(p, np.ones(50, int))))
    assert curve.y[0] == 1 and curve.low[0] < 0.95 and curve.high[0] == pytest.approx(1)


def test_votes_say_more_than_labels_and_weights_count():
    rng = np.random.default_rng(3)
    c = rng.uniform(size=2000)
    one = smooth_curve(cell_gaps(CalibrationSummary().update(c, rng.uniform(size=2000) < c)))
    many = smooth_curve(cell_gaps(CalibrationSummary().update(c, rng.binomial(20, c) / 20)))
    assert np.mean(many.high - many.low) < 0.5 * np.mean(one.high - one.low)
    right = rng.uniform(size=2000) < c
    plain, heavy = (
        smooth_curve(cell_gaps(CalibrationSummary().update(c, right, weights=w))) for w in (None, np.full(2000, 3.0))
    )
    np.testing.assert_allclose((heavy.y, heavy.low, heavy.high), (plain.y, plain.low, plain.high), atol=1e-9)


def test_errors():
    cells = cell_gaps(events(10, np.random.default_rng(0)))
    for options, text in (
        ({"width": 0.0}, "width is 0.0: expected more than 0"),
        ({"level": 95}, "level is 95: expected a number between 0 and 1, such as .95"),
    ):
        with pytest.raises(ValueError) as error:
            smooth_curve(cells, **options)
        assert str(error.value) == text
