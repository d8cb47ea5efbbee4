"""A temperature and the affine inverse of smoothing, fitted together (NumPy only)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.calibrators.rows import MASKED
from onewarm.calibration.calibrators.temperature import fit_temperature
from onewarm.calibration.calibrators.unsmooth import apply_alpha, fit_alpha
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.inputs import read_truth, read_weights
from onewarm.softmax import softmax

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
    logits: NDArray[Any], truth: NDArray[Any], floor: float, *, start: float | None = None, weights: Any = None
) -> TemperatureUnsmoothFit:
    """The T and alpha with the least NLL of (softmax(z / T) - alpha/K) / (1 - alpha).

    A root of the derivative in log T, within a factor 8 of the best temperature alone, with the best alpha at each T.
    The NLL of the result is at most that of the best temperature alone with its best alpha.

    Args:
        logits: (N, K) floats.
        truth: labels (N,), votes (N, K) of integers, or distributions (N, K).
        floor: least probability in the result, in [0, 1/K).
        start: temperature to search around; by default the best temperature alone.
        weights: (N,), not negative, or None.

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
    centre = math.log(fit_temperature(logits, truth, weights=weights).temperature if start is None else start)
    z = np.maximum(logits.astype(np.float64), MASKED)
    z = np.maximum(z - z.max(axis=1, keepdims=True), MASKED)
    labels, shares = read_truth(truth, logits.shape).rows(slice(None))
    w = read_weights(weights, len(z))
    tried: list[tuple[float, float, float]] = []

    def slope(log_t: float) -> float:
        """The derivative in log T of the NLL with the best alpha: by the envelope theorem that with alpha fixed."""
        p = softmax(z, math.exp(log_t))
        fit = fit_alpha(p, truth, floor, weights=weights)
        tried.append((fit.nll, log_t, fit.alpha))
        b = -fit.alpha / (1 - fit.alpha)
        mean = np.einsum("ij,ij->i", p, z)
        if labels is not None:
            own = np.arange(len(z)), labels
            change = p[own] * (z[own] - mean) / (p[own] + b * (1 / z.shape[1] - p[own]))
        else:
            q = p + b * (1 / z.shape[1] - p)
            terms = np.divide(shares * p * (z - mean[:, None]), q, where=q > 0, out=np.zeros_like(q))
            change = terms.sum(axis=1)
        return (1 - b) * math.exp(-log_t) * float(np.average(change, weights=w))

    slope(centre)
    low, high = centre - _SPAN, centre + _SPAN
    at_low, at_high = slope(low), slope(high)
    if at_low < 0 < at_high:
        _root(slope, low, at_low, high, at_high)
    _, log_t, alpha = min(tried)
    return TemperatureUnsmoothFit(math.exp(log_t), alpha, floor)


def _root(slope: Callable[[float], float], low: float, at_low: float, high: float, at_high: float) -> None:
    """Close in on a sign change by the Illinois variant of regula falsi, and by bisection where that is slow."""
    side = 0
    for step in range(60):
        x = (low * at_high - high * at_low) / (at_high - at_low) if step % 4 < 3 else (low + high) / 2
        at = slope(x)
        if at < 0:
            low, at_low = x, at
            at_high = at_high / 2 if side < 0 else at_high
            side = -1
        else:
            high, at_high = x, at
            at_low = at_low / 2 if side > 0 else at_low
            side = 1
        if high - low < _TOLERANCE or abs(at) < 1e-9:
            return
