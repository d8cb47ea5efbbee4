"""Compiled pass over events: in each row the probability of one event, and whether it happened."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba import carray  # type: ignore[attr-defined]
from numpy.typing import NDArray

from onewarm.calibration.summary.cells import CELLS, Floats
from onewarm.calibration.summary.pass_labels import BLOCK, cell_of, surprise
from onewarm.calibration.summary.pass_record import RECORD, compiled_pass, parts_of, totals_of, whole_lines
from onewarm.kernels.jit.decorators import loop
from onewarm.kernels.jit.line import array_at, view


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
        sums[cell * 6] += w
        sums[cell * 6 + 1] += w * c
        sums[cell * 6 + 2] += w * t
        sums[cell * 6 + 3] += w * w
        sums[cell * 6 + 4] += w * w * t
        sums[cell * 6 + 5] += w * w * t * t
    return -1


@cache
def compiled(dtype: str) -> Any:
    """The pass for predictions of a dtype, from the cache or compiled now."""
    kind = np.dtype(dtype).type

    def events(address: Any) -> int:
        record = carray(address, 1, RECORD)[0]
        rows = record.rows
        p, a = array_at(record.p, kind, rows), array_at(record.truth, np.float64, rows)
        weights = array_at(record.weights, np.float64, rows if record.weighted else 0)
        totals = totals_of(record, CELLS, 0)
        _, _, _, rest = parts_of(record.scratch, 1, CELLS * 6 + 8)
        sums, scores = view(rest, 0, CELLS * 6), view(rest, CELLS * 6, 8)
        for lo in range(0, rows, BLOCK):
            for c in range(rest.size):
                rest[c] = 0.0
            bad = _event_block(
                p, a, weights, lo, min(lo + BLOCK, rows), record.logits != 0, totals.cell_count, sums, scores,
                totals.infinite,
            )  # fmt: skip
            if bad >= 0:
                return bad
            for c in range(sums.size):
                totals.sums[c] += sums[c]
            for c in range(scores.size):
                totals.scores[c] += scores[c]
        return -1

    return compiled_pass(events)


def event_pass(p: NDArray[Any], happened: Floats, weights: Floats | None, logits: bool, totals: dict[str, Any]) -> int:
    """The pass over probabilities of one event a row, and whether it happened. It returns -1, or a bad row."""
    bad: int = compiled(p.dtype.name)(
        scratch=3 * whole_lines(1) + CELLS * 6 + 8,
        p=p,
        truth=happened,
        weights=0 if weights is None else weights,
        rows=len(p),
        width=1,
        groups=0,
        weighted=weights is not None,
        logits=logits,
        **totals,
    )
    return bad
