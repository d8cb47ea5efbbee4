"""The same numbers as scikit-learn, torchmetrics, netcal and relplot where definitions agree; else how they differ.

Confidences on an edge are where they differ: ours are in the bin below, (lo, hi]; torchmetrics and relplot put them in
the bin above, and p = 1 in a bin of its own. Random confidences are on no edge.
"""

import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from onewarm.calibration import (
    CalibrationSummary,
    accuracy,
    brier,
    classwise_ece,
    ece,
    ece_equal_mass,
    mce,
    nll,
    smooth_ece,
)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(4000, 5)) * 2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    labels = (z / 2 + rng.gumbel(size=z.shape)).argmax(axis=1)
    return p, labels


@pytest.fixture(scope="module")
def events():
    rng = np.random.default_rng(1)
    c = rng.uniform(size=5000)
    return c, (rng.uniform(size=5000) < c**1.5).astype(int)


def test_scikit_learn_scores(rows, events):
    p, labels = rows
    s = CalibrationSummary().update(p, labels)
    assert nll(s) == pytest.approx(log_loss(labels, p), rel=1e-12)
    assert brier(s) == pytest.approx(brier_score_loss(labels, p, labels=range(5), scale_by_half=False), rel=1e-12)
    e = CalibrationSummary().update(*events)
    assert nll(e) == pytest.approx(log_loss(events[1], events[0]), rel=1e-12)
    assert brier(e) == pytest.approx(brier_score_loss(events[1], events[0]), rel=1e-12)
    weights = np.random.default_rng(2).uniform(size=4000)
    heavy = CalibrationSummary().update(p, labels, weights=weights)
    assert nll(heavy) == pytest.approx(log_loss(labels, p, sample_weight=weights), rel=1e-12)


def test_scikit_learn_curve(events):
    share, confidence = calibration_curve(events[1], events[0], n_bins=15)
    count, mean, right = CalibrationSummary().update(*events).bins(15)
    np.testing.assert_allclose(mean / count, confidence, rtol=1e-12)
    np.testing.assert_allclose(right / count, share, rtol=1e-12)


def test_torchmetrics_in_float64(rows, events):
    pytest.importorskip("torchmetrics")
    from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error

    p, labels = torch.from_numpy(rows[0]), torch.from_numpy(rows[1])
    s = CalibrationSummary().update(*rows)
    for bins in (10, 15, 20):
        for norm, ours in (("l1", ece), ("max", mce)):
            theirs = multiclass_calibration_error(p, labels, 5, n_bins=bins, norm=norm).item()
            assert ours(s, bins) == pytest.approx(theirs, rel=1e-5)  # they add the bins up in float32
    theirs = binary_calibration_error(torch.from_numpy(events[0]), torch.from_numpy(events[1]), n_bins=15).item()
    assert ece(CalibrationSummary().update(*events)) == pytest.approx(theirs, rel=1e-5)


def test_torchmetrics_differs_on_an_edge_and_at_one():
    pytest.importorskip("torchmetrics")
    from torchmetrics.functional.classification import binary_calibration_error

    c, a = np.array([0.5, 0.5, 0.45, 1.0, 0.95]), np.array([1, 1, 0, 1, 0])
    theirs = binary_calibration_error(torch.from_numpy(c), torch.from_numpy(a), n_bins=10).item()
    ours = ece(CalibrationSummary().update(c, a), 10)
    assert ours == pytest.approx((abs(0.5 + 0.5 + 0.45 - 2) + abs(1.95 - 1)) / 5)  # .45 and .5 together; .95 and 1
    assert theirs == pytest.approx((abs(1.0 - 2) + 0.45 + 0 + 0.95) / 5)  # .5 above, 1 apart


def test_float32_sums_of_torchmetrics_lose_rows():
    pytest.importorskip("torchmetrics")
    from torchmetrics.functional.classification.calibration_error import _ce_compute

    n = (1 << 24) + (1 << 23)
    found = float(_ce_compute(torch.full((n,), 0.65), torch.ones(n), 15))
    assert abs(found - 0.35) > 1e-3  # ours: test_passes.py


def test_netcal_in_float64(rows):
    netcal = pytest.importorskip("netcal.metrics", exc_type=ImportError)
    p, labels = rows
    s = CalibrationSummary().update(p, labels)
    for bins in (10, 15):
        assert ece(s, bins) == pytest.approx(netcal.ECE(bins).measure(p, labels), rel=1e-9)
        assert mce(s, bins) == pytest.approx(netcal.MCE(bins).measure(p, labels), rel=1e-9)
    # Its adaptive error takes quantiles as edges and the mean over bins of the gaps: rows / bins apart from ours.
    assert ece_equal_mass(s, 15) == pytest.approx(netcal.ECE(15, equal_intervals=False).measure(p, labels), abs=3e-3)


def test_relplot(rows, events):
    relplot = pytest.importorskip("relplot")
    for c, a in (events, (rows[0].max(axis=1), (rows[0].argmax(axis=1) == rows[1]).astype(float))):
        s = CalibrationSummary().update(c, np.asarray(a))
        assert ece(s, 10) == pytest.approx(relplot.metrics.binnedECE(c, a, nbins=10), rel=1e-9)
        for width in (0.02, 0.05, 0.2):
            theirs = relplot.metrics.smECE_sigma(c, a, sigma=width)
            assert smooth_ece(s, width) == pytest.approx(theirs, abs=1e-3)  # theirs: a mesh, a kernel of a few points
        assert smooth_ece(s) == pytest.approx(relplot.smECE(c, a), abs=1.5e-3)  # their width is a multiple of 1/1024


def test_classwise_error_is_the_mean_of_binary_ones(rows):
    p, labels = rows
    s = CalibrationSummary(classwise=True).update(p, labels)
    expected = np.mean([ece(CalibrationSummary().update(p[:, k], labels == k)) for k in range(5)])
    assert classwise_ece(s) == pytest.approx(expected, rel=1e-12)
    assert accuracy(s) == pytest.approx((p.argmax(axis=1) == labels).mean())
