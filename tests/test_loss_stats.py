"""Figures of a row against what they are by definition."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import onewarm as ow
from onewarm import loss_stats as module
from onewarm.loss_stats import likeliest, loss_stats, row_stats


@given(st.integers(0, 2**32), st.integers(1, 9), st.sampled_from([0.1, 3.0, 300.0]), st.sampled_from([0.0, 1e6]))
def test_rows(seed: int, classes: int, spread: float, offset: float) -> None:
    random = np.random.default_rng(seed)
    z = random.normal(0, spread, (6, classes)) + offset
    if classes > 1:
        z[0, 0] = -np.inf
    lse, entropy, prediction = row_stats(z)
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    np.testing.assert_allclose(lse, np.logaddexp.reduce(z, axis=1), rtol=1e-12)
    np.testing.assert_allclose(entropy, -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=1), atol=1e-9)
    np.testing.assert_array_equal(prediction, z.argmax(1))
    assert (entropy >= 0).all() or entropy.min() > -1e-12


def test_what_depends_on_the_target() -> None:
    z = np.log(np.array([[1.0, 2.0, 3.0]] * 4))
    target = ow.smooth(ow.one_hot(np.array([2, -100, 0, 2]), 3), 0.1).scale(np.array([2.0, 1.0, 1.0, 0.0]))
    stats = loss_stats(*row_stats(z), target, 0.5)
    lse = np.log(6.0)
    np.testing.assert_allclose(stats.lse, [lse, 0, lse, 0])
    np.testing.assert_allclose(stats.z_loss, [lse**2, 0, 0.5 * lse**2, 0])
    assert stats.entropy[1] == stats.entropy[3] == 0 < stats.entropy[0]
    assert stats.prediction.tolist() == [2, -1, 2, -1]
    assert stats.correct.tolist() == [True, False, False, False]


def targets() -> dict[str, ow.SoftTarget]:
    random = np.random.default_rng(0)
    y = random.integers(0, 7, 40)
    prior = random.dirichlet(np.ones(7))
    counts = random.integers(0, 4, (40, 7))
    counts[:, 0] += 1
    smooth = ow.smooth(y, 0.3, num_classes=7)
    kept = np.stack([random.permutation(7)[:3] for _ in range(40)])
    return {
        "labels": ow.one_hot(y, 7),
        "smooth": smooth,
        "all of it moved": ow.smooth(y, 0.95, prior=prior),
        "negative": ow.smooth(y, -0.4, prior=prior),
        "prior": ow.smooth(y, 0.6, prior=prior),
        "votes": ow.votes(counts),
        "top 3": ow.top_k(kept, random.dirichlet(np.ones(4), 40)[:, :3], num_classes=7),
        "mix of the same and of others": ow.mix(smooth, smooth[random.permutation(40)], 0.5),
        "soft": ow.soft(random.dirichlet(np.ones(7), 40)),
        "a table for each class": ow.smooth(y, 0.5, prior=random.dirichlet(np.ones(7), 7)[3]),
    }


@pytest.mark.parametrize("name", targets())
def test_the_class_with_the_most_mass(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 70)
    target = targets()[name]
    found, dense = likeliest(target), target.dense()
    np.testing.assert_allclose(dense[np.arange(40), found], dense.max(1), rtol=1e-14)
    distinct = np.sort(dense, axis=1)[:, -1] > np.sort(dense, axis=1)[:, -2] + 1e-9
    np.testing.assert_array_equal(found[distinct], dense.argmax(1)[distinct])


def test_the_first_of_equals() -> None:
    target: Any = ow.votes(np.array([[0, 2, 2], [1, 1, 1]]))
    assert likeliest(target).tolist() == [1, 0]
    empty = ow.soft(np.zeros((0, 3)))
    assert likeliest(empty).shape == (0,)
