"""A temperature and the affine inverse together, without scikit-learn: for the audit and ``TemperatureUnsmooth``."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.calibrators.temperature import fit_temperature
from onewarm.calibration.calibrators.unsmooth import fit_alpha, mixed
from onewarm.calibration.summary.cells import Floats

_GOLDEN = (math.sqrt(5) - 1) / 2
_SPAN = math.log(8)
_TOLERANCE = 1e-5


class BothFit(NamedTuple):
    """q = (softmax(z / T) - alpha/K) / (1 - alpha) with the least NLL found."""

    temperature: float
    alpha: float
    floor: float

    def apply(self, logits: NDArray[Any]) -> Floats:
        """The mapped probabilities (N, K)."""
        return mixed(_softmax(logits, self.temperature), self.alpha, self.floor)


def fit_both(logits: NDArray[Any], truth: NDArray[Any], floor: float, *, start: float | None = None) -> BothFit:
    """T by golden sections of log T around the best plain temperature, with the best alpha at each T.

    The NLL at the result is no greater than that of the plain temperature with its best alpha. With ``start`` the
    search is around that temperature.

    Raises TemperatureError where, without ``start``, there is no best plain temperature.

    >>> z = np.random.default_rng(0).normal(size=(2000, 3)) * 2
    >>> p = 0.9 * _softmax(z, 2.0) + 0.1 / 3
    >>> fit = fit_both(z, p, 1e-9)
    >>> round(fit.temperature, 2), round(fit.alpha, 2)           # -b / (1 - b) at b = .1
    (2.0, -0.11)
    """
    centre = math.log(fit_temperature(logits, truth).temperature if start is None else start)
    seen: list[tuple[float, float, float]] = []

    def nll(log_t: float) -> float:
        found = fit_alpha(_softmax(logits, math.exp(log_t)), truth, floor)
        seen.append((found.nll, log_t, found.alpha))
        return found.nll

    nll(centre)
    low, high = centre - _SPAN, centre + _SPAN
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_a, at_b = nll(a), nll(b)
    while high - low > _TOLERANCE:
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - _GOLDEN * (high - low)
            at_a = nll(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + _GOLDEN * (high - low)
            at_b = nll(b)
    _, log_t, alpha = min(seen)
    return BothFit(math.exp(log_t), alpha, floor)


def _softmax(z: NDArray[Any], temperature: float) -> Floats:
    e = np.exp((z - z.max(axis=1, keepdims=True)) / temperature)
    found: Floats = e / e.sum(axis=1, keepdims=True)
    return found
