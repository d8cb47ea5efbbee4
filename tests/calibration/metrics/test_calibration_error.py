"""Calibration errors against straight loops over rows."""

import numpy as np
import pytest

from onewarm.calibration import (
    CalibrationSummary,
    classwise_ece,
    confidence_gap,
    ece,
    ece_equal_mass,
    mce,
    overconfidence,
    smooth_ece,
    squared_error,
    top_label_ece,
    underconfidence,
)


@pytest.fixture(scope="module")
def rows():
    """Probabilities (3000, 4) that are too sure, their labels, and a votes truth."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(3000, 4)) * 2
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    soft = np.exp(z / 2) / np.exp(z / 2).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(4, p=row) for row in soft])
    votes = np.stack([rng.multinomial(5, row) for row in soft])
    return p, labels, votes


def place(p, bins):
    return np.clip(np.ceil(p * bins).astype(int) - 1, 0, bins - 1)


def truth_of(truth):
    return np.eye(4)[truth] if truth.ndim == 1 else truth / truth.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize("bins", [1, 8, 10, 15, 20])
def test_binned_errors_of_the_top_class(rows, kind, bins):
    p, t = rows[0], truth_of(rows[kind])
    s = CalibrationSummary(classwise=True).update(p, rows[kind])
    c, k = p.max(axis=1), p.argmax(axis=1)
    d = c - t[np.arange(len(p)), k]
    parts = [d[place(c, bins) == b] for b in range(bins)]
    parts = [x for x in parts if len(x)]
    assert ece(s, bins) == pytest.approx(sum(abs(x.sum()) for x in parts) / len(p), rel=1e-12)
    assert mce(s, bins) == pytest.approx(max(abs(x.mean()) for x in parts), rel=1e-12)
    over, under = overconfidence(s, bins), underconfidence(s, bins)
    assert over + under == pytest.approx(ece(s, bins), rel=1e-12)
    assert over - under == pytest.approx(confidence_gap(s), rel=1e-12)
    debiased = sum(len(x) / len(p) * (x.mean() ** 2 - x.var() / (len(x) - 1)) for x in parts if len(x) > 1)
    assert squared_error(s, bins) == pytest.approx(debiased, rel=2e-3)  # d by cells of 1/600


@pytest.mark.parametrize("bins", [1, 8, 15])
def test_errors_of_classes(rows, bins):
    p, labels, _ = rows
    t = truth_of(labels)
    s = CalibrationSummary(classwise=True).update(p, labels)
    expected = np.mean([
        sum(abs((p - t)[place(p[:, k], bins) == b, k].sum()) for b in range(bins)) / len(p) for k in range(4)
    ])  # fmt: skip
    assert classwise_ece(s, bins) == pytest.approx(expected, rel=1e-12)
    c, k = p.max(axis=1), p.argmax(axis=1)
    d = c - t[np.arange(len(p)), k]
    expected = sum(abs(d[(place(c, bins) == b) & (k == j)].sum()) for b in range(bins) for j in range(4)) / len(p)
    assert top_label_ece(s, bins) == pytest.approx(expected, rel=1e-12)
    assert top_label_ece(s, bins) >= ece(s, bins) - 1e-15


def test_bins_of_equal_mass(rows):
    p, labels, _ = rows
    s = CalibrationSummary().update(p, labels)
    c = p.max(axis=1)
    d = (c - (p.argmax(axis=1) == labels))[np.argsort(c)]
    expected = sum(abs(part.sum()) for part in np.split(d, 15)) / len(p)
    assert ece_equal_mass(s, 15) == pytest.approx(expected, abs=4e-3)  # by cells; 5 rows each, here
    assert ece_equal_mass(s, 1) == pytest.approx(abs(confidence_gap(s)), rel=1e-12)
    tied = CalibrationSummary().update(np.full(10, 0.75), np.arange(10) % 2)
    assert ece_equal_mass(tied, 7) == pytest.approx(0.25)  # however ties are shared out


def test_debiased_squared_error_is_that_of_kumar_et_al_where_bins_hold_one_value():
    rng = np.random.default_rng(0)
    c = rng.integers(1, 11, 400) / 10
    a = rng.integers(0, 2, 400)
    expected = 0.0
    for value in np.unique(c):
        x = a[c == value]
        expected += len(x) / 400 * ((x.mean() - value) ** 2 - x.mean() * (1 - x.mean()) / (len(x) - 1))
    assert squared_error(CalibrationSummary().update(c, a), 10) == pytest.approx(expected, rel=1e-9)


def test_smooth_error_is_the_integral_of_its_definition(rows):
    p, labels, _ = rows
    c, d = p.max(axis=1), p.max(axis=1) - (p.argmax(axis=1) == labels)
    x = (np.arange(2000) + 0.5) / 2000
    total = np.zeros(2000)
    for ci, di in zip(c, d, strict=True):
        for image in (ci, -ci, 2 - ci):
            total += di * np.exp(-0.5 * ((x - image) / 0.05) ** 2) / (0.05 * np.sqrt(2 * np.pi))
    s = CalibrationSummary().update(p, labels)
    assert smooth_ece(s, 0.05) == pytest.approx(np.abs(total).mean() / len(p), abs=1e-5)
    found = smooth_ece(s)
    assert found == pytest.approx(smooth_ece(s, found), rel=1e-3)  # the width is the error
    assert abs(confidence_gap(s)) <= found + 1e-9


def test_rows_of_weight_two_are_two_rows(rows):
    p, labels, _ = rows
    weights = np.arange(3000) % 3
    once = CalibrationSummary(classwise=True).update(p, labels, weights=weights)
    many = CalibrationSummary(classwise=True).update(np.repeat(p, weights, axis=0), np.repeat(labels, weights))
    assert once.count == 2000 and once.weight == many.weight == 3000
    for metric in (ece, ece_equal_mass, mce, classwise_ece, top_label_ece, smooth_ece):
        assert metric(once) == pytest.approx(metric(many), rel=1e-9), metric.__name__


def test_events_are_one_class():
    rng = np.random.default_rng(2)
    c = rng.uniform(size=500)
    s = CalibrationSummary().update(c, rng.uniform(size=500) < c)
    assert top_label_ece(s) == ece(s) == pytest.approx(classwise_ece(s), rel=1e-12)


def test_errors_about_arguments():
    s = CalibrationSummary().update(np.array([[0.75, 0.25]]), np.array([0]))
    for call, text in (
        (lambda: classwise_ece(s), "summary has no counts by class: make it with CalibrationSummary(classwise=True)"),
        (lambda: ece_equal_mass(s, 0), "bins is 0: expected at least 1"),
        (lambda: smooth_ece(s, 0.0), "bandwidth is 0.0: expected a number in (0, 1]"),
    ):
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value) == text
    for metric in (ece_equal_mass, mce, squared_error, smooth_ece, overconfidence):
        with pytest.raises(ValueError, match=r"^summary has no rows: update it first$"):
            metric(CalibrationSummary(2))
