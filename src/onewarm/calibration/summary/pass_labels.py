"""Compiled pass over probabilities with labels, the usual case: each row is checked, scored and counted at once.

Also holds code that the other passes share. Loaded with the first rows, since Numba takes long to import.
"""

from __future__ import annotations

import math
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import types

from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS
from onewarm.checks import SUM_TOLERANCE
from onewarm.kernels.cpu.exp_log import log
from onewarm.kernels.cpu.jit import CHECKSUM as KERNELS
from onewarm.kernels.cpu.jit import array, borrowed, entry, keyed_by, loop, scalar

# A checksum of these files and of the kernels: see ``kernels.cpu.jit``.
SOURCES = zlib.crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("pass_*.py"))), KERNELS)
BLOCK = 8192  # rows summed before they are added to a total, so that small numbers are not lost in large sums
COARSE = CELLS // CLASS_CELLS
_SMALLEST = 1e-300  # our ``log`` takes no subnormal numbers


@scalar
def _cell(p: Any, cells: Any) -> Any:
    """``cells.cell_of`` for one number in [0, 1 + tolerance]; only near an edge is p compared with the edge itself."""
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
    """The (wider) cell of a class's probability."""
    return _cell(p, CLASS_CELLS)


@scalar
def surprise(p: Any) -> Any:
    """-ln p for p > 0."""
    return -log(p) if p >= _SMALLEST else -math.log(p)


@loop
def group_of(q: Any, seed: Any, groups: int) -> Any:
    """A row's group, a hash of its probabilities (as float32) and the seed: the same in any split and order of rows."""
    state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x632BE59BD9B4E019)
    for k in range(q.size):
        state = (state ^ np.uint64(np.int64(np.float32(q[k]) * np.float32(16777216.0)))) * np.uint64(0xFF51AFD7ED558CCD)
        state ^= state >> np.uint64(32)
    state = (state ^ (state >> np.uint64(29))) * np.uint64(0xC4CEB9FE1A85EC53)
    return np.int64((state >> np.uint64(33)) % np.uint64(groups))


@loop
def _surprises(q: Any, n: int, scores: Any, infinite: Any) -> None:
    """Add the NLL of the first ``n`` probabilities of labels, and its square: a separate loop, which vectorises."""
    total = square = 0.0
    small = 0
    for i in range(n):
        normal = q[i] >= _SMALLEST
        loss = -log(q[i] if normal else 1.0)
        small += 0 if normal else 1
        total += loss
        square += loss * loss
    if small > 0:
        for i in range(n):
            if q[i] <= 0:
                infinite[0] += 1
            elif q[i] < _SMALLEST:
                loss = surprise(q[i])
                total += loss
                square += loss * loss
    scores[0] += total
    scores[1] += total
    scores[2] += square


@loop
def _label_block(
    p: Any, y: Any, seed: Any, lo: int, hi: int, true: Any, sums: Any, scores: Any, predicted: Any, classes: Any
) -> int:
    """Add rows lo..hi and store the probability of each label in ``true``. Returns -1, or a bad row."""
    brier = brier2 = 0.0
    groups = classes.shape[0]
    for i in range(lo, hi):
        top, low, predicted_class = p[i, 0], p[i, 0], 0
        total = np.float64(top)
        square = total * total
        for k in range(1, p.shape[1]):
            v = p[i, k]
            if v > top:
                top, predicted_class = v, k
            low = min(low, v)
            wide = np.float64(v)
            total += wide
            square += wide * wide
        if not (abs(total - 1.0) <= SUM_TOLERANCE and low >= 0 and 0 <= y[i] < p.shape[1]):
            return i
        confidence = np.float64(top)
        right = 1.0 if predicted_class == y[i] else 0.0
        cell = cell_of(top)
        sums[cell, 0] += 1.0
        sums[cell, 1] += confidence
        sums[cell, 2] += right
        q = np.float64(p[i, y[i]])
        true[i - lo] = q
        score = square - 2.0 * q + 1.0
        brier += score
        brier2 += score * score
        if not groups:
            continue
        cell //= COARSE
        predicted[predicted_class, cell, 0] += 1.0
        predicted[predicted_class, cell, 1] += confidence
        predicted[predicted_class, cell, 2] += right
        g = group_of(p[i], seed, groups) if groups > 1 else 0
        for k in range(p.shape[1]):
            cell = class_cell_of(p[i, k])
            classes[g, k, cell, 0] += 1.0
            classes[g, k, cell, 1] += np.float64(p[i, k])
        classes[g, y[i], class_cell_of(q), 2] += 1.0
    scores[3] += brier
    scores[4] += brier
    scores[5] += brier2
    return -1


@cache
def labels_pass(dtype: str) -> Any:
    """The pass over probabilities with labels and no weights. It returns -1, or a bad row."""
    checksum = SOURCES

    def run(
        p: Any, y: Any, seed: Any, count: Any, sums: Any, scores: Any, infinite: Any, predicted_count: Any,
        predicted: Any, class_count: Any, classes: Any,
    ) -> int:  # fmt: skip
        keyed_by(checksum)
        p, y = borrowed(p), borrowed(y)
        predicted, classes = borrowed(predicted), borrowed(classes)
        part, true = np.zeros((CELLS, 6)), np.empty(BLOCK)
        for lo in range(0, p.shape[0], BLOCK):
            part[:] = 0.0
            hi = min(lo + BLOCK, p.shape[0])
            bad = _label_block(p, y, seed, lo, hi, true, part, scores, predicted, classes)
            if bad >= 0:
                return bad
            _surprises(true, hi - lo, scores, infinite)
            for c in range(CELLS):
                for j in range(3):
                    sums[c, j] += part[c, j]
        for c in range(CELLS):  # every weight is 1: counts and second moments equal these sums
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
