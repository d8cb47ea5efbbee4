"""The compiled loops of ``passes``: each row is checked, scored and counted in one go. Loaded with the first rows.

``kernels.compile`` and ``kernels.vector`` are tools that import nothing of the house but each other.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba import types

from onewarm.calibration.cells import CELLS, CLASS_CELLS
from onewarm.checks import SUM_TOLERANCE
from onewarm.kernels.compile import SOURCES, array, borrowed, entry, loop, scalar
from onewarm.kernels.vector import log

BLOCK = 8192  # rows summed before they go to a total
_COARSE = CELLS // CLASS_CELLS
_SMALLEST = 1e-300  # ``log`` takes normal numbers


@scalar
def _cell(p: Any, cells: Any) -> Any:
    """``cells.cell_of`` for one number in [0, 1 + tolerance]: only beside an edge must the edge itself decide."""
    single = np.float32(p)
    place = single * np.float32(cells)
    edge = np.rint(place)
    cell: Any = np.int64(place)
    if abs(place - edge) < np.float32(0.01) and edge > 0:
        cell = np.int64(edge)
        if single <= np.float32(np.float64(edge) / cells):
            cell -= 1
    return min(cell, cells - 1)


@scalar
def cell_of(p: Any) -> Any:
    """The cell of a confidence."""
    return _cell(p, CELLS)


@scalar
def class_cell_of(p: Any) -> Any:
    """The wider cell of a class's probability."""
    return _cell(p, CLASS_CELLS)


@scalar
def surprise(p: Any) -> Any:
    """-ln p for p > 0."""
    return -log(p) if p >= _SMALLEST else -math.log(p)


@loop
def _label_block(p: Any, y: Any, lo: int, hi: int, count: Any, sums: Any, scores: Any, infinite: Any) -> int:
    nll = nll2 = brier = brier2 = 0.0
    endless = 0
    for i in range(lo, hi):
        top, low, at = p[i, 0], p[i, 0], 0
        total = np.float64(top)
        square = total * total
        for k in range(1, p.shape[1]):
            v = p[i, k]
            if v > top:
                top, at = v, k
            low = min(low, v)
            wide = np.float64(v)
            total += wide
            square += wide * wide
        if not (abs(total - 1.0) <= SUM_TOLERANCE and low >= 0 and 0 <= y[i] < p.shape[1]):
            return i
        cell = cell_of(top)
        count[cell] += 1
        sums[cell, 1] += np.float64(top)
        sums[cell, 2] += 1.0 if at == y[i] else 0.0
        q = np.float64(p[i, y[i]])
        loss = 0.0
        if q > 0:
            loss = surprise(q)
        else:
            endless += 1
        score = square - 2.0 * q + 1.0
        nll += loss
        nll2 += loss * loss
        brier += score
        brier2 += score * score
    infinite[0] += endless
    scores[0] += nll
    scores[1] += nll
    scores[2] += nll2
    scores[3] += brier
    scores[4] += brier
    scores[5] += brier2
    return -1


@cache
def labels_pass(dtype: str) -> Any:
    """Probabilities with labels, every row alike, no cells of classes: the fast way. -> -1 or a row at fault."""
    sources = SOURCES  # a constant in the closure: part of the key that Numba caches by

    def run(p: Any, y: Any, count: Any, sums: Any, scores: Any, infinite: Any) -> int:
        p, y = borrowed(p), borrowed(y)
        part = np.zeros((CELLS, 6))
        for lo in range(0, p.shape[0], BLOCK):
            part[:] = 0.0
            bad = _label_block(p, y, lo, min(lo + BLOCK, p.shape[0]), count, part, scores, infinite)
            if bad >= 0 or sources == -1:
                return bad
            for c in range(CELLS):
                sums[c, 1] += part[c, 1]
                sums[c, 2] += part[c, 2]
        for c in range(CELLS):  # without weights, the second moments are the first
            sums[c, 0] = count[c]
            sums[c, 3] = count[c]
            sums[c, 4] = sums[c, 2]
            sums[c, 5] = sums[c, 2]
        return -1

    signature = types.int64(
        *(array(dtype, 2), array("int64", 1), array("int64", 1, written=True)),
        *(array("float64", 2, written=True), array("float64", 1, written=True), array("int64", 1, written=True)),
    )
    return entry(signature, run)


