"""Remedies for a model's confidence, each fitted on some rows and scored on others, row by row against no change."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.measures import ece_of
from onewarm.audit.row_sample import Rows, scramble
from onewarm.audit.tally import probabilities
from onewarm.calibration.calibrators.temperature import fit_temperature
from onewarm.calibration.calibrators.temperature_unsmooth import fit_temperature_unsmooth
from onewarm.calibration.calibrators.unsmooth import apply_alpha, fit_alpha
from onewarm.calibration.defaults import LEVEL

Floats = NDArray[np.float64]

LEAST_GAIN = 0.001
"""Nats per row: an option that gains less on held-out rows is not worth a change."""
LEAST_ALPHA = 1e-3
"""An alpha closer to 0 than this counts as no smoothing."""
FLOOR = 1e-9
"""The least probability of a class after smoothing is undone."""
_SEED = 0x5EED
MOST_ROWS = 20_000
"""Rows that the two-parameter option is fitted on, at most (about)."""


@dataclass(frozen=True)
class Option:
    """One remedy, with its scores on held-out rows.

    Attributes:
        key: "leave", "temperature", "unsmooth", "temperature-unsmooth" or "retrain".
        parameters: the fitted parameters, as {"temperature": 1.7}.
        problem: why it could not be fitted, or None. If it could not, the scores are None.
        nll: nats per row; None where a true class had probability 0 (see ``infinite``).
        brier: mean over rows, summed over classes, 0..2.
        ece, ece_interval: 0..1; the interval is of the model's own error, without the noise of finite rows.
        gain, interval: the NLL of leaving the model as it is minus the NLL with this option, nats per row: mean of
            the paired differences and its normal interval; None where a row's NLL is infinite.
        infinite: held-out rows with infinite NLL.
    """

    key: str
    parameters: dict[str, float]
    problem: str | None = None
    nll: float | None = None
    brier: float | None = None
    ece: float | None = None
    ece_interval: tuple[float, float] | None = None
    gain: float | None = None
    interval: tuple[float, float] | None = None
    infinite: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The attributes as values for JSON."""
        ends = {name: getattr(self, name) for name in ("interval", "ece_interval")}
        return {**self.__dict__, **{name: list(e) if e else None for name, e in ends.items()}}


def halves(rows: Rows) -> tuple[Rows, Rows]:
    """Rows to fit on and rows to score on, by a hash of the place."""
    second = scramble(rows.places ^ np.uint64(_SEED)) % np.uint64(2) == 1
    return rows.take(~second), rows.take(second)


def compare(fit: Rows, score: Rows, *, logits: bool) -> tuple[tuple[Option, ...], Option]:
    """Fit every option on ``fit`` and score it on ``score``.

    Returns:
        The options from simple to complex, the first being to leave the model as it is; and the best of them. An
        option is better than a simpler one if its NLL is lower by at least ``LEAST_GAIN`` and the interval of the
        paired difference lies above 0. Where some rows have an infinite NLL, it is better if it has fewer of them and
        no greater Brier score.
    """
    before = probabilities(score.predictions, logits=logits).astype(np.float64)
    weights = np.ones(len(before)) if score.weights is None else score.weights
    base = lowest = row_nll(before, score.truth)
    best = _scored("leave", {}, before, base, base, score)
    options = [best]
    for key, fitted in _fitted(fit, logits=logits):
        if isinstance(fitted, str):
            options.append(Option(key, {}, problem=fitted))
            continue
        parameters, transform = fitted
        after = transform(score.predictions)
        losses = row_nll(after, score.truth)
        options.append(_scored(key, parameters, after, base, losses, score))
        if _better(options[-1], losses, best, lowest, weights):
            best, lowest = options[-1], losses
    return tuple(options), best


def _better(option: Option, losses: Floats, best: Option, lowest: Floats, weights: Floats) -> bool:
    if option.infinite or best.infinite:
        assert option.brier is not None and best.brier is not None
        return option.infinite < best.infinite and option.brier <= best.brier
    gain, interval = mean_interval(lowest - losses, weights)
    return gain >= LEAST_GAIN and interval[0] > 0


Transform = Callable[[NDArray[Any]], Floats]
Fitted = tuple[str, tuple[dict[str, float], Transform] | str]


def _fitted(fit: Rows, *, logits: bool) -> list[Fitted]:
    """The options from simple to complex: each with its parameters and its map of predictions, or why it has none."""
    values, truth = _by_weight(fit)
    if truth.ndim == 2:
        truth = shares(truth)
    fitted: list[Fitted] = [_temperature(values, truth, logits=logits)]
    p = probabilities(values, logits=logits).astype(np.float64)
    alpha = fit_alpha(p, truth, FLOOR).alpha
    if alpha > LEAST_ALPHA:
        undo: Transform = lambda v: apply_alpha(probabilities(v, logits=logits).astype(np.float64), alpha, FLOOR)  # noqa: E731
        fitted.append(("unsmooth", ({"alpha": alpha}, undo)))
    elif alpha < -LEAST_ALPHA:
        share = -alpha / (1 - alpha)
        mix: Transform = lambda v: (1 - share) * probabilities(v, logits=logits) + share / v.shape[1]  # noqa: E731
        fitted.append(("retrain", ({"alpha": share}, mix)))
    fitted.append(_temperature_unsmooth(values, truth, logits=logits))
    return fitted


