"""Intervals over groups, against what simulated groups do."""

from __future__ import annotations

import numpy as np
import pytest

from onewarm.audit.clusters import Clusters
from onewarm.audit.questions.design_effect import design_effect, thinned
from onewarm.calibration import CalibrationSummary, estimate


def copied(rng, people, visits):
    """Rows of one person are copies of each other."""
    z = rng.normal(0, 1.5, (people, 3))
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    groups = np.repeat(np.arange(people), visits).astype(np.uint64)
    p, y = np.repeat(p, visits, axis=0), np.repeat(y, visits)
    clusters = Clusters("multiclass", 3)
    clusters.add(p, y, groups)
    return CalibrationSummary(classwise=True).update(p, y), clusters


@pytest.mark.parametrize("of", ["confidence", "correct", "gap", "nll", "brier", "bins", "classes"])
def test_copies_count_once(of):
    summary, clusters = copied(np.random.default_rng(0), 300, 10)
    assert design_effect(summary, clusters, of, 15) == pytest.approx(10, rel=0.35)


def test_a_group_for_each_row_changes_little():
    summary, clusters = copied(np.random.default_rng(0), 3000, 1)
    for of in ("correct", "nll", "brier", "gap", "bins"):
        assert design_effect(summary, clusters, of, 15) == pytest.approx(1, abs=0.25)


def test_one_group_tells_nothing():
    summary, clusters = copied(np.random.default_rng(0), 1, 50)
    assert design_effect(summary, clusters, "correct", 15) == np.inf


def test_a_thinned_summary_has_the_intervals_of_fewer_rows():
    rng = np.random.default_rng(0)
    summary, _ = copied(rng, 400, 9)
    once = CalibrationSummary(classwise=True)
    wide = thinned(summary, 9.0)
    assert wide.count == summary.count
    for name in ("accuracy", "nll", "brier", "confidence_gap", "ece"):
        a, b = estimate(summary, name), estimate(wide, name)
        assert a.value == b.value
        if name != "ece":
            assert b.high - b.low == pytest.approx(3 * (a.high - a.low), rel=0.03)
    assert once.merge(wide).count == summary.count
