"""Bins and their gaps against loops over rows."""

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, classwise_ece, ece, top_label_ece
from onewarm.calibration.metrics.bins import (
    Gaps,
    cell_gaps,
    class_bins,
    class_gaps,
    dispersion,
    equal_mass,
    equal_width,
    of_block,
    predicted_gaps,
    total_weight,
)

N = 600


@pytest.fixture(scope="module")
def events():
    """Confidences in the middle of cells of 1/40, whether each was right, and weights."""
    rng = np.random.default_rng(0)
    c = (rng.integers(0, 40, N) + 0.5) / 40
    return c, (rng.uniform(size=N) < c**1.3).astype(float), rng.uniform(0.5, 2, N)


def classes(k, seed=1):
    """Probabilities (N, K) and labels drawn from something else."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(k, 0.6), N)
    return p, rng.integers(0, k, N)


def place(p, bins):
    return np.clip(np.ceil(p * bins).astype(int) - 1, 0, bins - 1)


@pytest.mark.parametrize("bins", [1, 8, 15])
def test_every_field_is_its_sum_over_rows(events, bins):
    c, a, w = events
    found = cell_gaps(CalibrationSummary().update(c, a, weights=w), equal_width(bins))
    at, total = place(c, bins), w.sum()
    for i, b in enumerate(np.unique(at)):  # bins without rows are left out
        wb, cb, ab = w[at == b], c[at == b], a[at == b]
        expected = {
            "share": wb.sum() / total,
            "gap": (wb * (cb - ab)).sum() / total,
            "confidence": (wb * cb).sum() / wb.sum(),
            "square": (wb * cb**2).sum() / wb.sum(),
            "moment": (wb**2).sum() / total**2,
        }
        for name, value in expected.items():
            assert getattr(found, name)[i] == pytest.approx(value, rel=1e-12), name
    assert len(found.share) == len(np.unique(at)) and not found.block.any()
    assert found.effective == pytest.approx(total**2 / (w**2).sum(), rel=1e-12)


def test_bins_of_equal_mass_divide_the_cell_that_an_edge_falls_into():
    mixing = equal_mass(CalibrationSummary().update(np.array([0.1, 0.1, 0.5, 0.9]), np.ones(4)), 3)
    low, middle, high = mixing[:, [59, 299, 539]].T  # rows of weight 2, 1 and 1; 4/3 a bin
    np.testing.assert_allclose(low, [2 / 3, 1 / 3, 0], atol=1e-15)
    np.testing.assert_allclose(middle, [0, 2 / 3, 1 / 3], atol=1e-15)
    np.testing.assert_allclose(high, [0, 0, 1], atol=1e-15)
    assert mixing.sum() == pytest.approx(3)  # empty cells go nowhere


@pytest.mark.parametrize("votes", [1, 4, 25])
def test_dispersion_of_votes_is_one_over_their_number(votes):
    rng = np.random.default_rng(0)
    c = rng.uniform(0.2, 0.8, 40_000)
    found = dispersion(CalibrationSummary().update(c, rng.binomial(votes, c) / votes))
    assert found == pytest.approx(1 / votes, rel=1e-9 if votes == 1 else 0.05)
    assert found <= 1


def test_dispersion_of_labels_is_never_above_one_by_rounding():
    rng = np.random.default_rng(0)
    for _ in range(60):
        c = rng.uniform(size=2000)
        assert 1 - 1e-12 < dispersion(CalibrationSummary().update(c, rng.uniform(size=2000) < c)) <= 1


def test_dispersion_keeps_a_floor_and_is_one_where_nothing_can_vary():
    c = np.array([0.25, 0.25, 0.75])
    assert dispersion(CalibrationSummary().update(c, np.array([0.3, 0.3, 0.6]))) == 1e-6  # a function of confidence
    assert dispersion(CalibrationSummary().update(c, np.array([0, 0, 1]))) == 1
    assert dispersion(CalibrationSummary().update(c, np.array([0, 1, 1]))) == 1


def test_bins_within_predicted_classes():
    p, labels = classes(3)
    s = CalibrationSummary(classwise=True).update(p, labels)
    found = predicted_gaps(s, 8)
    assert np.abs(found.gap).sum() == pytest.approx(top_label_ece(s, 8), rel=1e-12)
    for k in range(3):
        mine, own = p.argmax(axis=1) == k, of_block(found, k)
        c = p[mine].max(axis=1)
        assert own.share.sum() == pytest.approx(mine.mean())
        assert own.gap.sum() == pytest.approx((c - (labels[mine] == k)).sum() / N)
        assert len(own.share) == len(np.unique(place(c, 8)))
        assert own.dispersion == found.dispersion


@pytest.mark.parametrize("k", [2, 3])
def test_bins_of_classes(k):
    """Of two classes the second stands for both; of more every class counts."""
    p, labels = classes(k)
    s = CalibrationSummary(classwise=True, groups=5).update(p, labels)
    found, grouped = class_gaps(s, 10)
    t = np.eye(k)[labels]
    used = [1] if k == 2 else [0, 1, 2]
    expected = [
        (p - t)[place(p[:, j], 10) == b, j].sum() / N for j in used for b in np.unique(place(p[:, j], 10))
    ]  # fmt: skip
    np.testing.assert_allclose(found.gap, expected, atol=1e-15)
    assert np.unique(found.block).tolist() == list(range(len(used)))
    assert np.abs(found.gap).sum() == pytest.approx(classwise_ece(s, 10) * len(used), rel=1e-12)
    assert grouped.shape == (5, len(found.gap))
    np.testing.assert_allclose(grouped.sum(axis=0), found.gap, atol=1e-15)
    weight, mass, truth = class_bins(s, 10)
    assert weight.shape == mass.shape == truth.shape == (5, k, 10)
    np.testing.assert_allclose(mass.sum(axis=(0, 2)), p.sum(axis=0))
    np.testing.assert_allclose(truth.sum(axis=(0, 2)), t.sum(axis=0))


def test_events_are_one_class_in_one_group(events):
    s = CalibrationSummary().update(*events[:2])
    found, grouped = class_gaps(s, 15)
    assert isinstance(found, Gaps) and np.abs(found.gap).sum() == pytest.approx(ece(s), rel=1e-12)
    assert (grouped == found.gap).all() and grouped.shape[0] == 1
    assert [x.shape for x in class_bins(s, 15)] == [(1, 1, 15)] * 3


NO_ROWS = "summary has no rows: update it first"
NO_CLASSES = "summary has no counts by class: make it with CalibrationSummary(classwise=True)"


def test_errors(events):
    plain = CalibrationSummary().update(*classes(3))
    by_class = CalibrationSummary(classwise=True).update(*classes(3))
    one_event = CalibrationSummary().update(*events[:2])
    for call, text in (
        (lambda: total_weight(CalibrationSummary()), NO_ROWS),
        (lambda: cell_gaps(CalibrationSummary()), NO_ROWS),
        (lambda: class_bins(CalibrationSummary(classwise=True), 10), NO_ROWS),
        (lambda: class_gaps(plain, 10), NO_CLASSES),
        (lambda: class_bins(plain, 10), NO_CLASSES),
        (lambda: predicted_gaps(plain, 10), NO_CLASSES),
        (lambda: predicted_gaps(one_event, 10), NO_CLASSES),
        (lambda: equal_mass(one_event, 0), "bins is 0: expected at least 1"),
        (lambda: equal_width(16), "bins is 16, which does not divide the 600 cells kept: choose one of [1, 2, 3, 4, "),
        (lambda: class_gaps(by_class, 25), "bins is 25, which does not divide the 120 cells kept: choose one of [1, "),
    ):
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value).startswith(text)
