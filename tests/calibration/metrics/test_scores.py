"""Metrics against straight loops and, where the definitions agree, scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

from onewarm.calibration import CalibrationSummary, accuracy, brier, confidence_gap, ece, mean_confidence, nll


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def straight_ece(confidence, correct, bins):
    """Bins (lo, hi] as they are written down; 0 is in the first."""
    total = 0.0
    for b in range(bins):
        lo, hi = b / bins, (b + 1) / bins
        rows = [i for i, c in enumerate(confidence) if lo < c <= hi or (b == 0 and c == 0)]
        if rows:
            total += abs(sum(correct[i] for i in rows) - sum(confidence[i] for i in rows))
    return total / len(confidence)


@pytest.mark.parametrize("bins", [1, 5, 10, 15, 20, 100])
@pytest.mark.parametrize("soft", [False, True])
def test_ece_is_its_definition(case, bins, soft):
    z, labels, votes, _ = case
    p = softmax(z)
    top = p.argmax(axis=1)
    correct = (votes / 7)[np.arange(400), top] if soft else (top == labels).astype(float)
    summary = CalibrationSummary().update(p, votes if soft else labels)
    assert ece(summary, bins) == pytest.approx(straight_ece(p.max(axis=1).tolist(), correct.tolist(), bins), abs=1e-14)
    assert accuracy(summary) == pytest.approx(correct.mean(), abs=1e-14)
    assert mean_confidence(summary) == pytest.approx(p.max(axis=1).mean(), abs=1e-14)
    assert confidence_gap(summary) == pytest.approx((p.max(axis=1) - correct).mean(), abs=1e-14)
    assert abs(confidence_gap(summary)) <= ece(summary, bins) + 1e-15


def test_labels_agree_with_scikit_learn(case):
    z, labels, _, _ = case
    p = softmax(z)
    summary = CalibrationSummary().update(p, labels)
    assert accuracy(summary) == pytest.approx(accuracy_score(labels, p.argmax(axis=1)), abs=1e-15)
    assert nll(summary) == pytest.approx(log_loss(labels, p), rel=1e-12)
    assert brier(summary) == pytest.approx(brier_score_loss(labels, p, labels=range(5), scale_by_half=False), rel=1e-12)


def test_votes_are_as_many_labels(case):
    """Proper scores with votes: as scikit-learn has them with one row for every vote."""
    z, _, votes, _ = case
    p = softmax(z)
    summary = CalibrationSummary().update(p, votes)
    row, label = np.array([(i, k) for i in range(400) for k in range(5) for _ in range(votes[i, k])]).T
    assert nll(summary) == pytest.approx(log_loss(label, p[row], labels=range(5)), rel=1e-12)
    half = brier_score_loss(label, p[row], labels=range(5), scale_by_half=False)
    assert brier(summary) == pytest.approx(half, rel=1e-12)
    assert accuracy(summary) == pytest.approx(accuracy_score(label, p.argmax(axis=1)[row]), rel=1e-12)


def test_floors_of_the_proper_scores(case):
    """Predicting the truth itself reaches the floors; the distance form of the Brier score is less by its floor."""
    z, _, votes, truth = case
    exact = CalibrationSummary().update(truth, truth)
    assert nll(exact) == pytest.approx(exact.total("truth_entropy") / 400, rel=1e-12)
    assert brier(exact) == pytest.approx(exact.total("truth_brier") / 400, rel=1e-12)
    p = softmax(z)
    summary = CalibrationSummary().update(p, votes)
    distance = ((p - votes / 7) ** 2).sum(axis=1).mean()
    assert brier(summary) - summary.total("truth_brier") / 400 == pytest.approx(distance, rel=1e-12)


def test_nll_of_a_zero_probability_is_infinite():
    p = np.array([[1.0, 0.0], [0.5, 0.5]])
    assert nll(CalibrationSummary().update(p, np.array([1, 0]))) == math.inf
    assert nll(CalibrationSummary().update(p, np.array([0, 0]))) == pytest.approx(math.log(2) / 2)


def test_certain_and_right_is_perfect():
    summary = CalibrationSummary().update(np.eye(3), np.arange(3))
    assert [f(summary) for f in (accuracy, mean_confidence, confidence_gap, ece, nll, brier)] == [1, 1, 0, 0, 0, 0]


def test_gaps_of_opposite_sign_cancel_only_within_a_bin():
    p = np.array([[0.55, 0.45], [0.95, 0.05]])
    summary = CalibrationSummary().update(p, np.array([0, 1]))
    assert ece(summary, 1) == pytest.approx(0.25)
    assert ece(summary, 10) == pytest.approx((0.45 + 0.95) / 2)


@pytest.mark.parametrize("metric", [accuracy, mean_confidence, confidence_gap, ece, nll, brier])
def test_no_rows_is_an_error(metric):
    with pytest.raises(ValueError) as error:
        metric(CalibrationSummary(2))
    assert str(error.value) == "summary has no rows: update it first"
