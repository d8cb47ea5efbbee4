"""The pass over any predictions and truth against its definition in float64."""

import numpy as np
import pytest
from scipy.special import softmax

from onewarm.calibration import CalibrationSummary


def truth_of(kind, n, k, rng):
    """A truth to hand over, and the distributions that it stands for."""
    if kind == "labels":
        labels = rng.integers(0, k, n)
        return labels, np.eye(k)[labels]
    if kind == "votes":
        votes = rng.multinomial(7, np.full(k, 1 / k), n)
        return votes, votes / 7
    shares = rng.dirichlet(np.full(k, 0.5), n)
    return shares, shares


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("kind", ["labels", "votes", "distributions"])
def test_every_sum_is_its_definition(agrees, kind, logits, weighted):
    rng = np.random.default_rng(0)
    n, k = 12_000, 4  # more than a block
    z = rng.normal(size=(n, k)) * 2
    p = softmax(z, axis=1)
    truth, shares = truth_of(kind, n, k, rng)
    w = rng.uniform(0, 3, n) * rng.integers(0, 2, n) if weighted else None
    summary = CalibrationSummary(classwise=True).update(z if logits else p, truth, weights=w, logits=logits)
    agrees(summary, p, shares, w, classwise=True)


@pytest.mark.parametrize("kind", ["labels", "votes"])
def test_rows_of_another_sum_are_divided_by_it(agrees, kind):
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(3), 500)
    truth, shares = truth_of(kind, 500, 3, rng)
    scaled = p * rng.uniform(0.1, 50, (500, 1))
    agrees(CalibrationSummary(classwise=True).update(scaled, truth, normalize=True), p, shares, classwise=True)


def test_masked_logits_have_probability_zero(agrees):
    rng = np.random.default_rng(2)
    z = rng.normal(size=(400, 5))
    z[rng.uniform(size=z.shape) < 0.3] = -np.inf
    z[:, 0] = rng.normal(size=400)  # never a row without a class
    labels = rng.integers(0, 5, 400)
    summary = CalibrationSummary(classwise=True).update(z, labels, logits=True)
    agrees(summary, softmax(z, axis=1), np.eye(5)[labels], classwise=True)
    assert 0 < summary.total("nll_infinite") < 400


@pytest.mark.parametrize("offset", [-1e4, 0.0, 1e4])
def test_a_common_offset_of_the_logits_changes_nothing(offset):
    z = np.arange(12.0).reshape(4, 3) / 4  # exact at any of these offsets
    at_zero = CalibrationSummary().update(z, np.array([0, 1, 2, 0]), logits=True)
    assert CalibrationSummary().update(z + offset, np.array([0, 1, 2, 0]), logits=True).to_bytes() == at_zero.to_bytes()


def test_weights_of_zero_leave_rows_out():
    rng = np.random.default_rng(0)
    p, labels = rng.dirichlet(np.full(5, 0.4), 100), rng.integers(0, 5, 100)
    weights = np.arange(100) % 2
    kept = CalibrationSummary().update(p[1::2], labels[1::2], weights=np.ones(50))
    assert CalibrationSummary().update(p, labels, weights=weights).to_bytes() == kept.to_bytes()


def test_weights_of_one_are_no_weights(case):
    z, _, votes, _ = case
    plain = CalibrationSummary(classwise=True).update(z, votes, logits=True)
    ones = CalibrationSummary(classwise=True).update(z, votes, logits=True, weights=np.ones(400))
    assert plain.to_bytes() == ones.to_bytes()
