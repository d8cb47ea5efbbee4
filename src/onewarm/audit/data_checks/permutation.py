"""Classes in another order in the predictions than in the truth: found by assignment, told from bad models by skill."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

from onewarm.audit.data_checks.view import Floats, View
from onewarm.audit.findings import Finding
from onewarm.audit.row_sample import scramble
from onewarm.report.numbers import percent

MOST_ROWS = 1 << 17
MOST_CLASSES = 1000
MOST_NAMED = 5
_STRETCH = 20  # rows: longer stretches of one label and one answer are those of a file sorted by label
LEAST_SKILL = 0.5
"""A permutation is named only if it makes at least this share of what the confidence promises come true."""
WELL_BELOW = 0.4
"""An AUROC whose upper bound is below this is that of predictions of the other class."""


def permuted(view: View, classes: tuple[str, ...], wider: float = 1.0) -> Finding | None:
    """Predictions of three classes or more whose columns stand for other classes.

    A permutation is looked for on one half of the rows, by assignment on the excess of the confusion matrix over that
    of independent predictions and labels, and accepted on the other half: there the rows predicted as a class that
    moves must agree with it 5 standard errors beyond independence and beyond the classes as they are, and so often that
    at least half of what their confidence promises comes true. A model that is only bad has no permutation that does.
    ``wider`` is the design effect of rows that are not independent.
    """
    if not 3 <= view.classes <= MOST_CLASSES or len(view) < 60:
        return None
    view = view.at_most(MOST_ROWS)
    unit = view.places
    stretch = np.cumsum((np.diff(view.label, prepend=-1) != 0) | (np.diff(view.top, prepend=-1) != 0)).astype(np.uint64)
    if view.groups is not None:
        unit = view.groups
    elif wider > 1.5 or len(view) < _STRETCH * stretch[-1]:  # neighbours that may go together stay on one side
        unit, wider = stretch, max(wider, len(view) / float(stretch[-1]))
    second = scramble(unit ^ np.uint64(0xC1A55)) % np.uint64(2) == 1
    table = _confusion(view[~second])
    excess = table - np.outer(table.sum(axis=1), table.sum(axis=0)) / max(table.sum(), 1)
    excess[np.diag_indices(view.classes)] += 1e-9 * table.sum()  # a class that nothing speaks about stays in its place
    where = np.asarray(linear_sum_assignment(-excess)[1])
    if (where == np.arange(view.classes)).all():
        return None
    test = view[second]
    share = test.shares().mean(axis=0)
    moves: NDArray[np.bool_] = where != np.arange(view.classes)
    if not _accepted(test, where, moves, share, wider):
        cycles = [c for c in _cycles(where) if len(c) > 1]
        moves = np.zeros(view.classes, bool)
        for cycle in cycles:
            inside = np.isin(np.arange(view.classes), cycle)
            if _accepted(test, where, inside, share, wider):
                moves |= inside
        if not moves.any():
            return None
    where = np.where(moves, where, np.arange(view.classes))
    now, then = float(view.right.mean()), float(_agreement(view, where).mean())
    names = [f"{classes[k]} stands for {classes[where[k]]}" for k in np.flatnonzero(moves)]
    listed = ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
    return Finding(
        "permuted classes",
        f"The classes of the predictions look permuted: {percent(then)} of the rows agree, instead of {percent(now)}, "
        f"if {listed}.",
        "wrong rows",
        value=then - now,
        remedy="Put the columns of the predictions in the order of the labels (an encoder sorts names: cat, dog, ... "
        "or 0, 1, 10, 2), and audit again.",
    )


def _confusion(view: View) -> Floats:
    """(K, K): the truth's shares summed by predicted class."""
    k = view.classes
    if view.truth.ndim == 1:
        return np.bincount(view.top * k + view.truth, minlength=k * k).reshape(k, k).astype(np.float64)
    table = np.zeros((k, k))
    np.add.at(table, view.top, view.truth)
    return table


def _agreement(view: View, where: NDArray[np.int64]) -> Floats:
    """(n,): the truth's share of the class that the predicted one stands for."""
    meant = where[view.top]
    if view.truth.ndim == 1:
        return np.asarray(view.truth == meant, np.float64)
    return np.asarray(view.truth[np.arange(len(view)), meant], np.float64)


def _accepted(test: View, where: NDArray[np.int64], moves: NDArray[np.bool_], share: Floats, wider: float) -> bool:
    rows = test[moves[test.top]]
    if len(rows) < 10 * wider:
        return False
    chance, as_is = share[where[rows.top]], share[rows.top]
    gained = _agreement(rows, where) - chance
    lead = gained - (rows.right - as_is)
    promised = float((rows.confidence - as_is).sum())
    root = np.sqrt(len(rows) / wider)
    return bool(
        gained.sum() >= LEAST_SKILL * promised
        and (rows.right - as_is).sum() <= LEAST_SKILL * gained.sum()
        and gained.mean() * root > 5 * max(gained.std(), np.sqrt((chance * (1 - chance)).mean()))
        and lead.mean() * root > 5 * lead.std()
    )


def _cycles(where: NDArray[np.int64]) -> list[list[int]]:
    seen: set[int] = set()
    cycles = []
    for start in range(len(where)):
        cycle, k = [], start
        while k not in seen:
            seen.add(k)
            cycle.append(k)
            k = int(where[k])
        if cycle:
            cycles.append(cycle)
    return cycles


def flipped(view: View, wider: float = 1.0) -> Finding | None:
    """Predictions of the other one of two outcomes: an AUROC well below one half, and the complement fits better."""
    if view.classes > 2 or len(view) < 50:
        return None
    view = view.at_most(MOST_ROWS)
    event = view.kind == "confidence"
    p = view.confidence if event else view.p[:, 1].astype(np.float64)
    y = view.right if event else view.shares()[:, 1]
    positive, negative = y.sum(), (1 - y).sum()
    if min(positive, negative) < 5:
        return None
    rank = (rankdata(p) - 0.5) / len(p)
    auroc = float((y * rank).sum() / positive - ((1 - y) * rank).sum() / negative + 0.5)
    q = min(max(auroc, 1e-6), 1 - 1e-6)
    pairs = positive * negative  # Hanley & McNeil, Radiology 143, 1982
    variance = q * (1 - q) + (positive - 1) * (q / (2 - q) - q * q) + (negative - 1) * (2 * q * q / (1 + q) - q * q)
    error = float(np.sqrt(variance * wider / pairs))
    if auroc + 4 * error > WELL_BELOW or ((1 - p - y) ** 2).mean() > ((p - y) ** 2).mean():
        return None
    what = "The confidence" if event else "P(y = 1)"
    says = "that of being wrong" if event else "that of the other class, P(y = 0)"
    return Finding(
        "flipped classes",
        f"{what} looks like {says}: it is higher where the outcome is 1 in only {percent(auroc)} of pairs "
        f"(AUROC {auroc:.3f}); 1 - p gives {1 - auroc:.3f}.",
        "wrong rows",
        value=auroc,
        interval=(auroc - 1.96 * error, auroc + 1.96 * error),
        remedy="Take 1 - p" + (", or swap the columns or the labels" if not event else "") + ", and audit again.",
    )