@loop
def _softmax(z: Any, q: Any, logs: Any) -> bool:
    """q <- softmax(z), logs <- its logarithm; false where z has a NaN, +inf, or nothing but -inf."""
    top = -np.inf
    fine: Any = True
    for k in range(z.size):
        v = np.float64(z[k])
        top = max(top, v)
        fine = fine and v < np.inf
    if not fine or not top > -np.inf:
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
    """q <- p, divided by its sum if ``normalize``; false unless p is a distribution (or could be made one)."""
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
def _group(q: Any, seed: Any, groups: int) -> Any:
    """A group for a row, from its probabilities (as float32) and the seed alone: the same in any split and order."""
    state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x632BE59BD9B4E019)
    for k in range(q.size):
        state = (state ^ np.uint64(np.int64(np.float32(q[k]) * np.float32(16777216.0)))) * np.uint64(0xFF51AFD7ED558CCD)
        state ^= state >> np.uint64(32)
    state = (state ^ (state >> np.uint64(29))) * np.uint64(0xC4CEB9FE1A85EC53)
    return np.int64((state >> np.uint64(33)) % np.uint64(groups))


@loop
def _class_block(
    p: Any, y: Any, seed: Any, lo: int, hi: int, sums: Any, scores: Any, infinite: Any, predicted: Any, classes: Any
) -> int:
    """As ``_label_block``, with the cells of the classes. Counts are kept as weights, which are 1."""
    nll = nll2 = brier = brier2 = 0.0
    endless = 0
    groups = classes.shape[0]
    for i in range(lo, hi):
        top, low, at = p[i, 0], p[i, 0], 0
        total = np.float64(top)
        square = total * total
        for k in range(1, p.shape[1]):
            v = p[i, k]
            if v > top:
                top, at = v, k
            low = min(low, v)
            wide = np.float64(v)
            total += wide
            square += wide * wide
        if not (abs(total - 1.0) <= SUM_TOLERANCE and low >= 0 and 0 <= y[i] < p.shape[1]):
            return i
        confidence = np.float64(top)
        right = 1.0 if at == y[i] else 0.0
        cell = cell_of(top)
        sums[cell, 0] += 1.0
        sums[cell, 1] += confidence
        sums[cell, 2] += right
        cell //= _COARSE
        predicted[at, cell, 0] += 1.0
        predicted[at, cell, 1] += confidence
        predicted[at, cell, 2] += right
        g = _group(p[i], seed, groups) if groups > 1 else 0
        for k in range(p.shape[1]):
            cell = class_cell_of(p[i, k])
            classes[g, k, cell, 0] += 1.0
            classes[g, k, cell, 1] += np.float64(p[i, k])
        q = np.float64(p[i, y[i]])
        classes[g, y[i], class_cell_of(q), 2] += 1.0
        loss = 0.0
        if q > 0:
            loss = surprise(q)
        else:
            endless += 1
        score = square - 2.0 * q + 1.0
        nll += loss
        nll2 += loss * loss
        brier += score
        brier2 += score * score
    infinite[0] += endless
    scores[0] += nll
    scores[1] += nll
    scores[2] += nll2
    scores[3] += brier
    scores[4] += brier
    scores[5] += brier2
    return -1


