"""Simulated models, good and bad, and the findings of the data checks about them."""

import sys

import numpy as np
import pytest
from scipy.special import softmax

from onewarm.audit.data_checks.look import examine
from onewarm.audit.data_checks.view import View


def view(p, y, groups=None, kind=None):
    kind = kind or ("confidence" if p.ndim == 1 else "binary" if p.shape[1] == 2 else "multiclass")
    return View(kind, np.arange(len(p), dtype=np.uint64), p, y, groups)


def keys(p, y, groups=None, kind=None):
    """The keys of all findings but zeros."""
    rows = view(p, y, groups, kind)
    classes = tuple(f"c{k}" for k in range(max(2, rows.classes)))
    found = examine(rows, rows[:16384], classes, count=len(p), first_file=len(p), infinite=0)
    return [f.key for f in found if f.key != "zeros"]


def labels(q, rng):
    """A label of each row, drawn from its distribution."""
    return (rng.random((len(q), 1)) > q.cumsum(axis=1)).sum(axis=1).clip(0, q.shape[1] - 1)


def calibrated(rng, n, k, scale=1.5):
    q = softmax(rng.normal(size=(n, k)) * scale, axis=1)
    return q, labels(q, rng)


def good(rng, n, k):
    """Accuracy about 90 %."""
    y = rng.integers(0, k, n)
    z = rng.normal(size=(n, k))
    z[np.arange(n), y] += 2.2 + np.log(k)
    return softmax(z * 1.2, axis=1), y


def barely_better_than_chance(rng, n, k):
    """A confidence of 80 to 99.9 % and an accuracy of 5 to 25 % of the way from chance to 1."""
    y = rng.integers(0, k, n)
    hit = rng.random(n) < 1 / k + rng.uniform(0.05, 0.25) * (1 - 1 / k)
    top = np.where(hit, y, (y + rng.integers(1, k, n)) % k)
    c = rng.uniform(0.8, 0.999, n)
    p = np.repeat(((1 - c) / (k - 1))[:, None], k, axis=1)
    p[np.arange(n), top] = c
    return p, y


def collapsed(rng, n, k):
    """Nearly always the same answer, whatever the shares of the classes."""
    y = rng.choice(k, n, p=rng.dirichlet(np.ones(k)))
    z = rng.normal(size=(n, k))
    z[:, 0] += rng.uniform(1, 6)
    z[np.arange(n), y] += rng.uniform(0.3, 1.5)
    return softmax(z * rng.uniform(1, 3), axis=1), y


def takes_neighbours(rng, n, k):
    """Takes a third of each class for the next one."""
    y = rng.integers(0, k, n)
    r = rng.random(n)
    z = rng.normal(size=(n, k))
    z[np.arange(n), np.where(r < 0.35, (y + 1) % k, np.where(r < 0.55, rng.integers(0, k, n), y))] += 6
    return softmax(z, axis=1), y


def patients(rng, rows=100, k=2):
    """60 patients, each with one truth and many near-equal rows, calibrated."""
    z = rng.normal(size=(60, k)) * 1.5
    y, i = labels(softmax(z, axis=1), rng), np.repeat(np.arange(60), rows)
    return softmax(z[i] + 0.05 * rng.normal(size=(len(i), k)), axis=1), y[i], i.astype(np.uint64)


@pytest.fixture
def models():
    """The functions of this file."""
    return sys.modules[__name__]
