"""Compiled pass over predictions of K >= 2 classes with any truth: logits, votes, distributions, weights."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba import carray  # type: ignore[attr-defined]
from numpy.typing import NDArray

from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, Floats
from onewarm.calibration.summary.pass_labels import BLOCK, COARSE, cell_of, class_cell_of, group_of, surprise
from onewarm.calibration.summary.pass_record import RECORD, Totals, compiled_pass, parts_of, totals_of, whole_lines
from onewarm.checks import SUM_TOLERANCE
from onewarm.kernels.jit.decorators import loop, ordered
from onewarm.kernels.jit.line import array_at, view


@ordered
def _softmax_kernel(z: Any, q: Any, logs: Any) -> bool:
    """q <- softmax(z) and logs <- its logarithm, for one row; False if z has a NaN or +inf, or is -inf everywhere."""
    top = -np.inf
    valid: Any = True
    for k in range(z.size):
        v = np.float64(z[k])
        top = max(top, v)
        valid = valid and v < np.inf
    if not valid or not top > -np.inf:
        return False
    total = 0.0
    for k in range(z.size):
        logs[k] = np.float64(z[k]) - top
        q[k] = math.exp(logs[k])
        total += q[k]
    shift = math.log(total)
    for k in range(z.size):
        q[k] /= total
        logs[k] -= shift
    return True


@ordered
def _distribution(p: Any, q: Any, normalize: bool) -> bool:
    """q <- p, divided by its sum if ``normalize``; False if p is not a distribution (or cannot be made one)."""
    total, low = 0.0, np.inf
    for k in range(p.size):
        q[k] = np.float64(p[k])
        total += q[k]
        low = min(low, q[k])
    if normalize:
        if not (0 < total < np.inf and low >= 0):
            return False
        for k in range(p.size):
            q[k] /= total
        return True
    return abs(total - 1.0) <= SUM_TOLERANCE and low >= 0


@loop
def _block(
    p: Any, y: Any, shares: Any, weights: Any, lo: int, hi: int, width: int, groups: int, logits: bool,
    normalize: bool, seed: Any, q: Any, logs: Any, t: Any, sums: Any, scores: Any, totals: Totals,
) -> int:  # fmt: skip
    """Add rows lo..hi; ``q``, ``logs`` and ``t`` are scratch space for one row. Returns -1, or a bad row."""
    for i in range(lo, hi):
        row = view(p, i * width, width)
        valid = _softmax_kernel(row, q, logs) if logits else _distribution(row, q, normalize)
        if not valid:
            return i
        if y.size:
            if not 0 <= y[i] < width:
                return i
            for k in range(width):
                t[k] = 0.0
            t[y[i]] = 1.0
        else:
            share = view(shares, i * width, width)
            for k in range(width):
                t[k] = share[k]
        w = weights[i] if weights.size else 1.0
        if w == 0:
            continue
        top = 0
        for k in range(1, width):
            if q[k] > q[top]:
                top = k
        square = inner = loss = entropy = truth_square = 0.0
        impossible = False
        for k in range(width):
            square += q[k] * q[k]
            if t[k] > 0:
                inner += q[k] * t[k]
                if logits:
                    loss -= t[k] * logs[k]
                    impossible = impossible or not logs[k] > -np.inf
                elif q[k] > 0:
                    loss += t[k] * surprise(q[k])
                else:
                    impossible = True
                if t[k] != 1:
                    entropy -= t[k] * math.log(t[k])
                truth_square += t[k] * t[k]
        if impossible:
            totals.infinite[0] += 1
            loss = 0.0
        score = square - 2.0 * inner + 1.0
        scores[0] += w * loss
        scores[1] += w * w * loss
        scores[2] += w * w * loss * loss
        scores[3] += w * score
        scores[4] += w * w * score
        scores[5] += w * w * score * score
        scores[6] += w * entropy
        scores[7] += w * (1.0 - truth_square)
        cell = cell_of(q[top])
        totals.cell_count[cell] += 1
        sums[cell * 6] += w
        sums[cell * 6 + 1] += w * q[top]
        sums[cell * 6 + 2] += w * t[top]
        sums[cell * 6 + 3] += w * w
        sums[cell * 6 + 4] += w * w * t[top]
        sums[cell * 6 + 5] += w * w * t[top] * t[top]
        if groups:
            cell //= COARSE
            place = top * CLASS_CELLS + cell
            totals.predicted_count[place] += 1
            totals.predicted[place * 3] += w
            totals.predicted[place * 3 + 1] += w * q[top]
            totals.predicted[place * 3 + 2] += w * t[top]
            g = group_of(q, seed, groups) if groups > 1 else 0
            for k in range(width):
                place = (g * width + k) * CLASS_CELLS + class_cell_of(q[k])
                totals.class_count[place] += 1
                totals.classes[place * 3] += w
                totals.classes[place * 3 + 1] += w * q[k]
                totals.classes[place * 3 + 2] += w * t[k]
    return -1


@cache
def compiled(dtype: str) -> Any:
    """The pass for predictions of a dtype, from the cache or compiled now."""
    kind = np.dtype(dtype).type

    def general(address: Any) -> int:
        a = carray(address, 1, RECORD)[0]
        rows, width = a.rows, a.width
        p = array_at(a.p, kind, rows * width)
        y = array_at(a.truth, np.int64, rows if a.labelled else 0)
        shares = array_at(a.shares, np.float64, 0 if a.labelled else rows * width)
        weights = array_at(a.weights, np.float64, rows if a.weighted else 0)
        totals = totals_of(a, CELLS, CLASS_CELLS)
        q, logs, t, rest = parts_of(a.scratch, width, CELLS * 6 + 8)
        sums, scores = view(rest, 0, CELLS * 6), view(rest, CELLS * 6, 8)
        logits, normalize, seed = a.logits != 0, a.normalize != 0, np.uint64(a.seed)
        for lo in range(0, rows, BLOCK):
            for c in range(rest.size):
                rest[c] = 0.0
            bad = _block(
                p, y, shares, weights, lo, min(lo + BLOCK, rows), width, a.groups, logits,
                normalize, seed, q, logs, t, sums, scores, totals,
            )  # fmt: skip
            if bad >= 0:
                return bad
            for c in range(sums.size):
                totals.sums[c] += sums[c]
            for c in range(scores.size):
                totals.scores[c] += scores[c]
        return -1

    return compiled_pass(general)


def general_pass(
    p: NDArray[Any],
    labels: NDArray[np.int64] | None,
    shares: Floats | None,
    weights: Floats | None,
    logits: bool,
    normalize: bool,
    seed: int,
    totals: dict[str, Any],
    groups: int,
) -> int:
    """The pass over any predictions of K >= 2 classes and any truth. It returns -1, or a bad row.

    Arrays are C-contiguous: ``p`` (N, K) in float32 or float64, ``labels`` (N,) or ``shares`` (N, K).
    """
    rows, width = p.shape
    bad: int = compiled(p.dtype.name)(
        scratch=3 * whole_lines(width) + CELLS * 6 + 8,
        p=p,
        truth=0 if labels is None else labels,
        shares=0 if shares is None else shares,
        weights=0 if weights is None else weights,
        rows=rows,
        width=width,
        groups=groups,
        seed=seed,
        labelled=labels is not None,
        weighted=weights is not None,
        logits=logits,
        normalize=normalize,
        **totals,
    )
    return bad