@cache
def classes_pass(dtype: str) -> Any:
    """Probabilities with labels, every row alike, with cells of classes. -> -1 or a row at fault."""
    sources = SOURCES

    def run(
        p: Any, y: Any, seed: Any, count: Any, sums: Any, scores: Any, infinite: Any, predicted_count: Any,
        predicted: Any, class_count: Any, classes: Any,
    ) -> int:  # fmt: skip
        p, y = borrowed(p), borrowed(y)
        predicted, classes = borrowed(predicted), borrowed(classes)
        part = np.zeros((CELLS, 6))
        for lo in range(0, p.shape[0], BLOCK):
            part[:] = 0.0
            bad = _class_block(
                p, y, seed, lo, min(lo + BLOCK, p.shape[0]), part, scores, infinite, predicted, classes
            )  # fmt: skip
            if bad >= 0 or sources == -1:
                return bad
            for c in range(CELLS):
                for j in range(3):
                    sums[c, j] += part[c, j]
        for c in range(CELLS):  # without weights, counts and second moments are these
            count[c] = np.int64(sums[c, 0])
            sums[c, 3] = sums[c, 0]
            sums[c, 4] = sums[c, 2]
            sums[c, 5] = sums[c, 2]
        predicted_count[:] = predicted[:, :, 0].astype(np.int64)
        class_count[:] = classes[:, :, :, 0].astype(np.int64)
        return -1

    return entry(
        types.int64(
            *(array(dtype, 2), array("int64", 1), types.uint64),
            *(array("int64", 1, written=True), array("float64", 2, written=True), array("float64", 1, written=True)),
            *(array("int64", 1, written=True), array("int64", 2, written=True), array("float64", 3, written=True)),
            *(array("int64", 3, written=True), array("float64", 4, written=True)),
        ),
        run,
    )


@loop
def _block(
    p: Any, y: Any, shares: Any, weights: Any, lo: int, hi: int, logits: bool, normalize: bool, seed: Any,
    q: Any, logs: Any, t: Any, count: Any, sums: Any, scores: Any, infinite: Any, predicted_count: Any, predicted: Any,
    class_count: Any, classes: Any,
) -> int:  # fmt: skip
    width = p.shape[1]
    groups = class_count.shape[0]
    for i in range(lo, hi):
        fine = _softmax(p[i], q, logs) if logits else _distribution(p[i], q, normalize)
        if not fine:
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
        at = 0
        for k in range(1, width):
            if q[k] > q[at]:
                at = k
        square = inner = loss = entropy = rough = 0.0
        endless = False
        for k in range(width):
            square += q[k] * q[k]
            if t[k] > 0:
                inner += q[k] * t[k]
                if logits:
                    loss -= t[k] * logs[k]
                    endless = endless or not logs[k] > -np.inf
                elif q[k] > 0:
                    loss += t[k] * surprise(q[k])
                else:
                    endless = True
                if t[k] != 1:
                    entropy -= t[k] * math.log(t[k])
                rough += t[k] * t[k]
        if endless:
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
        scores[7] += w * (1.0 - rough)
        cell = cell_of(q[at])
        count[cell] += 1
        sums[cell, 0] += w
        sums[cell, 1] += w * q[at]
        sums[cell, 2] += w * t[at]
        sums[cell, 3] += w * w
        sums[cell, 4] += w * w * t[at]
        sums[cell, 5] += w * w * t[at] * t[at]
        if groups:
            cell //= _COARSE
            predicted_count[at, cell] += 1
            predicted[at, cell, 0] += w
            predicted[at, cell, 1] += w * q[at]
            predicted[at, cell, 2] += w * t[at]
            g = _group(q, seed, groups) if groups > 1 else 0
            for k in range(width):
                cell = class_cell_of(q[k])
                class_count[g, k, cell] += 1
                classes[g, k, cell, 0] += w
                classes[g, k, cell, 1] += w * q[k]
                classes[g, k, cell, 2] += w * t[k]
    return -1


