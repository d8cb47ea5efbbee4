"""Compiled pass over events: in each row the probability of one event, and whether it happened."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba import types

from onewarm.calibration.summary.cells import CELLS
from onewarm.calibration.summary.pass_labels import BLOCK, SOURCES, cell_of, surprise
from onewarm.kernels.cpu.jit import array, borrowed, entry, keyed_by, loop


@loop
def _event_block(
    p: Any, a: Any, weights: Any, lo: int, hi: int, logits: bool, count: Any, sums: Any, scores: Any,
    infinite: Any,
) -> int:  # fmt: skip
    for i in range(lo, hi):
        c = np.float64(p[i])
        if_yes, if_no = 0.0, 0.0  # the NLL if the event happened, and if it did not
        t = np.float64(a[i])
        if logits:
            if math.isnan(c):
                return i
            small = math.log1p(math.exp(-abs(c)))
            if_yes, if_no = small + max(-c, 0.0), small + max(c, 0.0)
            c = np.exp(-if_yes)
        else:
            if not 0 <= c <= 1:
                return i
            if_yes = surprise(c) if c > 0 else np.inf
            if_no = -math.log1p(-c) if c < 1 else np.inf
        w = weights[i] if weights.size else 1.0
        if w == 0:
            continue
        loss = (t * if_yes if t > 0 else 0.0) + ((1 - t) * if_no if t < 1 else 0.0)
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
    checksum = SOURCES

    def run(p: Any, a: Any, weights: Any, logits: bool, count: Any, sums: Any, scores: Any, infinite: Any) -> int:
        keyed_by(checksum)
        p, a, weights = borrowed(p), borrowed(a), borrowed(weights)
        part, few = np.zeros((CELLS, 6)), np.zeros(8)
        for lo in range(0, p.shape[0], BLOCK):
            part[:] = 0.0
            few[:] = 0.0
            bad = _event_block(p, a, weights, lo, min(lo + BLOCK, p.shape[0]), logits, count, part, few, infinite)
            if bad >= 0:
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
