"""The loss of a row and its gradient written out in float64, and targets of every form that the kernels tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from onewarm.kernels.cpu.rows import row_losses

Real = NDArray[np.float64]


@dataclass
class Parts:
    """A target's arrays, as the kernel takes them."""

    index: NDArray[np.int64]
    weight: Real
    table: Any = None
    table_index: Any = None
    table_weight: Any = None

    def __iter__(self) -> Iterator[Any]:
        return iter((self.index, self.weight, self.table, self.table_index, self.table_weight))


def truth(z: NDArray[Any], parts: Parts, z_loss: float = 0.0) -> tuple[Real, Real]:
    """Loss and gradient in float64, a row and a class at a time where masks matter."""
    index, weight, table, table_index, table_weight = parts
    z = np.asarray(z, np.float64)
    n, k = z.shape
    losses, gradients = np.zeros(n), np.zeros((n, k))
    for i in range(n):
        tables = [] if table is None else [(table[r], w) for r, w in zip(table_index[i], table_weight[i], strict=True)]
        if not weight[i].any() and not any(w for _, w in tables):
            continue
        kept = z[i] > -np.inf
        t = np.zeros(k)
        impossible = False
        for c, w in zip(index[i], weight[i], strict=True):
            if w:
                t[c] += w
                impossible |= not kept[c]
        merged: dict[bytes, tuple[Real, float]] = {}
        for row, w in tables:
            merged[row.tobytes()] = (row, merged.get(row.tobytes(), (row, 0.0))[1] + w)
        for row, w in merged.values():
            row = np.asarray(row, np.float64)
            if row[kept].sum() == 0 and row.sum() != 0:
                impossible |= w != 0
                t += w * row
            else:
                t += w * np.where(kept, row, 0) * (row.sum() / (row[kept].sum() or 1))
        top = z[i].max()
        e = np.exp(z[i] - top)
        log_sum = np.log(e.sum())
        s, lse = t.sum(), top + log_sum
        finite = np.where(kept, z[i] - top, 0)
        losses[i] = np.inf if impossible else s * log_sum - t @ finite + z_loss * s * lse**2
        gradients[i] = s * (1 + 2 * z_loss * lse) * e / e.sum() - t
    return losses, gradients


def smoothed(rng: np.random.Generator, n: int, k: int, alpha: float = 0.1) -> Parts:
    return Parts(
        rng.integers(0, k, (n, 1)),
        np.full((n, 1), 1 - alpha),
        np.full((1, k), 1 / k),
        np.zeros((n, 1), np.int64),
        np.full((n, 1), alpha),
    )


def mixed(rng: np.random.Generator, n: int, k: int) -> Parts:
    """Three named classes (some twice, some with no mass) and two of five table rows, one perhaps twice."""
    index = rng.integers(0, k, (n, 3))
    weight = rng.random((n, 3)) * (rng.random((n, 3)) < 0.8)
    table = rng.random((5, k)) * (rng.random((5, k)) < 0.7)
    return Parts(index, weight, table, rng.integers(0, 5, (n, 2)), rng.random((n, 2)) * (rng.random((n, 2)) < 0.8))


def forms(rng: np.random.Generator, n: int, k: int) -> dict[str, Parts]:
    """Targets that the kernel computes in ways of their own."""
    label, one = rng.integers(0, k, (n, 1)), np.ones((n, 1))
    no_index, no_weight = np.zeros((n, 0), np.int64), np.zeros((n, 0))
    table = rng.random((5, k)) * (np.arange(k) % 2)  # a masked class has no mass in some rows: 0 times an infinity
    return {
        "hard": Parts(label, one),
        "uniform": smoothed(rng, n, k),
        "prior": Parts(label, 0.9 * one, rng.dirichlet(np.ones(k), 1), 0 * label, 0.1 * one),
        "by class": Parts(label, 0.9 * one, table, rng.integers(0, 5, (n, 1)), 0.1 * one),
        "table alone": Parts(no_index, no_weight, table, rng.integers(0, 5, (n, 1)), one),
        "several": mixed(rng, n, k),
    }


def agrees(
    z: NDArray[Any], parts: Parts, z_loss: float = 0.0, scale: NDArray[Any] | None = None, factor: float = 40
) -> None:
    """|ours - truth| within some roundings of what is added up; the same loss without a gradient."""
    eps = float(np.finfo(z.dtype).eps)
    loss, gradient = row_losses(z, *parts, z_loss=z_loss, row_scale=scale)
    assert gradient is not None
    wanted, wanted_gradient = truth(z, parts, z_loss)
    finite = np.isfinite(wanted)
    np.testing.assert_array_equal(loss[~finite], wanted[~finite])
    spread = np.ptp(np.where(np.isfinite(z), z, z.max(1, keepdims=True)), axis=1)[finite]
    magnitude = np.abs(wanted[finite]) + 2 * spread + 1
    assert (np.abs(loss[finite] - wanted[finite]) <= factor * eps * magnitude).all()
    rows = np.ones(len(z)) if scale is None else scale
    wanted_gradient = wanted_gradient * rows[:, None]
    # exp amplifies the rounding of z - max by |z - max|, at most 90 or 710 where it is not 0.
    allowed = factor * eps * (np.abs(wanted_gradient) + np.abs(rows)[:, None] * (1 + np.abs(z_loss) * 100))
    assert (np.abs(gradient - wanted_gradient) <= allowed).all()
    alone, nothing = row_losses(z, *parts, z_loss=z_loss, gradient=False)
    np.testing.assert_array_equal(alone, loss)
    assert nothing is None


@pytest.fixture(scope="session")
def reference() -> SimpleNamespace:
    return SimpleNamespace(Parts=Parts, truth=truth, smoothed=smoothed, mixed=mixed, forms=forms, agrees=agrees)
