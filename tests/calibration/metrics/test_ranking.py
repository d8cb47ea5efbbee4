"""AUROC, AURC and coverage against sorting the rows."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from onewarm.calibration import CalibrationSummary, aurc, auroc, coverage_at_risk


@pytest.fixture(scope="module")
def events():
    rng = np.random.default_rng(0)
    c = rng.uniform(size=3000)
    return c, (rng.uniform(size=3000) < c**2).astype(int)


def test_auroc_of_correctness(events):
    c, a = events
    on_cells = np.ceil(c * 600) / 600
    assert auroc(CalibrationSummary().update(on_cells, a)) == pytest.approx(roc_auc_score(a, on_cells), rel=1e-12)
    assert auroc(CalibrationSummary().update(c, a)) == pytest.approx(roc_auc_score(a, c), abs=1 / 600)
    assert np.isnan(auroc(CalibrationSummary().update(c, np.ones(3000))))


def test_aurc_is_the_mean_risk_over_coverages(events):
    c, a = events
    wrong = 1 - a[np.argsort(-c)]
    expected = (np.cumsum(wrong) / np.arange(1, 3001)).mean()
    assert aurc(CalibrationSummary().update(c, a)) == pytest.approx(expected, abs=2e-3)
    few = CalibrationSummary().update(np.array([0.9, 0.7, 0.5, 0.3]), np.array([1, 0, 1, 0]))
    assert aurc(few) == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4, rel=1e-9)
    tied = CalibrationSummary().update(np.array([0.9, 0.5, 0.5]), np.array([1, 1, 0]))
    assert aurc(tied) == pytest.approx((0 + (0 + 1 / 2) / 2 + 1 / 3) / 3, rel=1e-9)


def test_coverage_at_a_risk(events):
    c, a = events
    on_cells = np.ceil(c * 600) / 600
    expected = max(
        ((on_cells >= x).mean() for x in np.unique(on_cells) if 1 - a[on_cells >= x].mean() <= 0.2), default=0
    )
    assert coverage_at_risk(CalibrationSummary().update(on_cells, a), 0.2) == pytest.approx(expected, rel=1e-12)
    none = CalibrationSummary().update(np.array([0.9]), np.array([0]))
    assert coverage_at_risk(none, 0.5) == 0
    with pytest.raises(ValueError, match=r"^risk is 2: expected a number between 0 and 1$"):
        coverage_at_risk(none, 2)


def test_a_risk_that_is_met_exactly_is_covered():
    """29 wrong of 100 at risk .29: in floating point .29 * 100 is less than 29."""
    summary = CalibrationSummary().update(np.array([0.9, 0.9]), np.array([0, 1]), weights=np.array([29.0, 71.0]))
    assert 0.29 * 100 < 29 and coverage_at_risk(summary, 0.29) == 1
    one_more = CalibrationSummary().update(np.array([0.9, 0.9]), np.array([0, 1]), weights=np.array([29.00001, 71.0]))
    assert coverage_at_risk(one_more, 0.29) == 0


def test_a_risk_of_zero_covers_the_rows_above_the_first_wrong_one():
    summary = CalibrationSummary().update(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 1, 0, 1]))
    assert coverage_at_risk(summary, 0.0) == 0.5
