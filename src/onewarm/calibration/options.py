"""What could be done about a model's confidence, each fitted on some rows and scored on others, in pairs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.calibrators import fit_temperature
from onewarm.calibration.sample import Rows
from onewarm.calibration.tally import probabilities

Floats = NDArray[np.float64]

LEAST_GAIN = 0.001
"""Nats a row: an option that gains less on held-out rows is not worth a change."""
LEVEL = 0.95


@dataclass(frozen=True)
class Option:
    """One thing to do. ``gain``: NLL of leaving it minus NLL with it, on the same held-out rows, nats a row.

    Attributes:
        key: "leave", "temperature", "unsmooth", "temperature-unsmooth" or "retrain".
        parameters: what was fitted, as {"temperature": 1.7}.
        problem: why it could not be fitted, or None; the numbers below are then None.
        nll, brier, ece: on held-out rows. nll is None where a true class had probability 0 (see ``infinite``).
        gain, interval: mean paired difference and its normal interval; None where a row's NLL is infinite.
        infinite: held-out rows with infinite NLL.
    """

    key: str
    parameters: dict[str, float]
    problem: str | None = None
    nll: float | None = None
    brier: float | None = None
    ece: float | None = None
    gain: float | None = None
    interval: tuple[float, float] | None = None
    infinite: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        return {**self.__dict__, "interval": list(self.interval) if self.interval else None}


def compare(fit: Rows, score: Rows, *, logits: bool, ece: Callable[[Floats, Rows], float]) -> tuple[Option, ...]:
    """Every option, fitted on ``fit`` and scored on ``score``; the first is to leave the model as it is."""
    before = probabilities(score.predictions, logits=logits).astype(np.float64)
    base = row_nll(before, score.truth)
    options = [_scored("leave", {}, before, base, base, score, ece)]
    for key, found in _fitted(fit, logits=logits):
        if isinstance(found, str):
            options.append(Option(key, {}, problem=found))
            continue
        parameters, transform = found
        after = transform(score.predictions)
        options.append(_scored(key, parameters, after, base, row_nll(after, score.truth), score, ece))
    return tuple(options)


def recommend(options: tuple[Option, ...]) -> Option:
    """The simplest option that held-out rows show to be better; leaving it, where none gains ``LEAST_GAIN``.

    An option is better than leaving it if the interval of its gain lies above 0 and its gain is at least
    ``LEAST_GAIN``; of two that are, the later (less simple) one must gain ``LEAST_GAIN`` more.
    """
    best = options[0]
    for option in options[1:]:
        if option.key == "temperature-unsmooth" and option.parameters.get("alpha", 0.0) == 0.0:
            continue
        if option.problem is None and _better(option, best):
            best = option
    return best


def _better(option: Option, best: Option) -> bool:
    if option.infinite != best.infinite:
        return option.infinite < best.infinite and (option.brier or 0.0) <= (best.brier or 0.0) + 1e-3
    if option.gain is None or option.interval is None:
        return False
    return option.interval[0] > 0 and option.gain >= (best.gain or 0.0) + LEAST_GAIN


Transform = Callable[[NDArray[Any]], Floats]


def _fitted(fit: Rows, *, logits: bool) -> list[tuple[str, tuple[dict[str, float], Transform] | str]]:
    """The options in order of simplicity: parameters and the map of predictions, or why there are none."""
    found: list[tuple[str, tuple[dict[str, float], Transform] | str]] = []
    more: dict[str, Any] = {} if fit.weights is None else {"weights": fit.weights}
    try:
        scaling = fit_temperature(fit.predictions, fit.truth, probabilities=not logits, normalize=not logits, **more)
        found.append(
            (
                "temperature",
                (
                    {"temperature": scaling.temperature},
                    lambda v: np.asarray(scaling.apply(v, probabilities=not logits, normalize=not logits), np.float64),
                ),
            )
        )
    except ValueError as error:
        found.append(("temperature", str(error)))
    return found


def _scored(
    key: str,
    parameters: dict[str, float],
    p: Floats,
    base: Floats,
    losses: Floats,
    score: Rows,
    ece: Callable[[Floats, Rows], float],
) -> Option:
    w = np.ones(len(losses)) if score.weights is None else score.weights
    total = w.sum()
    infinite = int(np.count_nonzero(~np.isfinite(losses)))
    gain, interval = None, None
    if key != "leave" and infinite == 0 and np.isfinite(base).all():
        gain, interval = mean_interval(base - losses, w)
    return Option(
        key,
        parameters,
        nll=None if infinite else float((w * losses).sum() / total),
        brier=float((w * row_brier(p, score.truth)).sum() / total),
        ece=ece(p, score),
        gain=gain,
        interval=interval,
        infinite=infinite,
    )


def mean_interval(values: Floats, weights: Floats, level: float = LEVEL) -> tuple[float, tuple[float, float]]:
    """A weighted mean and its normal interval: mean -+ z sqrt(sum w^2 (v - mean)^2) / sum w.

    >>> mean_interval(np.array([0.0, 1.0, 2.0, 3.0]), np.ones(4), 0.6826894921370859)[0]
    1.5
    """
    total = weights.sum()
    mean = float((weights * values).sum() / total)
    half = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(float((weights**2 * (values - mean) ** 2).sum())) / total
    return mean, (mean - float(half), mean + float(half))


def shares(truth: NDArray[Any]) -> Floats:
    """Votes or distributions (n, K) as distributions."""
    out: Floats = truth / truth.sum(axis=1, keepdims=True, dtype=np.float64)
    return out


def row_nll(p: Floats, truth: NDArray[Any]) -> Floats:
    """-sum_k t_k log p_k of each row, nats; +inf where a true class has probability 0."""
    with np.errstate(divide="ignore"):
        out: Floats
        if truth.ndim == 1:
            out = -np.log(p[np.arange(len(p)), truth])
        else:
            t = shares(truth)
            out = -np.multiply(t, np.log(p), where=t > 0, out=np.zeros_like(p)).sum(axis=1)
    return out


def row_brier(p: Floats, truth: NDArray[Any]) -> Floats:
    """|p|^2 - 2 <p, t> + 1 of each row."""
    true_p = p[np.arange(len(p)), truth] if truth.ndim == 1 else (p * shares(truth)).sum(axis=1)
    out: Floats = (p * p).sum(axis=1) - 2 * true_p + 1
    return out
