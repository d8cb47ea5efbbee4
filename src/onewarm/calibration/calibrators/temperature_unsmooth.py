"""A temperature and the affine inverse of smoothing, fitted together (NumPy only)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numpy.typing import NDArray

from onewarm.calibration.calibrators.temperature import fit_temperature
from onewarm.calibration.calibrators.unsmooth import apply_alpha, fit_alpha
from onewarm.calibration.summary.cells import Floats
from onewarm.softmax import softmax

_GOLDEN = (math.sqrt(5) - 1) / 2
_SPAN = math.log(8)  # log T is searched within this distance of the start
_TOLERANCE = 1e-5  # width in log T at which the search ends


class TemperatureUnsmoothFit(NamedTuple):
    """The map q = (softmax(z / T) - alpha/K) / (1 - alpha) with the least NLL found, no q below ``floor``."""

    temperature: float
    alpha: float
    floor: float

    def apply(self, logits: NDArray[Any]) -> Floats:
        """The calibrated probabilities of logits, both (N, K) floats."""
        return apply_alpha(softmax(logits, self.temperature), self.alpha, self.floor)


def fit_temperature_unsmooth(
    logits: NDArray[Any], truth: NDArray[Any], floor: float, *, start: float | None = None
) -> TemperatureUnsmoothFit:
    """The T and alpha with the least NLL of (softmax(z / T) - alpha/K) / (1 - alpha).

    Golden-section search of log T, within a factor 8 of the best temperature alone, with the best alpha at each T. The
    NLL of the result is at most that of the best temperature alone with its best alpha.

    Args:
        logits: (N, K) floats.
        truth: labels (N,), votes (N, K) of integers, or distributions (N, K).
        floor: least probability in the result, in [0, 1/K).
        start: temperature to search around; by default the best temperature alone.

    Raises:
        TemperatureError: without ``start``, no temperature alone minimises the NLL.
        ValueError: bad input, or a floor outside [0, 1/K).

    >>> import numpy as np
    >>> z = np.random.default_rng(0).normal(size=(2000, 3)) * 2
    >>> p = 0.9 * softmax(z, 2.0) + 0.1 / 3
    >>> fit = fit_temperature_unsmooth(z, p, 1e-9)
    >>> round(fit.temperature, 2), round(fit.alpha, 2)           # -b / (1 - b) at b = .1
    (2.0, -0.11)
    """
    centre = math.log(fit_temperature(logits, truth).temperature if start is None else start)
    tried: list[tuple[float, float, float]] = []

    def nll(log_t: float) -> float:
        fit = fit_alpha(softmax(logits, math.exp(log_t)), truth, floor)
        tried.append((fit.nll, log_t, fit.alpha))
        return fit.nll

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
    _, log_t, alpha = min(tried)
    return TemperatureUnsmoothFit(math.exp(log_t), alpha, floor)