def _temperature(values: NDArray[Any], truth: NDArray[Any], *, logits: bool) -> Fitted:
    try:
        scaling = fit_temperature(values, truth, probabilities=not logits, normalize=not logits)
    except ValueError as error:
        return "temperature", str(error)

    def apply(v: NDArray[Any]) -> Floats:
        return np.asarray(scaling.apply(v, probabilities=not logits, normalize=not logits), np.float64)

    return "temperature", ({"temperature": scaling.temperature}, apply)


def _temperature_unsmooth(values: NDArray[Any], truth: NDArray[Any], *, logits: bool) -> Fitted:
    key = "temperature-unsmooth"

    def as_logits(v: NDArray[Any]) -> Floats:
        with np.errstate(divide="ignore"):
            return v.astype(np.float64) if logits else np.log(v.astype(np.float64))

    sample = slice(None, None, max(1, len(values) // MOST_ROWS))
    try:
        both = fit_temperature_unsmooth(as_logits(values[sample]), truth[sample], FLOOR)
    except ValueError as error:
        return key, str(error)
    return key, ({"temperature": both.temperature, "alpha": both.alpha}, lambda v: both.apply(as_logits(v)))


def _by_weight(fit: Rows) -> tuple[NDArray[Any], NDArray[Any]]:
    """Predictions and truth for the fits, each row repeated by its weight.

    Exact for small integer weights; else systematic sampling to four times as many rows.
    """
    w = fit.weights
    if w is None or not w.any():
        return fit.predictions, fit.truth
    integers = bool((w == np.floor(w)).all()) and w.sum() <= 4 * len(w)
    size = int(w.sum()) if integers else 4 * len(w)
    ends = np.floor(w.cumsum() * (size / w.sum()) + 0.5).astype(np.int64)
    chosen = np.repeat(np.arange(len(w)), np.diff(ends, prepend=0))
    return fit.predictions[chosen], fit.truth[chosen]


def _scored(
    key: str,
    parameters: dict[str, float],
    p: Floats,
    base: Floats,
    losses: Floats,
    score: Rows,
) -> Option:
    w = np.ones(len(losses)) if score.weights is None else score.weights
    total = w.sum()
    infinite = int(np.count_nonzero(~np.isfinite(losses)))
    gain, interval = None, None
    error = ece_of(p, score)
    if key != "leave" and infinite == 0 and np.isfinite(base).all():
        gain, interval = mean_interval(base - losses, w)
    return Option(
        key,
        parameters,
        nll=None if infinite else float((w * losses).sum() / total),
        brier=float((w * row_brier(p, score.truth)).sum() / total),
        ece=error.value,
        ece_interval=error.interval,
        gain=gain,
        interval=interval,
        infinite=infinite,
    )


def mean_interval(values: Floats, weights: Floats, level: float = LEVEL) -> tuple[float, tuple[float, float]]:
    """A weighted mean and its normal interval: mean -+ z sqrt(sum w^2 (v - mean)^2) / sum w, z the normal quantile.

    >>> mean_interval(np.array([0.0, 1.0, 2.0, 3.0]), np.ones(4), 0.6826894921370859)[0]
    1.5
    """
    total = weights.sum()
    mean = float((weights * values).sum() / total)
    half = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(float((weights**2 * (values - mean) ** 2).sum())) / total
    return mean, (mean - float(half), mean + float(half))


def shares(truth: NDArray[Any]) -> Floats:
    """Votes or distributions (n, K), each row divided by its sum."""
    out: Floats = truth / truth.sum(axis=1, keepdims=True, dtype=np.float64)
    return out


def row_nll(p: Floats, truth: NDArray[Any]) -> Floats:
    """The NLL of each row, (n,) nats: -sum_k t_k log p_k; +inf where a true class has probability 0."""
    with np.errstate(divide="ignore"):
        out: Floats
        if truth.ndim == 1:
            out = -np.log(p[np.arange(len(p)), truth])
        else:
            t = shares(truth)
            out = -np.multiply(t, np.log(p), where=t > 0, out=np.zeros_like(p)).sum(axis=1)
    return out


def row_brier(p: Floats, truth: NDArray[Any]) -> Floats:
    """Brier score of each row, (n,), 0..2: |p|^2 - 2 <p, t> + 1, the mean of |p - y|^2 over one-hot y drawn from t."""
    true_p = p[np.arange(len(p)), truth] if truth.ndim == 1 else (p * shares(truth)).sum(axis=1)
    out: Floats = (p * p).sum(axis=1) - 2 * true_p + 1
    return out
