"""Compiled pass over probabilities with labels, the usual case: each row is checked, scored and counted at once.

Also holds code that the other passes share. Loaded with the first rows, since Numba takes long to import.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba import carray  # type: ignore[attr-defined]
from numpy.typing import NDArray

from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS
from onewarm.calibration.summary.pass_record import RECORD, Totals, compiled_pass, parts_of, totals_of, whole_lines
from onewarm.checks import SUM_TOLERANCE
from onewarm.kernels.jit.decorators import loop, scalar
from onewarm.kernels.jit.exp_log import log
from onewarm.kernels.jit.line import array_at, view

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
    p: Any, y: Any, width: int, groups: int, seed: Any, lo: int, hi: int, true: Any, sums: Any, totals: Totals
) -> int:
    """Add rows lo..hi and store the probability of each label in ``true``. Returns -1, or a bad row."""
    brier = brier2 = 0.0
    for i in range(lo, hi):
        row = view(p, i * width, width)
        top, low, predicted_class = row[0], row[0], 0
        total = np.float64(top)
        square = total * total
        for k in range(1, width):
            v = row[k]
            if v > top:
                top, predicted_class = v, k
            low = min(low, v)
            wide = np.float64(v)
            total += wide
            square += wide * wide
        if not (abs(total - 1.0) <= SUM_TOLERANCE and low >= 0 and 0 <= y[i] < width):
            return i
        confidence = np.float64(top)
        right = 1.0 if predicted_class == y[i] else 0.0
        cell = cell_of(top)
        sums[cell * 3] += 1.0
        sums[cell * 3 + 1] += confidence
        sums[cell * 3 + 2] += right
        q = np.float64(row[y[i]])
        true[i - lo] = q
        score = square - 2.0 * q + 1.0
        brier += score
        brier2 += score * score
        if not groups:
            continue
        place = predicted_class * CLASS_CELLS + cell // COARSE
        totals.predicted[place * 3] += 1.0
        totals.predicted[place * 3 + 1] += confidence
        totals.predicted[place * 3 + 2] += right
        g = group_of(row, seed, groups) if groups > 1 else 0
        for k in range(width):
            place = (g * width + k) * CLASS_CELLS + class_cell_of(row[k])
            totals.classes[place * 3] += 1.0
            totals.classes[place * 3 + 1] += np.float64(row[k])
        place = (g * width + y[i]) * CLASS_CELLS + class_cell_of(q)
        totals.classes[place * 3 + 2] += 1.0
    totals.scores[3] += brier
    totals.scores[4] += brier
    totals.scores[5] += brier2
    return -1


@cache
def compiled(dtype: str) -> Any:
    """The pass for predictions of a dtype, from the cache or compiled now."""
    kind = np.dtype(dtype).type

    def labelled(address: Any) -> int:
        a = carray(address, 1, RECORD)[0]
        rows, width = a.rows, a.width
        p, y = array_at(a.p, kind, rows * width), array_at(a.truth, np.int64, rows)
        totals = totals_of(a, CELLS, CLASS_CELLS)
        true, _, _, sums = parts_of(a.scratch, BLOCK, CELLS * 3)
        seed = np.uint64(a.seed)
        for lo in range(0, rows, BLOCK):
            for c in range(sums.size):
                sums[c] = 0.0
            hi = min(lo + BLOCK, rows)
            bad = _label_block(p, y, width, a.groups, seed, lo, hi, true, sums, totals)
            if bad >= 0:
                return bad
            _surprises(true, hi - lo, totals.scores, totals.infinite)
            for c in range(CELLS):
                for j in range(3):
                    totals.sums[c * 6 + j] += sums[c * 3 + j]
        for c in range(CELLS):  # every weight is 1: counts and second moments equal these sums
            totals.cell_count[c] = np.int64(totals.sums[c * 6])
            totals.sums[c * 6 + 3] = totals.sums[c * 6]
            totals.sums[c * 6 + 4] = totals.sums[c * 6 + 2]
            totals.sums[c * 6 + 5] = totals.sums[c * 6 + 2]
        for c in range(totals.predicted_count.size):
            totals.predicted_count[c] = np.int64(totals.predicted[c * 3])
        for c in range(totals.class_count.size):
            totals.class_count[c] = np.int64(totals.classes[c * 3])
        return -1

    return compiled_pass(labelled)


def labels_pass(p: NDArray[Any], labels: NDArray[np.int64], seed: int, totals: dict[str, Any], groups: int) -> int:
    """The pass over probabilities with labels and no weights. It returns -1, or a bad row."""
    bad: int = compiled(p.dtype.name)(
        scratch=3 * whole_lines(BLOCK) + CELLS * 3,
        p=p,
        truth=labels,
        rows=len(p),
        width=p.shape[1],
        groups=groups,
        seed=seed,
        **totals,
    )
    return bad
