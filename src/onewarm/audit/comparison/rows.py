"""Two samples of the same rows, compared row by row: differences of their measures with simultaneous intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.comparison.comparison import TITLES, Comparison, difference, headline, infinite
from onewarm.audit.measures import chance_ece
from onewarm.audit.remedies import row_brier, row_nll, shares
from onewarm.audit.row_sample import Rows
from onewarm.audit.tally import probabilities
from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.intervals.estimate import estimate
from onewarm.calibration.summary.cells import CELLS, cell_of
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.errors import InputError

Floats = NDArray[np.float64]

_DRAWS = 20_000


@dataclass(frozen=True)
class _Measured:
    """A measure of one audit.

    Attributes:
        value: as it is computed.
        influence: what each row adds to its deviation, which is sum w x influence / sum w.
        unbiased: without what noise adds to an ECE.
        noise: what noise adds to the ECE of a calibrated model. How much it added here is not known better than that.
    """

    value: float
    influence: Floats
    unbiased: float
    noise: float = 0.0


def compare_rows(
    before: Rows, after: Rows, *, names: tuple[str, str], logits: tuple[bool, bool], files: tuple[str, ...]
) -> Comparison:
    """Compare two samples of the same rows.

    Differences of means have the standard error of the paired differences, row by row or summed by group. The ECE is
    linearised: a row adds the sign of its bin's gap times its own gap, and noise, which raises an ECE, is removed from
    both before they are subtracted. The quantile is that of the greatest of all measures' Student's t.

    Args:
        before, after: the rows; places, truth and weights must agree.
        names: of the two audits, for words.
        logits: whether the predictions of each are logits.
        files: names of the files, for errors.

    Raises:
        ValueError: other rows, another number of classes, or another truth, with the first row that differs.
    """
    _check_same(before, after, files)
    w = np.ones(len(before.places)) if before.weights is None else before.weights
    first, second = (_measured(rows, w, logits=z) for rows, z in zip((before, after), logits, strict=True))
    kept = [name for name in TITLES if name in first and name in second]
    influence = {n: (second[n].influence - first[n].influence) * w / w.sum() for n in kept}
    groups = None
    if before.groups is not None:
        _, at = np.unique(before.groups, return_inverse=True)
        groups = int(at.max()) + 1
        influence = {n: np.bincount(at, v) for n, v in influence.items()}
    units = groups or int(w.sum() ** 2 / (w**2).sum())
    widen = math.sqrt(units / max(units - 1, 1))
    errors = {n: widen * float(np.sqrt((v**2).sum())) for n, v in influence.items()}
    if groups is None and before.truth.ndim == 1:
        errors["accuracy"] = max(errors["accuracy"], _least_error(first["accuracy"], second["accuracy"], w))
    same = np.array_equal(before.predictions, after.predictions) and logits[0] == logits[1]
    reach = 0.0 if same else _quantile(influence, units)
    found = []
    for name in TITLES:
        if name not in kept:
            if name == "nll":
                values = (m["nll"].value if "nll" in m else None for m in (first, second))
                found.append(infinite(names, *values))
            continue
        x, y = first[name], second[name]
        value, middle = y.value - x.value, y.unbiased - x.unbiased
        half = math.hypot(reach * errors[name], x.noise, y.noise) if reach else 0.0
        low, high = min(middle - half, value), max(middle + half, value)
        found.append(difference(name, x.value, y.value, (low, high)))
    return Comparison(*names, len(before.places), groups, headline(found, names, same=same), tuple(found))


def _check_same(before: Rows, after: Rows, files: tuple[str, ...]) -> None:
    if before.predictions.shape[1:] != after.predictions.shape[1:]:
        raise InputError(
            f"the audits have predictions of shape {before.predictions.shape} and {after.predictions.shape}: compare "
            "models of the same classes"
        )
    if not np.array_equal(before.places, after.places):
        raise InputError("the audits have other rows: compare audits of the same rows in the same order")
    pairs = (("truth", before.truth, after.truth), ("weight", before.weights, after.weights),
             ("group", before.groups, after.groups))  # fmt: skip
    for what, mine, theirs in pairs:
        if mine is None and theirs is None:
            continue
        if mine is None or theirs is None or mine.shape != theirs.shape:
            raise InputError(f"one audit has {what}s that the other has not: compare audits with the same {what}")
        differs = (mine != theirs).reshape(len(mine), -1).any(axis=1)
        if differs.any():
            at = int(differs.argmax())
            place = int(before.places[at])
            file, row = files[place >> 40], (place & ((1 << 40) - 1)) + 1
            raise InputError(
                f"{file}: row {row} has the {what} {mine[at]} in one audit and {theirs[at]} in the other: compare "
                "audits of the same rows in the same order"
            )


def _measured(rows: Rows, w: Floats, *, logits: bool) -> dict[str, _Measured]:
    """Each measure that is finite."""
    if rows.predictions.ndim == 1:
        c, a = rows.predictions.astype(np.float64), rows.truth.astype(np.float64)
        if logits:
            with np.errstate(over="ignore"):
                c = 1 / (1 + np.exp(-c))
        with np.errstate(divide="ignore", invalid="ignore"):
            losses = -np.where(a > 0, a * np.log(c), 0.0) - np.where(a < 1, (1 - a) * np.log1p(-c), 0.0)
        brier = c * c - 2 * c * a + a
    else:
        p = probabilities(rows.predictions, logits=logits).astype(np.float64)
        top = p.argmax(axis=1)
        c = p[np.arange(len(p)), top]
        if rows.truth.ndim == 1:
            a = (top == rows.truth).astype(np.float64)
        else:
            a = shares(rows.truth)[np.arange(len(p)), top]
        losses, brier = row_nll(p, rows.truth), row_brier(p, rows.truth)
    found = {"brier": _mean(brier, w), "accuracy": _mean(a, w), "confidence_gap": _mean(c - a, w), "ece": _ece(c, a, w)}
    if np.isfinite(losses).all():
        found["nll"] = _mean(losses, w)
    if rows.predictions.ndim == 2 and rows.predictions.shape[1] == 2:
        one = rows.truth.astype(np.float64) if rows.truth.ndim == 1 else shares(rows.truth)[:, 1]
        found["event_ece"] = _ece(p[:, 1], one, w)
    return found


def _mean(values: Floats, w: Floats) -> _Measured:
    mean = float((w * values).sum() / w.sum())
    return _Measured(mean, values - mean, mean)


def _ece(c: Floats, a: Floats, w: Floats) -> _Measured:
    bins = cell_of(c) // (CELLS // BINS)
    gaps = np.bincount(bins, w * (c - a), BINS)
    value = float(np.abs(gaps).sum() / w.sum())
    summary = CalibrationSummary().update(c, a, weights=w)
    unbiased = estimate(summary, "ece", level=LEVEL).corrected
    return _Measured(value, np.sign(gaps)[bins] * (c - a) - value, unbiased, chance_ece(summary))


def _least_error(before: _Measured, after: _Measured, w: Floats) -> float:
    """The standard error of a difference of accuracies with half a row added to each cell of the two by two table.

    So that few rows without a difference do not prove that there is none (Agresti & Min, Biometrics 61, 2005).
    """
    n = float(w.sum() ** 2 / (w**2).sum())
    change = after.influence + after.value - before.influence - before.value
    apart = float((w * np.abs(change)).sum() / w.sum()) * n + 1
    return math.sqrt(apart / (n + 2)) / math.sqrt(n + 2)


def _quantile(influence: Mapping[str, Floats], units: int) -> float:
    """The ``LEVEL`` quantile of the greatest |t| of all measures, with their correlations and ``units`` - 1 degrees."""
    table = np.stack([v for v in influence.values() if v.any()] or [np.zeros(1)])
    scale = np.sqrt((table**2).sum(axis=1, keepdims=True))
    table = table / np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(table @ table.T)
    rng = np.random.default_rng(0)
    normal = rng.standard_normal((_DRAWS, len(table))) @ (vectors * np.sqrt(np.clip(values, 0, None))).T
    degrees = max(units - 1, 1)
    student = np.abs(normal).max(axis=1) / np.sqrt(rng.chisquare(degrees, _DRAWS) / degrees)
    return float(np.quantile(student, LEVEL))
