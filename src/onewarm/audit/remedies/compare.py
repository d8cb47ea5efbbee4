"""Remedies for a model's probabilities: fitted on some rows, scored on others, and the simplest good one advised."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.measures import ece_of
from onewarm.audit.remedies.cross_fit import Folds
from onewarm.audit.remedies.option import FEW_ZEROS, LEAST_GAIN, Option, Remedies
from onewarm.audit.remedies.row_scores import gain_interval, mean_interval, row_brier, row_nll
from onewarm.audit.remedies.zeros import find_zeros
from onewarm.audit.row_sample import Rows, scramble
from onewarm.calibration.calibrators.calibration_map import CalibrationMap
from onewarm.calibration.calibrators.code import python_line
from onewarm.calibration.calibrators.methods import METHODS, Parameters
from onewarm.calibration.calibrators.rows import FitRows, fit_rows
from onewarm.calibration.metrics.calibration_error import ece
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.errors import InputError, MissingExtraError
from onewarm.kernels.cpu.thread_pool import threads

Floats = NDArray[np.float64]
Kind = Literal["binary", "multiclass", "confidence"]

NOISE = 1.0
"""Standard errors of a paired difference in NLL: a simpler option that is worse by less is within noise of the best."""
LEAST_DIFFERENCE = 0.0002
"""Nats per row: a simpler option that is worse by less is as good as the best, whatever the noise."""

KEYS: dict[Kind, tuple[str, ...]] = {
    "binary": ("leave", "intercept", "temperature", "unsmooth", "platt", "temperature-unsmooth", "beta", "isotonic"),
    "multiclass": (
        "leave", "temperature", "unsmooth", "temperature-unsmooth", "intercept", "vector", "beta", "isotonic",
    ),
    "confidence": ("leave", "intercept", "temperature", "platt", "beta", "isotonic"),
}  # fmt: skip
"""The remedies that are compared, by the kind of predictions."""

MOST_CLASSES = 100
"""With more classes than this there is no beta calibration and no isotonic regression: one fit a class."""
_TINY = 1e-300  # an NLL is finite
_MOST_TOGETHER = 1 << 20  # numbers in the predictions of one method; more, and the methods take turns
SMALL = 20_000
"""With more rows than this the paired differences have power enough, and likelihood ratios are left out."""
FEWEST_ROWS = 10
"""With fewer rows than this nothing is fitted."""
AGAINST_REST = ("beta", "isotonic")


def most_compared(num_classes: int) -> int:
    """Rows that remedies are scored on, at most, so that the time for them is bounded; a random choice of the sample.

    >>> most_compared(2), most_compared(10)
    (200000, 50000)
    """
    return 200_000 if num_classes <= 2 else 50_000


def compare(
    rows: Rows,
    *,
    logits: bool,
    kind: Kind,
    normalize: bool = True,
    classes: tuple[str, ...] = (),
    event: bool = False,
) -> Remedies:
    """Fit every option by cross-fitting, score it on every row against no change, and choose one.

    Rows fall into 2 to 5 folds by a seeded hash of their place, or of their group where they have groups. Each map is
    fitted on the rows of the other folds: at most some tens of thousands of them, so that the work is bounded. What is
    handed out is fitted on the rows of all folds: of many rows for the advised option alone, the others keep the map of
    a fold.

    Args:
        rows: a sample of the rows.
        logits: whether the predictions are logits.
        kind: of the predictions; "confidence" has (n,) of them, "binary" two columns.
        normalize: whether rows of probabilities may have another sum than 1.
        classes: names of the classes, for the saved map.
        event: whether the user's predictions are one column, P(y = 1): the line of code then takes that.
    """
    if rows.weights is not None and not rows.weights.any():
        rows = replace(rows, weights=None)
    elif rows.weights is not None and not rows.weights.all():
        rows = rows.take(rows.weights > 0)
    most = most_compared(rows.predictions.shape[1] if rows.predictions.ndim == 2 else 1)
    if len(rows) > most:
        least = np.argpartition(scramble(rows.places.astype(np.uint64)), most)[:most]
        rows = rows.take(np.sort(least))
    zeros, zero = find_zeros(rows, logits=logits)
    data = fit_rows(
        rows.predictions, rows.truth, logits=logits, weights=rows.weights, floor=zeros.floor, normalize=normalize
    )
    folds = Folds(rows.places, rows.groups, data.num_classes)
    truth: NDArray[Any] = data.labels if data.labels is not None else np.asarray(data.shares)
    before = np.exp(data.log_p)
    base, base_brier = row_nll(before, truth), row_brier(before, truth)
    plain = data.labels is not None and rows.weights is None and rows.groups is None
    sides = 2 if kind == "confidence" else 1  # of one event the Brier score is half that of two classes

    keys = KEYS[kind] if len(rows) >= FEWEST_ROWS else ("leave",)
    keys = tuple(key for key in keys if key not in AGAINST_REST or data.num_classes <= MOST_CLASSES)

    def with_map(option: Option, parameters: Parameters) -> Option:
        calibrator = CalibrationMap(option.key, data.num_classes, parameters, zeros.floor, classes)
        code = python_line(calibrator, logits=logits, event=kind == "confidence" or event)
        shown = _shown(option.key, parameters)
        return replace(option, parameters=shown, free=calibrator.free, code=code, calibrator=calibrator)

    scored: list[Scored] = []
    failed: list[Option] = []
    errors: dict[str, dict[str, CalibrationSummary]] = {}
    for key, outcome in _cross_fitted(keys, folds, data):
        if isinstance(outcome, str):
            failed.append(Option(key, {}, problem=outcome))
            continue
        q, parameters = outcome
        losses, briers = row_nll(np.maximum(q, _TINY), truth), row_brier(q, truth)
        likelihood = None
        if len(data) <= SMALL and key not in ("leave", "isotonic") and plain:
            fitted = METHODS[key].apply(parameters, data.log_p)
            free = METHODS[key].free(parameters, data.num_classes)
            likelihood = 2 * float((base - row_nll(np.maximum(fitted, _TINY), truth)).sum()), free
        option = Option(
            key,
            {},
            nll=float(np.average(losses, weights=data.weights)),
            brier=float(np.average(briers, weights=data.weights)) / sides,
        )
        option = with_map(option, parameters)
        errors[key] = _summaries(q, truth, data.weights, kind)
        values: dict[str, Any] = {name: ece(summary) for name, summary in errors[key].items()}
        option = replace(option, **values)
        if key == "leave":
            option = replace(option, infinite=zeros.true)
        else:
            gain = gain_interval(base - losses, data.weights, rows.groups, likelihood)
            of_brier = mean_interval((base_brier - briers) / sides, data.weights, groups=rows.groups)
            option = replace(option, gain=gain[0], interval=gain[1], brier_gain=of_brier[0], brier_interval=of_brier[1])
        scored.append((option, losses, likelihood))
    scored = scored[:1] + sorted(scored[1:], key=lambda one: (one[0].free, one[0].nll))
    few = zero.any() and np.count_nonzero(zero) <= FEW_ZEROS * len(zero)
    best, runner_up, resting = choose(scored, data.weights, rows.groups, ~zero if few else None)
    if best.key != "leave" and len(data) > SMALL:
        best = with_map(best, folds.refitted(best.key, data))
    shown = {key: _with_intervals(o, errors[key]) for key, o in {o.key: o for o in (scored[0][0], best)}.items()}
    options = (*(shown.get(option.key, option) for option, _, _ in scored), *failed)
    return Remedies(options, shown[best.key], runner_up, resting, zeros, folds.count, folds.most_fitted, len(data))


Outcome = tuple[Floats, Parameters] | str
"""The cross-fitted predictions of a method and its parameters; or why it could not be fitted."""


def _cross_fitted(keys: Sequence[str], folds: Folds, data: FitRows) -> Iterator[tuple[str, Outcome]]:
    """The outcome of each method, in the order of the keys; several at a time, where that needs little memory."""

    def one(key: str) -> Outcome:
        try:
            q, parameters = folds.predictions(key, data)
            return q, folds.refitted(key, data) if len(data) <= SMALL else parameters
        except (InputError, MissingExtraError) as error:
            return str(error)

    if data.log_p.size > _MOST_TOGETHER:
        yield from ((key, one(key)) for key in keys)
        return
    with ThreadPoolExecutor(max_workers=min(4, threads())) as pool:
        yield from zip(keys, pool.map(one, keys), strict=True)


def _summaries(q: Floats, truth: NDArray[Any], weights: Floats, kind: Kind) -> dict[str, CalibrationSummary]:
    """What the calibration errors of an option are of: the top label, and for two classes P(y = 1)."""
    found = {}
    if kind != "confidence":
        found["ece"] = CalibrationSummary().update(q, truth, weights=weights, normalize=True)
    if kind != "multiclass":
        event = truth if truth.ndim == 1 else truth[:, 1]
        name = "ece" if kind == "confidence" else "event_ece"
        found[name] = CalibrationSummary().update(q[:, 1], event, weights=weights)
    return found


def _with_intervals(option: Option, summaries: dict[str, CalibrationSummary]) -> Option:
    intervals: dict[str, Any] = {f"{name}_interval": ece_of(s).interval for name, s in summaries.items()}
    return replace(option, **intervals)


Scored = tuple[Option, Floats, tuple[float, int] | None]
"""An option, the NLL of each row under it, and its likelihood ratio with the number of its parameters."""


def choose(
    scored: list[Scored], weights: Floats, groups: NDArray[Any] | None = None, counted: NDArray[np.bool_] | None = None
) -> tuple[Option, Option | None, bool]:
    """The advised option, the runner-up, and whether the latter rests on rows that are not counted.

    Args:
        scored: the options from simple to complex, "leave" first.
        weights, groups: of the rows, (n,).
        counted: rows that the advice may rest on, (n,); None for all.
    """
    leave, base, _ = scored[0]
    worth = [one for one in scored[1:] if _worth(one[0].gain, one[0].interval)]
    solid = worth
    if counted is not None:
        weights, groups = weights[counted], None if groups is None else groups[counted]
        base = base[counted]
        worth = [(option, losses[counted], None) for option, losses, _ in worth]
        solid = [one for one in worth if _worth(*gain_interval(base - one[1], weights, groups))]
    if not solid:
        others = [one[0] for one in (worth or scored[1:])]
        return leave, max(others, key=lambda o: o.gain or -math.inf, default=None), bool(worth)
    lowest = min(solid, key=lambda one: float(np.average(one[1], weights=weights)))
    for option, losses, _ in solid:
        worse, (low, _) = mean_interval(losses - lowest[1], weights, groups=groups, errors=NOISE)
        if low <= 0 or worse < LEAST_DIFFERENCE:
            return option, None if option is lowest[0] else lowest[0], False
    raise AssertionError  # the lowest is within noise of itself


def _worth(gain: float | None, interval: tuple[float, float] | None) -> bool:
    return gain is not None and interval is not None and gain >= LEAST_GAIN and interval[0] > 0


def _shown(key: str, parameters: Parameters) -> dict[str, Any]:
    return {"steps": METHODS[key].free(parameters, 0)} if key == "isotonic" else parameters
