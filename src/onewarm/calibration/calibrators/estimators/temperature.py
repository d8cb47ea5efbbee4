"""``TemperatureScaling``: temperature scaling as a scikit-learn estimator."""

from __future__ import annotations

from typing import Any

import numpy as np

from onewarm.calibration.calibrators.estimators.base import Calibrator, Labels
from onewarm.calibration.calibrators.temperature import TemperatureError, TemperatureFit, fit_temperature
from onewarm.calibration.summary.cells import Floats
from onewarm.errors import InputError
from onewarm.softmax import softmax


class TemperatureScaling(Calibrator):
    """Temperature scaling: softmax(z / T), with the T that minimises the NLL; see ``fit_temperature``.

    Args:
        probabilities: whether X holds probabilities; their logarithms are then the logits.
        bounds: least and greatest T to consider.
        at_bound: what to do if the NLL decreases all the way to a bound (every row right; no better than uniform):
            "keep" for T = 1, which leaves the model as it is and says so in ``why_kept_``; or "error". By default a fit
            does not fail in the midst of a cross-validation; ``fit_temperature`` itself raises.

    Attributes:
        temperature_: T.
        fit_: the ``TemperatureFit``, with its bracket and error bound; None if T = 1 was kept.
        why_kept_: the reason why T = 1 was kept, or None.
        classes_: (K,), the class of each column.

    Raises:
        TemperatureError: from ``fit``, no T within the bounds minimises the NLL, and ``at_bound`` is "error".
        ValueError: from ``fit`` and ``transform``, bad input, with the argument and the row.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(4000, 3))
        >>> p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        >>> TemperatureScaling().fit(2 * z, p).temperature_.round(6)        # exactly 2 with soft truth
        np.float64(2.0)

    For matrix scaling and Dirichlet calibration use established libraries: both are multinomial logistic regressions of
    the labels on log p (scikit-learn's ``LogisticRegression``; the package ``dirichletcal`` penalises the off-diagonal
    weights).

    Source: Guo, Pleiss, Sun & Weinberger, ICML 2017, section 4.2.
    """

    def __init__(
        self, *, probabilities: bool = False, bounds: tuple[float, float] = (0.01, 100.0), at_bound: str = "keep"
    ) -> None:
        self.probabilities, self.bounds, self.at_bound = probabilities, bounds, at_bound

    def _fit(self, scores: Floats, truth: Labels, weights: Floats | None) -> None:
        self.fit_, self.why_kept_ = fit_or_keep(self, scores, truth, weights)
        self.temperature_ = np.float64(1.0 if self.fit_ is None else self.fit_.temperature)

    def _mapped(self, scores: Floats) -> Floats:
        return softmax(self._logits(scores), float(self.temperature_))


def fit_or_keep(
    estimator: Any, scores: Floats, truth: Labels, weights: Floats | None
) -> tuple[TemperatureFit | None, str | None]:
    """The fit, or with ``at_bound="keep"`` None and the reason if the NLL has no minimum within the bounds."""
    if estimator.at_bound not in ("error", "keep"):
        raise InputError(f'at_bound is {estimator.at_bound!r}: expected "error" or "keep"')
    try:
        fit = fit_temperature(
            scores, truth, probabilities=estimator.probabilities, bounds=estimator.bounds, weights=weights
        )
    except TemperatureError as error:
        if estimator.at_bound == "error":
            raise
        return None, str(error)
    return fit, None
