"""The error that rows can show, against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from onewarm.audit.clusters import Clusters
from onewarm.audit.questions import ask, rows_needed, visible_error
from onewarm.calibration import CalibrationSummary


def sample(rng, n, off=0.0):
    p = rng.uniform(0.1, 0.9, n)
    y = (rng.uniform(size=n) < p - off).astype(int)
    return CalibrationSummary(classwise=True).update(np.stack([1 - p, p], 1), y)


def test_a_visible_error_is_seen_in_four_of_five_samples():
    rng = np.random.default_rng(0)
    error = visible_error(sample(rng, 1000), "binary")
    seen = sum(ask(sample(rng, 1000, error), "binary")[0].wrong for _ in range(150))
    assert seen / 150 == pytest.approx(0.8, abs=0.1)


def test_so_many_rows_show_the_error():
    rng = np.random.default_rng(0)
    rows = rows_needed(sample(rng, 300), "binary", error=0.05)
    assert visible_error(sample(rng, rows), "binary") == pytest.approx(0.05, rel=0.1)
    assert str(rows)[2:].strip("0") == ""


def test_rows_in_groups_show_less():
    rng = np.random.default_rng(0)
    p = np.repeat(rng.uniform(0.1, 0.9, 60), 100)
    y = (np.repeat(rng.uniform(size=60), 100) < p).astype(int)
    clusters = Clusters("binary", 2)
    clusters.add(np.stack([1 - p, p], 1), y, np.repeat(np.arange(60), 100).astype(np.uint64))
    summary = CalibrationSummary(classwise=True).update(np.stack([1 - p, p], 1), y)
    plain, grouped = visible_error(summary, "binary"), visible_error(summary, "binary", clusters=clusters)
    assert 7 < grouped / plain < 14
    assert rows_needed(summary, "binary", clusters=clusters) > 40 * rows_needed(summary, "binary")


def test_sure_predictions_need_rows_too():
    summary = CalibrationSummary().update(np.ones(50), np.ones(50))
    assert visible_error(summary, "confidence") == pytest.approx(np.log(160) / 50)


def test_one_group_shows_nothing():
    clusters = Clusters("confidence", 1)
    clusters.add(np.full(50, 0.7), np.ones(50), np.zeros(50, np.uint64))
    summary = CalibrationSummary().update(np.full(50, 0.7), np.ones(50))
    assert visible_error(summary, "confidence", clusters=clusters) == 1
    assert not ask(summary, "confidence", clusters=clusters)[0].wrong
