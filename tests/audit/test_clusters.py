"""Sums by bucket against sums written out, for any split of the rows."""

from __future__ import annotations

import numpy as np
import pytest

from onewarm.audit.clusters import BUCKETS, Clusters


def rows(rng, n, k, truth):
    z = rng.normal(0, 2, (n, k))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    t = {"labels": rng.integers(0, k, n), "votes": rng.multinomial(5, p), "shares": rng.dirichlet(np.ones(k), n)}[truth]
    return p, t, rng.integers(0, 40, n).astype(np.uint64), rng.uniform(0, 2, n)


@pytest.mark.parametrize("truth", ["labels", "votes", "shares"])
@pytest.mark.parametrize(("kind", "k"), [("binary", 2), ("multiclass", 4)])
def test_sums_are_those_of_the_rows(kind, k, truth):
    p, t, groups, w = rows(np.random.default_rng(0), 400, k, truth)
    clusters = Clusters(kind, k, bins=10)
    clusters.add(p, t, groups, w)
    shares = np.eye(k)[t] if truth == "labels" else t / t.sum(axis=1, keepdims=True)
    top = p.argmax(axis=1)
    correct = shares[np.arange(400), top]
    assert clusters["correct"].sum() == pytest.approx((w * correct).sum())
    assert clusters["nll"].sum() == pytest.approx(-(w[:, None] * shares * np.log(p)).sum())
    brier = (p**2).sum(axis=1) - 2 * (p * shares).sum(axis=1) + 1
    assert clusters["brier"].sum() == pytest.approx((w * brier).sum())
    bins = np.ceil(p.max(axis=1) * 10).astype(int) - 1
    expected = np.bincount(bins, w * (p.max(axis=1) - correct), 10)
    np.testing.assert_allclose(clusters["bin_residual"].sum(axis=0), expected, atol=1e-12)
    if kind == "multiclass":
        np.testing.assert_allclose(clusters["class_truth"].sum(axis=0), (w[:, None] * shares).sum(axis=0))
        by_group = np.stack([np.bincount(groups.astype(int), w * shares[:, c], 40) for c in range(k)], axis=1)
        np.testing.assert_allclose((clusters["class_truth"] ** 2).sum(axis=0), (by_group**2).sum(axis=0), rtol=0.2)
    else:
        event = w * (p[:, 1] - shares[:, 1])
        assert clusters["event_bin_residual"].sum() == pytest.approx(event.sum())
        x = np.log(p[:, 1] / p[:, 0])
        assert clusters["slope_residual"].sum() == pytest.approx((event * x).sum())


def test_any_split_gives_the_same_sums():
    p, t, groups, w = rows(np.random.default_rng(1), 300, 3, "labels")
    whole = Clusters("multiclass", 3)
    whole.add(p, t, groups, w)
    parts = Clusters("multiclass", 3)
    for lo, hi in ((0, 10), (10, 10), (10, 300)):
        part = Clusters("multiclass", 3)
        part.add(p[lo:hi], t[lo:hi], groups[lo:hi], w[lo:hi])
        parts.merge(part)
    np.testing.assert_allclose(parts._sums, whole._sums, atol=1e-12)
    assert parts.groups == whole.groups == 40


def test_rows_of_a_group_share_a_bucket():
    groups = np.arange(2000, dtype=np.uint64)
    clusters = Clusters("confidence", 1)
    for _ in range(3):
        clusters.add(np.full(2000, 0.5), np.ones(2000), groups)
    assert clusters.buckets == pytest.approx(BUCKETS, abs=20)
    assert (clusters["rows"] % 3 == 0).all()


def test_confidences_have_the_scores_of_events():
    clusters = Clusters("confidence", 1)
    clusters.add(np.array([0.8, 0.0, 1.0]), np.array([1.0, 1.0, 0.5]), np.zeros(3, np.uint64))
    assert clusters["nll"].sum() == pytest.approx(-np.log(0.8))  # those with a chance of 0 are infinite: left out
    assert clusters["brier"].sum() == pytest.approx(0.04 + 1 + 0.5)


def test_kinds_do_not_mix():
    with pytest.raises(ValueError, match="two kinds of predictions cannot be merged"):
        Clusters("binary", 2).merge(Clusters("multiclass", 3))