@cache
def any_pass(dtype: str) -> Any:
    """Any predictions of K >= 2 classes and any truth. -> -1 or a row at fault."""
    sources = SOURCES

    def run(
        p: Any, y: Any, shares: Any, weights: Any, logits: bool, normalize: bool, seed: Any, count: Any,
        sums: Any, scores: Any, infinite: Any, predicted_count: Any, predicted: Any, class_count: Any, classes: Any,
    ) -> int:  # fmt: skip
        p, y, shares, weights = borrowed(p), borrowed(y), borrowed(shares), borrowed(weights)
        predicted_count, predicted = borrowed(predicted_count), borrowed(predicted)
        class_count, classes = borrowed(class_count), borrowed(classes)
        q, logs, t = np.empty(p.shape[1]), np.empty(p.shape[1]), np.empty(p.shape[1])
        part, few = np.zeros((CELLS, 6)), np.zeros(8)
        for lo in range(0, p.shape[0], BLOCK):
            part[:] = 0.0
            few[:] = 0.0
            bad = _block(
                p, y, shares, weights, lo, min(lo + BLOCK, p.shape[0]), logits, normalize, seed, q, logs, t,
                count, part, few, infinite, predicted_count, predicted, class_count, classes,
            )  # fmt: skip
            if bad >= 0 or sources == -1:
                return bad
            sums += part
            scores += few
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


@loop
def _event_block(
    p: Any, a: Any, weights: Any, lo: int, hi: int, logits: bool, count: Any, sums: Any, scores: Any,
    infinite: Any,
) -> int:  # fmt: skip
    for i in range(lo, hi):
        c = np.float64(p[i])
        yes, no = 0.0, 0.0
        t = np.float64(a[i])
        if logits:
            if math.isnan(c):
                return i
            small = math.log1p(math.exp(-abs(c)))
            yes, no = small + max(-c, 0.0), small + max(c, 0.0)
            c = np.exp(-yes)
        else:
            if not 0 <= c <= 1:
                return i
            yes = surprise(c) if c > 0 else np.inf
            no = -math.log1p(-c) if c < 1 else np.inf
        w = weights[i] if weights.size else 1.0
        if w == 0:
            continue
        loss = (t * yes if t > 0 else 0.0) + ((1 - t) * no if t < 1 else 0.0)
        if not loss < np.inf:
            infinite[0] += 1
            loss = 0.0
        score = c * c - 2 * c * t + t
        scores[0] += w * loss
        scores[1] += w * w * loss
        scores[2] += w * w * loss * loss
        scores[3] += w * score
        scores[4] += w * w * score
        scores[5] += w * w * score * score
        if 0 < t < 1:
            scores[6] -= w * (t * math.log(t) + (1 - t) * math.log(1 - t))
            scores[7] += w * t * (1 - t)
        cell = cell_of(c)
        count[cell] += 1
        sums[cell, 0] += w
        sums[cell, 1] += w * c
        sums[cell, 2] += w * t
        sums[cell, 3] += w * w
        sums[cell, 4] += w * w * t
        sums[cell, 5] += w * w * t * t
    return -1


@cache
def event_pass(dtype: str) -> Any:
    """Probabilities of one event a row, and whether it happened. -> -1 or a row at fault."""
    sources = SOURCES

    def run(p: Any, a: Any, weights: Any, logits: bool, count: Any, sums: Any, scores: Any, infinite: Any) -> int:
        p, a, weights = borrowed(p), borrowed(a), borrowed(weights)
        part, few = np.zeros((CELLS, 6)), np.zeros(8)
        for lo in range(0, p.shape[0], BLOCK):
            part[:] = 0.0
            few[:] = 0.0
            bad = _event_block(p, a, weights, lo, min(lo + BLOCK, p.shape[0]), logits, count, part, few, infinite)
            if bad >= 0 or sources == -1:
                return bad
            sums += part
            scores += few
        return -1

    return entry(
        types.int64(
            *(array(dtype, 1), array("float64", 1), array("float64", 1), types.boolean),
            *(array("int64", 1, written=True), array("float64", 2, written=True), array("float64", 1, written=True)),
            array("int64", 1, written=True),
        ),
        run,
    )
