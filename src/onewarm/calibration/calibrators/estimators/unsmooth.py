"""``UnsmoothCalibrator``: the affine inverse of label smoothing as a scikit-learn estimator."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.calibrators.estimators.base import Calibrator, Labels
from onewarm.calibration.calibrators.unsmooth import apply_alpha, fit_alpha
from onewarm.calibration.summary.cells import Floats


class UnsmoothCalibrator(Calibrator):
    """The affine inverse of label smoothing, with the alpha that minimises the NLL; alpha < 0 smooths further.

        q = (p - alpha/K) / (1 - alpha)            alpha < K min p, so that q > 0 on the rows of the fit

    A model trained with smoothing alpha has p = (1 - alpha) pi + alpha/K at its optimum, and then q = pi. A negative
    alpha = -b/(1 - b) gives the mixture q = (1 - b) p + b/K, for an overconfident model. On new rows every q below
    ``floor`` is raised to it, and the row is divided by its sum.

    Args:
        probabilities: whether X holds probabilities, not logits.
        floor: least probability of a class in the result, in [0, 1/K).

    Attributes:
        alpha_: alpha.
        gradient_: d NLL / d alpha there: 0 up to rounding, or negative if alpha is at its upper bound K min p.
        classes_: (K,), the class of each column.

    Raises:
        ValueError: from ``fit`` and ``transform``, bad input, with the argument and the row.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> pi = rng.dirichlet(np.ones(4), 3000)
        >>> UnsmoothCalibrator(probabilities=True).fit(0.8 * pi + 0.05, pi).alpha_.round(4)
        np.float64(0.2)

    Source: the population optimum of smoothed cross-entropy (Szegedy et al., CVPR 2016, section 7), inverted.
    """

    def __init__(self, *, probabilities: bool = False, floor: float = 1e-9) -> None:
        self.probabilities, self.floor = probabilities, floor

    def _fit(self, scores: Floats, truth: Labels, weights: Floats | None) -> None:
        fit = fit_alpha(self._probabilities(scores), truth, self.floor, weights=weights)
        self.alpha_, self.gradient_ = np.float64(fit.alpha), fit.gradient

    def _mapped(self, scores: Floats) -> Floats:
        return apply_alpha(self._probabilities(scores), float(self.alpha_), self.floor)
