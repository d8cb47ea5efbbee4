"""Compiled pass over predictions of K >= 2 classes with any truth: logits, votes, distributions, weights."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba import types

from onewarm.calibration.summary.cells import CELLS
from onewarm.calibration.summary.pass_labels import BLOCK, COARSE, SOURCES, cell_of, class_cell_of, group_of, surprise
from onewarm.checks import SUM_TOLERANCE
from onewarm.kernels.cpu.jit import array, borrowed, entry, keyed_by, loop


@loop
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


@loop
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
    p: Any, y: Any, shares: Any, weights: Any, lo: int, hi: int, logits: bool, normalize: bool, seed: Any,
    q: Any, logs: Any, t: Any, count: Any, sums: Any, scores: Any, infinite: Any, predicted_count: Any, predicted: Any,
    class_count: Any, classes: Any,
) -> int:  # fmt: skip
    """Add rows lo..hi; ``q``, ``logs`` and ``t`` are scratch space for one row. Returns -1, or a bad row."""
    width = p.shape[1]
    groups = class_count.shape[0]
    for i in range(lo, hi):
        valid = _softmax_kernel(p[i], q, logs) if logits else _distribution(p[i], q, normalize)
        if not valid:
            return i
        if y.size:
            if not 0 <= y[i] < width:
                return i
            t[:] = 0.0
            t[y[i]] = 1.0
        else:
            t[:] = shares[i]
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
            infinite[0] += 1
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
        count[cell] += 1
        sums[cell, 0] += w
        sums[cell, 1] += w * q[top]
        sums[cell, 2] += w * t[top]
        sums[cell, 3] += w * w
        sums[cell, 4] += w * w * t[top]
        sums[cell, 5] += w * w * t[top] * t[top]
        if groups:
            cell //= COARSE
            predicted_count[top, cell] += 1
            predicted[top, cell, 0] += w
            predicted[top, cell, 1] += w * q[top]
            predicted[top, cell, 2] += w * t[top]
            g = group_of(q, seed, groups) if groups > 1 else 0
            for k in range(width):
                cell = class_cell_of(q[k])
                class_count[g, k, cell] += 1
                classes[g, k, cell, 0] += w
                classes[g, k, cell, 1] += w * q[k]
                classes[g, k, cell, 2] += w * t[k]
    return -1


@cache
def general_pass(dtype: str) -> Any:
    """The pass over any predictions of K >= 2 classes and any truth. It returns -1, or a bad row."""
    checksum = SOURCES

    def run(
        p: Any, y: Any, shares: Any, weights: Any, logits: bool, normalize: bool, seed: Any, count: Any,
        sums: Any, scores: Any, infinite: Any, predicted_count: Any, predicted: Any, class_count: Any, classes: Any,
    ) -> int:  # fmt: skip
        keyed_by(checksum)
        p, y, shares, weights = borrowed(p), borrowed(y), borrowed(shares), borrowed(weights)
        predicted_count, predicted = borrowed(predicted_count), borrowed(predicted)
        class_count, classes = borrowed(class_count), borrowed(classes)
        q, logs, t = np.empty(p.shape[1]), np.empty(p.shape[1]), np.empty(p.shape[1])
        part, part_scores = np.zeros((CELLS, 6)), np.zeros(8)
        for lo in range(0, p.shape[0], BLOCK):
            part[:] = 0.0
            part_scores[:] = 0.0
            bad = _block(
                p, y, shares, weights, lo, min(lo + BLOCK, p.shape[0]), logits, normalize, seed, q, logs, t,
                count, part, part_scores, infinite, predicted_count, predicted, class_count, classes,
            )  # fmt: skip
            if bad >= 0:
                return bad
            sums += part
            scores += part_scores
        return -1

    return entry(
        types.int64(
            *(array(dtype, 2), array("int64", 1), array("float64", 2), array("float64", 1)),
            *(types.boolean, types.boolean, types.uint64),
            *(array("int64", 1, written=True), array("float64", 2, written=True), array("float64", 1, written=True)),
            *(array("int64", 1, written=True), array("int64", 2, written=True), array("float64", 3, written=True)),
            *(array("int64", 3, written=True), array("float64", 4, written=True)),
        ),
        run,
    )
