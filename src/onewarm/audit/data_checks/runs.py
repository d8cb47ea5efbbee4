"""Runs of near-equal neighbouring rows (rows of one patient, frames of one film), which are not independent.

Two things together tell them from a file that was merely sorted. By label: predictions of the same truth are in no
order. By prediction: given the prediction, the truth is in no order. Rows of one subject are alike in both.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.data_checks.view import Floats, View
from onewarm.audit.findings import Finding
from onewarm.audit.row_sample import scramble
from onewarm.report.numbers import percent

BLOCKS = (2, 5, 10, 20, 50, 100, 200, 500)
LEAST_BLOCKS = 12
ALIKE = 0.3
"""Neighbours are near-equal if their squared distance is at least this share smaller than that of other rows."""
_SAME = 0.02
_Z = 4.5
_BINS = 20


def runs(head: View) -> tuple[Finding | None, float]:
    """Neighbouring rows that are alike in prediction and truth, in the first rows of the files; and the design effect.

    The design effect is the variance of means over that of as many independent rows: 1 where nothing is found.
    """
    n = len(head)
    if n < 100:
        return None, 1.0
    p = head.confidence if head.kind != "binary" else head.p[:, 1].astype(np.float64)
    if _sorted(head):
        return None, 1.0
    alike, pairs = likeness(head)
    if alike < ALIKE or alike * math.sqrt(pairs) < _Z:
        return None, _stretches(head)
    y = head.right if head.kind != "binary" else head.shares()[:, 1]
    rank = np.argsort(np.argsort(p, kind="stable"), kind="stable")
    wider = _design_effect(_centred(y, rank * _BINS // n))
    if wider is None:
        return None, _stretches(head)
    return Finding(
        "runs",
        f"Neighbouring rows are alike (predictions of neighbours with the same truth are {percent(alike)} closer than "
        "those of others with it, and their errors go together), as rows of one subject or moments of one series: "
        f"intervals and tests assume independent rows, and are about {math.sqrt(wider):.1f} times too narrow.",
        "spoils",
        value=alike,
        remedy="Name the column that tells which rows belong together: --group COLUMN.",
    ), max(wider, _stretches(head))


def likeness(head: View) -> tuple[float, int]:
    """How much closer neighbours are than random pairs, 0..1, and the number of pairs of neighbours.

    The distance is that of log-odds (of the confidence, or of all classes); only pairs with the same truth and the same
    top class are compared, so that a file sorted by either shows no likeness.
    """
    cell = np.unique(head.label * head.classes + head.top, return_inverse=True)[1]
    if head.kind == "confidence":
        cell = head.label
    x = _all_log_odds(head)
    near = np.flatnonzero(_neighbours(head) & (cell[1:] == cell[:-1]))
    # the other pairs: neighbours in an order by cell and then at random
    order = np.lexsort((scramble(head.places), cell))
    same = cell[order[1:]] == cell[order[:-1]]
    one, other = order[:-1][same], order[1:][same]
    pairs = np.bincount(cell[one], minlength=int(cell.max()) + 1)
    near = near[pairs[cell[near]] > 0]
    if len(near) < 30:
        return 0.0, 0
    expected = np.bincount(cell[one], _distance(x, one, other), len(pairs)) / np.maximum(pairs, 1)
    far = float(expected[cell[near]].sum())
    if far <= 1e-9 * len(near):
        return 0.0, 0
    return 1 - float(_distance(x, near + 1, near).sum()) / far, len(near)


def _stretches(head: View) -> float:
    """The rows of a stretch of one truth and one top class, on average, if neighbours are nearly the same; else 1.

    With fewer subjects than classes no two of them can be compared within a class, but their rows are not independent.
    """
    x, label = _all_log_odds(head), head.label
    near = np.flatnonzero(_neighbours(head) & (label[1:] == label[:-1]))
    order = np.argsort(scramble(head.places))
    far = float(_distance(x, order[1:], order[:-1]).mean())
    if len(near) < 0.3 * len(head) or float(_distance(x, near + 1, near).mean()) > _SAME * far:
        return 1.0
    ends = 1 + int(((label[1:] != label[:-1]) | (head.top[1:] != head.top[:-1])).sum())
    return len(head) / ends


def _neighbours(head: View) -> NDArray[np.bool_]:
    return np.asarray(np.diff(head.places.astype(np.int64)) == 1)


def _all_log_odds(head: View) -> Floats:
    return _log_odds(head.predicted() if head.classes != 2 else head.predicted()[:, 1:])


def _distance(x: Floats, one: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
    return np.asarray(((x[one] - x[other]) ** 2).sum(axis=1), np.float64)


def _log_odds(p: Floats) -> Floats:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p) - np.log1p(-p)


def _centred(values: Floats, cell: NDArray[np.int64]) -> Floats:
    """Values minus the mean of their cell."""
    cell = np.unique(cell, return_inverse=True)[1]
    count = np.bincount(cell)
    return np.asarray(values - (np.bincount(cell, values) / count)[cell], np.float64)


def _sorted(head: View) -> bool:
    """Whether a file is sorted by the probability of a class, the answer or the truth, at least within its labels."""
    p = head.predicted()
    scores = np.column_stack([head.confidence, p[np.arange(len(head)), head.label if head.classes > 1 else 0], p])
    step = np.diff(scores, axis=0)
    for inside in (slice(None), head.label[1:] == head.label[:-1]):
        up, down = (step[inside] > 0).sum(axis=0), (step[inside] < 0).sum(axis=0)
        if bool(((up + down >= 20) & (np.minimum(up, down) <= 0.02 * (up + down))).any()):
            return True
    return False


def _design_effect(residual: Floats) -> float | None:
    """The variance of sums of neighbouring residuals over that of independent ones; None if chance explains it.

    In blocks of several lengths; the standard error of each ratio is sqrt(2 / blocks), as for normal sums.
    """
    squares = float((residual * residual).mean())
    if squares <= 1e-12:
        return None
    greatest, found = 1.0, False
    for length in BLOCKS:
        blocks = len(residual) // length
        if blocks < LEAST_BLOCKS:
            break
        sums = residual[: blocks * length].reshape(blocks, length).sum(axis=1)
        ratio = float((sums * sums).mean()) / (length * squares)
        found = found or ratio - 1 > _Z * math.sqrt(2 / blocks)
        greatest = max(greatest, ratio)
    return greatest if found else None
