"""The parts of the Brier score add up to it."""

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, brier, brier_reliability, brier_resolution, brier_uncertainty


@pytest.mark.parametrize("kind", ["labels", "votes"])
def test_parts_of_the_brier_score_add_up(case, kind):
    z, labels, votes, _ = case
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    truth = labels if kind == "labels" else votes
    t = np.eye(5)[labels] if kind == "labels" else votes / votes.sum(axis=1, keepdims=True)
    s = CalibrationSummary(classwise=True).update(p, truth)
    parts = brier_reliability(s, 10) - brier_resolution(s, 10) + brier_uncertainty(s)
    within = 0.0
    for k in range(5):
        b = np.clip(np.ceil(p[:, k] * 10).astype(int) - 1, 0, 9)
        for j in np.unique(b):
            x, y = p[b == j, k], t[b == j, k]
            within += len(x) / 400 * (x.var() - 2 * ((x - x.mean()) * (y - y.mean())).mean())
    assert parts + within == pytest.approx(brier(s), rel=1e-9)


def test_of_events_with_one_value_a_bin_nothing_is_within():
    rng = np.random.default_rng(0)
    c = rng.integers(1, 11, 300) / 10
    s = CalibrationSummary().update(c, rng.uniform(size=300) < c)
    parts = brier_reliability(s, 10) - brier_resolution(s, 10) + brier_uncertainty(s)
    assert parts == pytest.approx(brier(s), rel=1e-9)
