"""The questions of an audit: what a user of the probabilities relies on, each with a simultaneous interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from onewarm.audit.clusters import Clusters
from onewarm.audit.findings import Question
from onewarm.audit.questions.units import Units, of_all, of_bins, of_classes, of_events, of_slope, of_top
from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.intervals.bernoulli_sums import (
    LEAST,
    Sums,
    calibration_test,
    normal_quantile,
    normal_tail,
    t_to_normal,
)
from onewarm.calibration.intervals.slope import Logistic, slope
from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, Floats, check_bins
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.errors import InputError

Kind = Literal["binary", "multiclass", "confidence"]

ALPHA = 1 - LEVEL
"""A calibrated model is answered no in any of its questions in at most this share of samples."""

FEW_EVENTS = 5.0
"""Where the variance is estimated (weights, votes, groups) sums with fewer expected events are not asked about."""

_FINE = 8  # cells of a class's probability that stay as they are; the others are joined eight by eight


@dataclass(frozen=True)
class Cells:
    """Q sums over cells: weight, sum of predictions and sum of the truth, each (Q, C)."""

    weight: Floats
    predicted: Floats
    observed: Floats

    @property
    def chance(self) -> Floats:
        """Mean prediction in each cell."""
        some = self.weight > 0
        chance: Floats = np.divide(self.predicted, self.weight, where=some, out=np.full(self.weight.shape, 0.5))
        return np.clip(chance, 0, 1)

    def bins(self, bins: int) -> Cells:
        """The one row of cells as ``bins`` rows."""
        return Cells(*(x.reshape(bins, -1) for x in (self.weight, self.predicted, self.observed)))


def top_cells(summary: CalibrationSummary) -> Cells:
    """The 600 cells of the confidence of the top label (or of events)."""
    return Cells(*(summary[f"cell_{name}"][None] for name in ("weight", "confidence", "correct")))


def event_cells(summary: CalibrationSummary) -> Cells:
    """Cells of P(y = 1) over 0..1: 120 of two classes, 600 of events.

    Raises:
        ValueError: a summary without counts by class, or of more than two classes.
    """
    if summary.events:
        return top_cells(summary)
    if summary.num_classes != 2 or not summary.classwise:
        raise InputError(f"{summary!r} has no P(y = 1): make it of two classes, with classwise=True")
    return Cells(*(summary[f"class_{name}"][:, 1:].sum(axis=0) for name in ("weight", "probability", "truth")))


def class_cells(summary: CalibrationSummary) -> Cells:
    """Cells of each class's probability, coarser where it is well above 0: so a thousand classes stay quick.

    Raises:
        ValueError: a summary without counts by class.
    """
    if summary.events or not summary.classwise:
        raise InputError(f"{summary!r} has no counts by class: make it with classwise=True")
    first = np.concatenate([np.arange(_FINE), np.arange(_FINE, CLASS_CELLS, _FINE)])
    names = ("weight", "probability", "truth")
    return Cells(*(np.add.reduceat(summary[f"class_{name}"].sum(axis=0), first, axis=1) for name in names))


def ask(
    summary: CalibrationSummary,
    kind: Kind,
    *,
    classes: tuple[str, ...] = (),
    bins: int = BINS,
    clusters: Clusters | None = None,
    least: float = LEAST,
) -> tuple[Question, ...]:
    """All questions of a kind of predictions, with intervals that hold together in 95 % of samples.

    - "binary": of P(y = 1): its mean against the share of class 1, the confidence of the answer against how often it
      is right, the slope of the log-odds of the truth on its own, and its bins.
    - "confidence": its mean against the share of right answers, the slope, and its bins.
    - "multiclass": the confidence of the top label, its bins, and each class's mean probability against its share.

    Rows are events with the predicted chances, so sums have Poisson-binomial laws with known variance: one event where
    .01 were expected in a bin of 10,000 rows is no surprise among 15 bins. With weights, votes or groups the variance
    is estimated, and Student's t takes the place of the normal. The probability of a false alarm, 5 %, is shared out:
    half of it to the questions of all rows, half to the bins; a third each with several classes. Within bins and
    classes only those share it that could be rejected at all (Tarone). An interval is what its test does not reject.

    Args:
        summary: of at least one row; made with ``classwise=True`` unless of events.
        kind: as ``Plan.kind``.
        classes: their names, for the questions' texts.
        bins: number of equal-width bins, which divides 120 (600 of confidences).
        clusters: of the same rows, where they come in groups.
        least: what a probability of 0 may have meant at most; more than its default for rounded numbers.

    Raises:
        ValueError: no rows, bins that do not divide the cells, or a summary of another kind.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> p = rng.uniform(0.1, 0.9, 20_000)
        >>> y = (rng.uniform(size=20_000) < p - 0.08).astype(int)
        >>> s = CalibrationSummary(classwise=True).update(np.stack([1 - p, p], 1), y)
        >>> mean = ask(s, "binary")[0]
        >>> mean.of, round(mean.value, 3), mean.wrong
        ('P(y = 1)', 0.08, True)

    Source: Tarone, Biometrics 46, 1990 (discrete tests); tails: see ``calibration.intervals.bernoulli_sums``.
    """
    if summary.count == 0:
        raise InputError("summary has no rows: update it first")
    check_bins(bins, CELLS if kind == "confidence" else CLASS_CELLS)
    if kind == "multiclass":
        third = ALPHA / 3
        top = top_cells(summary)
        names = classes or tuple(str(k) for k in range(summary.num_classes or 0))
        asked = _questions(top, of_top(summary, clusters), "confidence", ["the top label"], third, least)
        asked += _bins(top, of_bins(summary, bins, clusters), "confidence", bins, third, least)
        return asked + _questions(
            class_cells(summary), of_classes(summary, clusters), "class", [f"class {n}" for n in names], third, least
        )
    half, top = ALPHA / 2, top_cells(summary)
    if kind == "confidence":
        unit = of_top(summary, clusters)
        asked = _questions(top, unit, "confidence", ["the confidence"], half / 2, least)
        asked += _slope(summary, top, "the confidence", half / 2, clusters, unit, least)
        return asked + _bins(top, of_bins(summary, bins, clusters), "confidence", bins, half, least)
    event, name = event_cells(summary), "P(y = 1)"
    unit = of_all(summary, clusters)
    asked = _questions(event, unit, "mean", [name], half / 3, least)
    asked += _questions(top, unit, "confidence", ["the top label"], half / 3, least)
    asked += _slope(summary, event, name, half / 3, clusters, unit, least)
    return asked + _bins(event, of_events(summary, bins, clusters), name, bins, half, least)


def _bins(cells: Cells, units: Units, name: str, bins: int, alpha: float, least: float) -> tuple[Question, ...]:
    edges = [f"{name} from {b / bins:.2f} to {(b + 1) / bins:.2f}" for b in range(bins)]
    return _questions(cells.bins(bins), units, "bin", edges, alpha, least)


def _questions(
    cells: Cells,
    units: Units,
    key: Literal["mean", "confidence", "bin", "class"],
    names: list[str],
    alpha: float,
    least: float,
) -> tuple[Question, ...]:
    """The questions of one block, which share ``alpha``; those without rows are left out."""
    some = cells.weight.sum(axis=1) > 0
    cells = Cells(cells.weight[some], cells.predicted[some], cells.observed[some])
    units = units.at(some)
    unit = units.unit[:, None]
    sums = Sums(cells.weight / unit, cells.chance, cells.observed.sum(axis=1) / units.unit, units.known)
    levels = _levels(sums, units, alpha, least)
    tested = calibration_test(sums, levels, units.df, least)
    weight = cells.weight.sum(axis=1)
    value = (cells.predicted.sum(axis=1) - cells.observed.sum(axis=1)) / weight
    factor = units.unit / weight
    low, high = np.minimum(tested.low * factor, value), np.maximum(tested.high * factor, value)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(levels > 0, np.minimum(ALPHA * (tested.p / levels), 1.0), 1.0)
    return tuple(
        Question(key, name, v, (lo, hi), 0.0, p_value, rows)
        for name, v, lo, hi, p_value, rows in zip(
            [n for n, yes in zip(names, some.tolist(), strict=True) if yes],
            value.tolist(),
            low.tolist(),
            high.tolist(),
            p.tolist(),
            (weight * units.scale).tolist(),
            strict=True,
        )
    )


def _levels(sums: Sums, units: Units, alpha: float, least: float) -> Floats:
    """The two-sided level of each test: ``alpha`` shared by those that could reject at it; 0 for the others."""
    m = np.clip(sums.chance, least, 1 - least)
    expected = (sums.trials * m).sum(axis=1)
    all_events = np.exp((sums.trials * np.log(m)).sum(axis=1))
    no_event = np.exp((sums.trials * np.log1p(-m)).sum(axis=1))
    attainable = np.minimum(all_events, no_event)
    if not units.known:
        deviate = np.asarray([normal_quantile(p) for p in attainable.tolist()])
        attainable = normal_tail(t_to_normal(np.minimum(deviate, 1e6), np.maximum(units.df, 1.0)))
        few = np.minimum(expected, sums.trials.sum(axis=1) - expected) < FEW_EVENTS
        attainable = np.where(few | (units.df < 1), 1.0, attainable)
    attainable = np.sort(2 * attainable), 2 * attainable
    for share in range(1, len(expected) + 1):
        if (attainable[0] < alpha / share).sum() <= share:
            return np.where(attainable[1] < alpha / share, alpha / share, 0.0)
    return np.zeros(len(expected))


def _slope(
    summary: CalibrationSummary,
    cells: Cells,
    of: str,
    alpha: float,
    clusters: Clusters | None,
    floor: Units,
    least: float,
) -> tuple[Question, ...]:
    try:
        model = Logistic(cells.weight[0], cells.chance[0], cells.observed[0], least)
    except ArithmeticError:  # all rows alike, or events and others apart: the other questions see that
        return ()
    units = of_slope(summary, model, clusters, floor)
    unit, df = float(units.unit[0]), float(units.df[0])
    expected = float((cells.weight * cells.chance).sum()) / unit
    if df < 1 or (not units.known and min(expected, float(cells.weight.sum()) / unit - expected) < FEW_EVENTS):
        return ()
    found = slope(model, alpha, unit=unit, df=df)
    if not np.isfinite([found.low, found.high]).all():
        return ()
    p = min(ALPHA * (found.p / alpha), 1.0)
    return (Question("slope", of, found.value, (found.low, found.high), 1.0, p, summary.weight * float(units.scale)),)
