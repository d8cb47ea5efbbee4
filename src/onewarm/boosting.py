"""Soft targets in gradient boosting: custom objectives for LightGBM and XGBoost.

Both start a custom objective from a score of 0, where their own objectives start from the class frequencies
(LightGBM's ``boost_from_average``, XGBoost's ``base_score``). Give :func:`init_score` to the data set for that: the
model's raw scores do not contain it, so add it again to what the model predicts, before the softmax.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.errors import InputError
from onewarm.losses import cross_entropy_with_hessian
from onewarm.target import SoftTarget


class SoftTargetObjective:
    """A custom objective ``(gradient, Hessian) = (s p - t, f s p (1 - p))``, p = softmax(scores), for a soft target.

    Hand it to ``lightgbm.train`` (as ``params["objective"]``), ``LGBMModel(objective=)``, ``xgboost.train(obj=)`` or
    ``XGBModel(objective=)``. Scores come and go as the library lays them out: (N, K), or flat, class by class. With two
    classes scores (N,) are the second's against the first's. A sample weight is ``target.scale(weight)``; weights
    that the data set holds are not read.

    Args:
        target: N rows in NumPy arrays over K classes.
        hessian_factor: f; ``"lightgbm"`` is that library's K / (K - 1), ``"xgboost"`` that one's 2, both 1 for scores
            (N,); or a number above 0.
        rows: ``"all"``: the data are the target's rows, in their order; ``"labels"``: the data's labels are the
            numbers of rows in the target, so that cross-validation and subsets work.

    Raises:
        ValueError: scores of another number of rows or classes, labels that are no rows of the target.

    Example:
        >>> from onewarm.target import smooth
        >>> objective = SoftTargetObjective(smooth(np.array([0, 1]), 0.1, num_classes=2))
        >>> gradient, hessian = objective(np.zeros(2), None)
        >>> gradient.round(3), hessian
        (array([ 0.45, -0.45]), array([0.25, 0.25]))

    Source: Friedman, "Greedy function approximation: a gradient boosting machine", 2001; the factor: LightGBM's
    multiclass objective; Chen and Guestrin, "XGBoost", KDD 2016.
    """

    def __init__(
        self,
        target: SoftTarget,
        *,
        hessian_factor: Literal["lightgbm", "xgboost"] | float = "lightgbm",
        rows: Literal["all", "labels"] = "all",
    ) -> None:
        if not isinstance(target, SoftTarget) or not isinstance(target.weight, np.ndarray):
            raise TypeError("target is no SoftTarget of NumPy arrays: make one with onewarm.smooth, votes, soft or mix")
        if rows not in ("all", "labels"):
            raise InputError(f"rows is {rows!r}: expected 'all' or 'labels'")
        self.target, self.rows = target, rows
        classes = target.num_classes
        if isinstance(hessian_factor, str):
            if hessian_factor not in ("lightgbm", "xgboost"):
                raise InputError(f"hessian_factor is {hessian_factor!r}: expected 'lightgbm', 'xgboost' or a number")
            self.factor = 2.0 if hessian_factor == "xgboost" else classes / max(classes - 1, 1)
            self.binary_factor = 1.0
        else:
            self.factor = self.binary_factor = checks.positive(hessian_factor, "hessian_factor")

    def __call__(self, first: Any, second: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        """Gradient and Hessian in the layout of the scores.

        Args:
            first, second: scores and a data set, as the libraries' own interfaces call it; or labels and scores, as
                their scikit-learn interfaces do.
        """
        swapped = isinstance(second, np.ndarray)
        scores = np.asarray(second if swapped else first)
        target = self.target if self.rows == "all" else self._rows_of(first if swapped else second.get_label())
        count, classes = len(target), target.num_classes
        if classes == 2 and scores.shape == (count,):
            z = np.stack([np.zeros(count), scores.astype(np.float64)], axis=1)
            found = cross_entropy_with_hessian(z, target, reduction="none")
            return found.gradient[:, 1], self.binary_factor * found.hessian[:, 1]
        flat = scores.shape == (count * classes,)
        if not flat and scores.shape != (count, classes):
            raise InputError(
                f"scores have shape {scores.shape}, the target {count} rows of {classes} classes: expected as many; "
                "for subsets and cross-validation give row numbers as labels, and rows='labels'"
            )
        z = np.ascontiguousarray(scores.reshape(classes, count).T if flat else scores, np.float64)
        found = cross_entropy_with_hessian(z, target, reduction="none")
        gradient, hessian = found.gradient, self.factor * found.hessian
        return (gradient.ravel(order="F"), hessian.ravel(order="F")) if flat else (gradient, hessian)

    def _rows_of(self, labels: Any) -> SoftTarget:
        numbers = np.asarray(labels)
        wrong = (numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= len(self.target))
        if (bad := checks.first_true(wrong)) is not None:
            raise InputError(
                f"labels{list(bad)} is {numbers[bad]:g}: with rows='labels' expected a row of the target, "
                f"0..{len(self.target) - 1}"
            )
        return self.target[numbers.astype(np.int64)]


def init_score(target: SoftTarget) -> NDArray[Any]:
    """The constant scores with the lowest loss, ``log(mean share of each class)``, (K,): where a library would start.

    For LightGBM ``Dataset(init_score=np.tile(init_score(target), (N, 1)))``, for XGBoost
    ``DMatrix.set_base_margin(...)`` of the same; add them to the raw scores of a prediction. With scores (N,) of two
    classes take the difference of the second and the first.

    Example:
        >>> from onewarm.target import smooth
        >>> np.exp(init_score(smooth(np.array([0, 0, 1]), 0.1, num_classes=2))).round(4)
        array([0.65, 0.35])
    """
    step = max(2**22 // target.num_classes, 1)
    mass = np.zeros(target.num_classes)
    for i in range(0, len(target), step):
        mass += target[i : i + step].dense().sum(axis=0, dtype=np.float64)
    if not mass.sum() > 0:
        raise InputError("target has no mass: its classes have no frequencies")
    scores: NDArray[Any] = np.log(np.maximum(mass / mass.sum(), 1e-15))
    return scores
