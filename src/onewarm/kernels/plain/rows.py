"""Loss and gradient of rows by their definition, in float64, a block of rows at a time.

With t the row's target, written out, s its mass and d = z - max z:

    loss = s log(sum exp d) - <t, d> + z_loss s lse^2    gradient = scale (s (1 + 2 z_loss lse) softmax(z) - t)

A table row's mass on masked classes moves to the others in proportion; named mass there makes the loss +inf.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ENTRIES = 1 << 18  # of a block: what is computed at a time takes some megabytes


class Target(NamedTuple):
    """A target's arrays, in the types that the kernel takes, its indices in range."""

    named: NDArray[np.int64]  # (N, J)
    weight: Floats  # (N, J)
    table: NDArray[Any]  # (R, K), float32, float64, float16, or the bits of bfloat16
    table_index: NDArray[np.int64]  # (N, T)
    table_weight: Floats  # (N, T)

    def rows(self, rows: NDArray[np.int64]) -> Target:
        """The target of these rows."""
        return Target(self.named[rows], self.weight[rows], self.table, self.table_index[rows], self.table_weight[rows])


class Call(NamedTuple):
    """What is computed from, and what is filled in."""

    logits: NDArray[Any]  # (N, K)
    target: Target
    scale: Floats  # (N,) or (1,), a factor of each row's gradient
    z_loss: float
    move_mass: bool
    loss: NDArray[Any]  # (N,)
    gradient: NDArray[Any] | None  # (N, K), may be the logits


def by_definition(call: Call, which: NDArray[np.bool_] | None = None) -> int:
    """Fill in ``loss`` and ``gradient`` of all rows, or of some; returns the first bad row, or N.

    Rows without mass are not looked at: loss 0, gradient 0. A bad row has a NaN, a +inf or no class that is not
    masked: its loss is NaN, its gradient not written.
    """
    n, k = call.logits.shape
    rows = np.arange(n) if which is None else np.flatnonzero(which)
    step = max(1, _ENTRIES // k)
    first_bad: int = n
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        with np.errstate(all="ignore"):
            loss, gradient, bad = _block(
                numbers(call.logits[some]), call.target.rows(some), call.z_loss, call.move_mass
            )
            call.loss[some] = loss
            if call.gradient is not None:
                gradient *= (call.scale if call.scale.size == 1 else call.scale[some])[:, None]
                call.gradient[some[~bad]] = entries(gradient[~bad], call.gradient.dtype)
        if bad.any():
            first_bad = min(first_bad, int(some[bad][0]))
    return first_bad


def _block(z: Floats, target: Target, z_loss: float, move_mass: bool) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Losses, gradients, and which rows have none."""
    live = (target.weight != 0).any(axis=1) | (target.table_weight != 0).any(axis=1)
    z[~live] = 0.0
    top = z.max(axis=1, keepdims=True)
    bad = ~np.isfinite(top[:, 0])  # NaN and +inf are the largest of their row; -inf is if every class is masked
    z[bad], top[bad] = 0.0, 0.0
    is_open = z > -np.inf
    t, s, impossible = _written_out(target, is_open, move_mass)
    d = np.where(is_open, np.maximum(z - top, np.finfo(np.float64).min), 0.0)
    e = np.where(is_open, np.exp(d), 0.0)
    sum_e = e.sum(axis=1)
    log_sum = np.log(sum_e)
    lse = top[:, 0] + log_sum
    loss = s * log_sum - np.where(t != 0, t * d, 0.0).sum(axis=1) + z_loss * s * lse * lse
    loss[impossible], loss[bad], loss[~live] = np.inf, np.nan, 0.0
    gradient = (s * (1 + 2 * z_loss * lse) / sum_e)[:, None] * e - t
    gradient[~live] = 0.0
    return loss, gradient, bad


def _written_out(
    target: Target, is_open: NDArray[np.bool_], move_mass: bool
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """The target as (n, K), after mass has moved; its mass before; rows with mass that nothing can take."""
    n, k = is_open.shape
    every = np.arange(n)
    t = np.zeros((n, k))
    for j in range(target.named.shape[1]):
        t[every, target.named[:, j]] += target.weight[:, j]
    named_masked = (target.weight != 0) & ~np.take_along_axis(is_open, target.named, axis=1)
    s, impossible = target.weight.sum(axis=1), named_masked.any(axis=1)
    for j, share in _distinct(target):
        row = numbers(target.table[target.table_index[:, j]])
        mass, open_mass = row.sum(axis=1), np.where(is_open, row, 0.0).sum(axis=1)
        masked_mass = np.where(is_open, 0.0, row).sum(axis=1)
        s = s + np.where(share != 0, share * mass, 0.0)
        moves = (masked_mass != 0) & (open_mass != 0) & move_mass
        stays = (masked_mass != 0) & ~moves & (share != 0)
        impossible = impossible | stays
        factor = np.where(moves, 1 + masked_mass / np.where(open_mass == 0, 1, open_mass), 1.0) * share
        part = np.where(is_open | stays[:, None], row, 0.0) * factor[:, None]
        t += np.where((share != 0)[:, None], part, 0.0)
    return t, s, impossible


def _distinct(target: Target) -> list[tuple[int, Floats]]:
    """Columns of table rows with their weights; a row that a target names twice has all of it in the first."""
    shares: list[tuple[int, Floats]] = []
    for j in range(target.table_index.shape[1]):
        share = target.table_weight[:, j].copy()
        for i, earlier in shares:
            same = (target.table_index[:, i] == target.table_index[:, j]) & (share != 0)
            earlier[same] += share[same]
            share[same] = 0.0
        shares.append((j, share))
    return shares


def numbers(rows: NDArray[Any]) -> Floats:
    """Entries as float64 numbers, a copy; those of uint16 are the bits of bfloat16.

    >>> numbers(np.array([0x3F80, 0xC000], np.uint16))
    array([ 1., -2.])
    """
    if rows.dtype == np.uint16:
        return (rows.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
    return rows.astype(np.float64)


def entries(values: Floats, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Numbers as entries of a dtype, rounded once, to nearest even; as bits where that is uint16.

    >>> entries(np.array([1.0, -2.0]), np.dtype(np.uint16)).tolist() == [0x3F80, 0xC000]
    True
    """
    if dtype.name not in ("uint16", "bfloat16"):
        return values.astype(dtype)
    single = values.astype(np.float32)
    bits = single.view(np.uint32)
    # Towards zero, and odd where a digit was lost: so that rounding again is rounding once.
    bits = bits - (np.abs(single) > np.abs(values)) | (single != values)
    rounded = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    short = np.where(np.isnan(values), np.uint32(0x7FC0), rounded >> np.uint32(16)).astype(np.uint16)
    return short if dtype.name == "uint16" else short.view(dtype)
