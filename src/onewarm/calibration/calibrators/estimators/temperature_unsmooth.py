"""``TemperatureUnsmooth``: a temperature with the affine inverse of smoothing, as a scikit-learn estimator."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.calibrators.estimators.base import Calibrator, Labels
from onewarm.calibration.calibrators.estimators.temperature import fit_or_keep
from onewarm.calibration.calibrators.temperature_unsmooth import fit_temperature_unsmooth
from onewarm.calibration.calibrators.unsmooth import apply_alpha
from onewarm.calibration.summary.cells import Floats
from onewarm.softmax import softmax


class TemperatureUnsmooth(Calibrator):
    """A temperature and then the affine inverse of smoothing, together minimising the NLL.

        q = (softmax(z / T) - alpha/K) / (1 - alpha)

    Args:
        probabilities: whether X holds probabilities; their logarithms are then the logits.
        floor: as in ``UnsmoothCalibrator``.
        bounds, at_bound: as in ``TemperatureScaling``, for the temperature alone, from which the search starts.

    Attributes:
        temperature_, alpha_: the fitted values. Golden-section search of log T on [T0 / 8, 8 T0], with T0 the best
            temperature alone and the best alpha at each T. If the NLL has several minima, the result is at least as
            good as T0 with its best alpha.
        why_kept_: the reason why the search started from T = 1, or None.
        classes_: (K,), the class of each column.

    Raises:
        TemperatureError: from ``fit``, no T within the bounds minimises the NLL, and ``at_bound`` is "error".
        ValueError: from ``fit`` and ``transform``, bad input, with the argument and the row.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(4000, 3)) * 2
        >>> pi = 0.9 * softmax(z, 2.0) + 0.1 / 3                    # z is overconfident, and a tenth of labels noise
        >>> both = TemperatureUnsmooth().fit(z, pi)
        >>> both.temperature_.round(2), both.alpha_.round(2)        # -b / (1 - b) at b = .1
        (np.float64(2.0), np.float64(-0.11))

    Source: ``TemperatureScaling`` and ``UnsmoothCalibrator``.
    """

    def __init__(
        self, *, probabilities: bool = False, floor: float = 1e-9, bounds: tuple[float, float] = (0.01, 100.0),
        at_bound: str = "keep",
    ) -> None:  # fmt: skip
        self.probabilities, self.floor, self.bounds, self.at_bound = probabilities, floor, bounds, at_bound

    def _fit(self, scores: Floats, truth: Labels, weights: Floats | None) -> None:
        alone, self.why_kept_ = fit_or_keep(self, scores, truth, weights)
        start = 1.0 if alone is None else alone.temperature
        fit = fit_temperature_unsmooth(self._logits(scores), truth, self.floor, start=start, weights=weights)
        self.temperature_, self.alpha_ = np.float64(fit.temperature), np.float64(fit.alpha)

    def _mapped(self, scores: Floats) -> Floats:
        p = softmax(self._logits(scores), float(self.temperature_))
        return apply_alpha(p, float(self.alpha_), self.floor)
