"""What counts as one independent row, against what simulation shows."""

from __future__ import annotations

import numpy as np
import pytest

from onewarm.audit.clusters import Clusters
from onewarm.audit.questions import units
from onewarm.calibration import CalibrationSummary


def made(rng, n, *, votes=0, weights=False):
    z = rng.normal(0, 2, (n, 3))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    w = rng.exponential(size=n) if weights else None
    if votes:
        return p, rng.multinomial(votes, p), w
    return p, (z + rng.gumbel(size=z.shape)).argmax(axis=1), w


def test_labels_are_rows():
    p, y, _ = made(np.random.default_rng(0), 500)
    found = units.of_classes(CalibrationSummary(classwise=True).update(p, y), None)
    assert found.known
    assert (found.unit == 1).all()
    assert np.isinf(found.df).all()


def test_five_votes_are_five_rows():
    p, votes, _ = made(np.random.default_rng(0), 20_000, votes=5)
    summary = CalibrationSummary(classwise=True).update(p, votes)
    assert units.of_top(summary, None).unit[0] == pytest.approx(0.2, rel=0.05)
    assert units.of_classes(summary, None).unit == pytest.approx(np.full(3, 0.2), rel=0.5)


def test_exponential_weights_halve_the_rows():
    p, y, w = made(np.random.default_rng(0), 20_000, weights=True)
    summary = CalibrationSummary(classwise=True).update(p, y, weights=w)
    found = units.of_top(summary, None)
    assert not found.known
    assert found.unit[0] == pytest.approx(2, rel=0.05)
    assert found.df[0] == pytest.approx(10_000, rel=0.05)


def test_copies_of_a_row_in_a_group_are_one_row():
    rng = np.random.default_rng(0)
    p, y, _ = made(rng, 400)
    p, y, groups = np.repeat(p, 25, axis=0), np.repeat(y, 25), np.repeat(np.arange(400), 25).astype(np.uint64)
    clusters = Clusters("multiclass", 3)
    clusters.add(p, y, groups)
    found = units.of_top(CalibrationSummary(classwise=True).update(p, y), clusters)
    assert found.unit[0] == pytest.approx(25, rel=0.3)
    assert found.df[0] < 400


def test_predictions_of_exactly_0_and_1_with_weights_have_units():
    """A sum without any variance divided by 0."""
    p = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    summary = CalibrationSummary(classwise=True).update(p, np.array([1, 0, 1]), weights=np.array([1.0, 1.0, 2.0]))
    assert units.of_classes(summary, None).unit.tolist() == [1.5, 1.5, 1.5]
