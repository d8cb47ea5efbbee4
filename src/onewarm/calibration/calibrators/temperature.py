"""Temperature scaling: one number, fitted by a bracketed Newton method with an error bound (NumPy only)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from onewarm.calibration.calibrators.temperature_search import Objective, TemperatureError, enclose, minimise
from onewarm.calibration.summary.inputs import Array, logit_blocks, read_predictions, read_truth, read_weights
from onewarm.errors import InputError
from onewarm.softmax import softmax

__all__ = ["TemperatureError", "TemperatureFit", "fit_temperature"]


@dataclass(frozen=True)
class TemperatureFit:
    """The temperature with the least NLL, and proof that it is one. Made by ``fit_temperature``.

    Attributes:
        temperature: T, above 1 if the model was overconfident.
        gradient: d NLL / d log T at T, in nats; 0 up to rounding. With a prior, as in the next two, of the NLL plus
            the prior's penalty.
        bracket: (T_lo, T_hi) around T. The NLL falls at T_lo and rises at T_hi: its minimum lies between.
        excess: upper bound on NLL(T) minus the least NLL, in nats: |d NLL / d b| (1 / T_lo - 1 / T_hi), because the
            NLL is convex in b = 1/T.
        nll_before: mean NLL at T = 1, nats.
        nll_after: mean NLL at T, nats.
        iterations: passes over the rows.
        rows: N.
    """

    temperature: float
    gradient: float
    bracket: tuple[float, float]
    excess: float
    nll_before: float
    nll_after: float
    iterations: int
    rows: int

    def apply(self, logits: Any, *, probabilities: bool = False, normalize: bool = False) -> Array:
        """softmax(logits / T), of shape (N, K): float64 for float64 input, else float32.

        Args:
            logits: (N, K) floats, NumPy, PyTorch or Arrow.
            probabilities: whether the input holds probabilities p; the result is then p^(1/T), divided by its sum.
            normalize: whether rows of p may have a sum other than 1.

        Raises:
            TypeError, ValueError: bad input, with the argument, the first bad row, its value and a remedy.
        """
        array = read_predictions(logits, "probabilities" if probabilities else "logits")
        out = np.empty(array.shape, np.float64 if array.dtype == np.float64 else np.float32)
        for rows, z in logit_blocks(array, probabilities=probabilities, normalize=normalize):
            out[rows] = softmax(z, self.temperature, axis=0).T
        return out


def fit_temperature(
    logits: Any,
    truth: Any,
    *,
    probabilities: bool = False,
    normalize: bool = False,
    bounds: tuple[float, float] = (0.01, 100.0),
    tolerance: float = 1e-8,
    weights: Any = None,
    prior: float = 0.0,
) -> TemperatureFit:
    """The temperature T that minimises the NLL of softmax(z / T), certified.

        L(b) = (1/N) sum_i [logsumexp(b z_i) - b <t_i, z_i>]          b = 1/T
        L'(b) = (1/N) sum_i <softmax(b z_i) - t_i, z_i>               L''(b) = (1/N) sum_i Var_{softmax(b z_i)}[z_i]

    L is convex in b because L'' >= 0, so a sign change of L' encloses the minimum. Newton steps in b that stay inside
    that bracket, else bisection, all in float64, until the ends of the bracket differ by ``tolerance``.

    With ``prior`` c > 0 what is minimised is L(b) + (c / N) (b - 1 - log b): the posterior mode under a gamma prior on
    b with its mode at T = 1, which counts as c rows. The sum is convex too, and has a minimum for any logits, also
    where all rows are right; the prior vanishes as rows grow.

    Args:
        logits: (N, K) floats, NumPy or PyTorch; -inf masks a class. Any constant may be added to a row.
        truth: labels (N,) of integers; votes (N, K) of integers; or distributions (N, K) of floats.
        probabilities: whether the first argument holds probabilities; their logarithms are then the logits.
        normalize: whether rows of probabilities or distributions may have a sum other than 1.
        bounds: least and greatest temperature to consider.
        tolerance: relative width of the bracket at which the search ends, in [1e-12, 1).
        weights: (N,), not negative, or None: the NLL is their weighted mean.
        prior: rows that the prior counts as, finite and not negative; 0 for none.

    Returns:
        A ``TemperatureFit``: T, its bracket, and bounds on the remaining error.

    Raises:
        TemperatureError: the NLL decreases all the way to a bound (every row right: T -> 0; no better than uniform:
            T -> inf), or is the same, or infinite, at every temperature.
        TypeError, ValueError: bad input, with the argument, the first bad row, its value and a remedy.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(4000, 3))
        >>> p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        >>> y = np.array([rng.choice(3, p=row) for row in p])
        >>> fit = fit_temperature(2 * z, y)                    # logits twice too large
        >>> round(fit.temperature, 1), fit.nll_after < fit.nll_before
        (2.0, True)
        >>> round(fit_temperature(2 * z, p).temperature, 6)    # exactly 2 with distributions as the truth
        2.0
        >>> right = np.array([[4.0, 0.0], [0.0, 3.0]])         # no temperature is best without a prior
        >>> round(fit_temperature(right, np.array([0, 1]), prior=1).temperature, 2)
        0.87

    Source: Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks, ICML 2017, section 4.2.
    """
    low, high = bounds
    if not 0 < low < high < math.inf:
        raise InputError(f"bounds is {bounds}: expected 0 < least < greatest < inf")
    if not 1e-12 <= tolerance < 1:
        raise InputError(f"tolerance is {tolerance}: expected at least 1e-12 and less than 1")
    if not 0 <= prior < math.inf:
        raise InputError(f"prior is {prior}: expected a number of rows, finite and not negative")
    array = read_predictions(logits, "probabilities" if probabilities else "logits")
    true = read_truth(truth, array.shape, normalize=normalize)
    w = read_weights(weights, len(array))
    if w is not None and not w.any():
        raise InputError("weights are 0 in every row: nothing is left to fit on")
    objective = Objective(array, true, probabilities=probabilities, normalize=normalize, weights=w, prior=prior)
    before = objective(1.0)
    ends = enclose(objective, before, 1 / high, 1 / low)
    left, right = minimise(objective, before, *ends, tolerance)
    best = min(left, right, key=lambda point: abs(point.slope))
    return TemperatureFit(
        temperature=1 / best.b,
        gradient=-best.b * best.slope,
        bracket=(1 / right.b, 1 / left.b),
        excess=abs(best.slope) * (right.b - left.b),
        nll_before=before.nll,
        nll_after=best.nll,
        iterations=objective.passes,
        rows=array.shape[0],
    )
