"""Intercept, Platt, vector, isotonic and beta calibration as scikit-learn estimators."""

from __future__ import annotations

from typing import ClassVar

from onewarm.calibration.calibrators.calibration_map import CalibrationMap, fit_map
from onewarm.calibration.calibrators.estimators.base import Calibrator, Labels
from onewarm.calibration.summary.cells import Floats


class MapCalibrator(Calibrator):
    """The base of estimators that are one method of ``fit_map``, their ``_key``."""

    _key: ClassVar[str]
    map_: CalibrationMap

    def __init__(self, *, probabilities: bool = False, floor: float = 1e-9) -> None:
        self.probabilities, self.floor = probabilities, floor

    def _fit(self, scores: Floats, truth: Labels, weights: Floats | None) -> None:
        self.map_ = fit_map(
            self._key, scores, truth, logits=not self.probabilities, weights=weights, floor=self.floor,
            classes=tuple(map(str, self.classes_)),
        )  # fmt: skip

    def _mapped(self, scores: Floats) -> Floats:
        return self.map_.apply(scores, logits=not self.probabilities)


class InterceptCalibration(MapCalibrator):
    """A shift of the logits for each class: softmax(log p + b), with the b that minimises the NLL.

    What mends class shares that are wrong throughout, as after training with class weights.

    Args:
        probabilities: whether X holds probabilities, not logits.
        floor: what a probability of exactly 0 stands for.

    Attributes:
        map_: the ``CalibrationMap``: its ``parameters``, and what ``save_map`` saves.
        classes_: (K,), the class of each column.

    Raises:
        ValueError: from ``fit`` and ``transform``, bad input, with the argument and the row.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(4000, 2))
        >>> y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
        >>> round(InterceptCalibration().fit(z + [0, 1], y).map_.parameters["intercept"], 1)
        -1.0

    Source: ``fit_map``.
    """

    _key = "intercept"


class PlattScaling(MapCalibrator):
    """Slope and intercept of the log-odds, with the least NLL; several classes each against the rest, normalised.

    Args:
        probabilities: whether X holds probabilities, not logits.
        floor: what a probability of exactly 0 stands for.

    Attributes:
        map_: the ``CalibrationMap``: its ``parameters``, and what ``save_map`` saves.
        classes_: (K,), the class of each column.

    Raises:
        ValueError: from ``fit`` and ``transform``, bad input, with the argument and the row.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(4000, 2))
        >>> y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
        >>> round(PlattScaling().fit(2 * z, y).map_.parameters["slope"], 1)
        0.5

    Source: Platt 1999.
    """

    _key = "platt"


class VectorScaling(MapCalibrator):
    """A scale and a shift of log p for each class, mildly penalised; see ``fit_vector``.

    Args:
        probabilities: whether X holds probabilities, not logits.
        floor: what a probability of exactly 0 stands for.

    Attributes:
        map_: the ``CalibrationMap``: its ``parameters``, and what ``save_map`` saves.
        classes_: (K,), the class of each column.

    Raises:
        ValueError: from ``fit`` and ``transform``, bad input, with the argument and the row.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(9000, 3))
        >>> y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
        >>> scale = VectorScaling().fit(2 * z, y).map_.parameters["scale"]
        >>> bool(np.allclose(scale, 0.5, atol=0.1))
        True

    Source: Guo, Pleiss, Sun & Weinberger, ICML 2017, section 4.2.
    """

    _key = "vector"


class IsotonicCalibration(MapCalibrator):
    """Isotonic regression, never exactly 0 or 1; several classes each against the rest, normalised.

    Args:
        probabilities: whether X holds probabilities, not logits.
        floor: what a probability of exactly 0 stands for.

    Attributes:
        map_: the ``CalibrationMap``: its ``parameters``, and what ``save_map`` saves.
        classes_: (K,), the class of each column.

    Raises:
        ValueError: from ``fit`` and ``transform``, bad input, with the argument and the row.

    Example:
        >>> import numpy as np
        >>> p = np.array([[0.8, 0.2], [0.7, 0.3], [0.4, 0.6], [0.3, 0.7]])
        >>> IsotonicCalibration(probabilities=True).fit(p, [0, 1, 0, 1]).transform(p).round(2).tolist()
        [[0.75, 0.25], [0.5, 0.5], [0.5, 0.5], [0.25, 0.75]]

    Source: Zadrozny & Elkan, KDD 2002; scikit-learn's ``IsotonicRegression``.
    """

    _key = "isotonic"


class BetaCalibration(MapCalibrator):
    """Logistic regression on log p and log (1 - p); several classes each against the rest, normalised.

    Args:
        probabilities: whether X holds probabilities, not logits.
        floor: what a probability of exactly 0 stands for.

    Attributes:
        map_: the ``CalibrationMap``: its ``parameters``, and what ``save_map`` saves.
        classes_: (K,), the class of each column.

    Raises:
        ValueError: from ``fit`` and ``transform``, bad input, with the argument and the row.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> p = rng.uniform(size=(20000, 1))
        >>> y = (rng.random(20000) < p[:, 0] ** 2).astype(int)
        >>> fitted = BetaCalibration(probabilities=True).fit(np.hstack([1 - p, p]), y)
        >>> fitted.map_.parameters["a"] > fitted.map_.parameters["b"]
        True

    Source: Kull, Silva Filho & Flach, AISTATS 2017.
    """

    _key = "beta"
