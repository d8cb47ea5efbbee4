"""Calibration maps as scikit-learn estimators: fit on held-out rows, then map logits to probabilities."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from onewarm import checks
from onewarm.calibration.calibrators.temperature import TemperatureError, TemperatureFit, fit_temperature
from onewarm.calibration.calibrators.temperature_unsmooth import fit_both
from onewarm.calibration.calibrators.unsmooth import fit_alpha, mixed
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.inputs import to_numpy

Labels = NDArray[Any]


class _Calibrator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What the maps have in common: scores (N, K) in, probabilities (N, K) out.

    A transformer, not a classifier: its columns are classes already. It ends a pipeline whose steps give scores.
    """

    classes_: Labels
    n_features_in_: int
    probabilities: bool

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on rows that the model was not trained on.

        Args:
            X: (N, K) logits, or probabilities if ``probabilities``; column k belongs to class k.
            y: labels (N,): the integers 0..K-1, or any K values, whose sorted order is that of the columns; or soft
                truth (N, K): votes or distributions.

        Raises:
            ValueError: bad input, by argument and row; or no finite best map, and why.
        """
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        scores = self._scores(X, reset=True)
        k = scores.shape[1]
        truth = to_numpy(y, "y")
        if truth.ndim == 2 and truth.shape[1] > 1:
            self.classes_ = np.arange(k)
        else:
            truth = _flat(truth)
            if truth.dtype.kind == "f" and (truth == np.round(truth)).all():
                truth = truth.astype(np.int64)
            check_classification_targets(truth)
            found, coded = np.unique(truth, return_inverse=True)
            if found.size < 2:
                raise ValueError(f"y has one class, {found[0]!r}: a calibrator needs rows of at least 2 classes")
            if truth.dtype.kind in "iu" and found[0] >= 0 and found[-1] < k:
                self.classes_ = np.arange(k)
            elif found.size == k:
                self.classes_, truth = found, coded
            else:
                raise ValueError(
                    f"y has {found.size} classes, but X {k} columns: pass labels 0..{k - 1}, one column a class"
                )
        if len(truth) != len(scores):
            raise ValueError(f"y has {len(truth)} rows, but X {len(scores)}")
        self._fit(scores, truth)
        return self

    def transform(self, X: Any) -> Floats:
        """Calibrated probabilities, shape (N, K)."""
        check_is_fitted(self)
        return self._map(self._scores(X, reset=False))

    def predict_proba(self, X: Any) -> Floats:
        """The same as ``transform``."""
        check_is_fitted(self)
        return self._map(self._scores(X, reset=False))

    def predict(self, X: Any) -> Labels:
        """The most probable class of each row."""
        check_is_fitted(self)
        found: Labels = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return found

    @property
    def _n_features_out(self) -> int:
        return self.n_features_in_

    def _scores(self, X: Any, *, reset: bool) -> Floats:
        X = to_numpy(X, "X") if hasattr(X, "detach") or type(X).__module__.startswith("pyarrow") else X
        scores: Floats = validate_data(self, X, reset=reset, dtype=np.float64, ensure_all_finite=False)
        if scores.shape[1] < 2:
            raise ValueError(f"X has {scores.shape[1]} feature(s), 1 class: pass the columns of both classes")
        if self.probabilities:
            checks.probabilities(scores, "X")
        elif np.isnan(scores).any() or (scores == np.inf).any():
            raise ValueError("X contains NaN or infinity: logits are finite, or -inf where a class is masked")
        return scores

    def _fit(self, scores: Floats, truth: Labels) -> None:
        raise NotImplementedError

    def _map(self, scores: Floats) -> Floats:
        raise NotImplementedError


class TemperatureScaling(_Calibrator):
    """softmax(z / T), T fitted by the least NLL and certified: see ``fit_temperature``.

    Args:
        probabilities: whether X holds probabilities; their logarithms are then the logits.
        bounds: least and greatest T looked at.
        at_bound: "error" where the NLL falls all the way to a bound (every row right; no better than uniform), or
            "keep" to take T = 1 then, which leaves the model as it is.

    Attributes:
        temperature_: T.
        fit_: the ``TemperatureFit``, with its bracket and bound; None where T = 1 was kept.
        why_kept_: why, or None.
        classes_: (K,).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(4000, 3))
        >>> p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        >>> TemperatureScaling().fit(2 * z, p).temperature_.round(6)        # soft truth: exactly 2
        np.float64(2.0)

    For maps with more parameters use well-kept libraries: isotonic and Platt scaling are scikit-learn's
    ``CalibratedClassifierCV``; vector and matrix scaling, and Dirichlet calibration are multinomial logistic
    regressions of the labels on z or on log p (scikit-learn's ``LogisticRegression``, with a penalty on the
    off-diagonal weights in the package ``dirichletcal``).

    Source: Guo, Pleiss, Sun & Weinberger, ICML 2017, section 4.2.
    """

    def __init__(
        self, *, probabilities: bool = False, bounds: tuple[float, float] = (0.01, 100.0), at_bound: str = "error"
    ) -> None:
        self.probabilities, self.bounds, self.at_bound = probabilities, bounds, at_bound

    def _fit(self, scores: Floats, truth: Labels) -> None:
        self.fit_, self.why_kept_ = _temperature(scores, truth, self.probabilities, self.bounds, self.at_bound)
        self.temperature_ = np.float64(1.0 if self.fit_ is None else self.fit_.temperature)

    def _map(self, scores: Floats) -> Floats:
        return _softmax(_logits(scores, self.probabilities) / float(self.temperature_))


class UnsmoothCalibrator(_Calibrator):
    """The affine inverse of label smoothing, its alpha fitted by the least NLL; a negative alpha mixes with uniform.

        q = (p - alpha/K) / (1 - alpha)            alpha in (-inf, K min p): q stays positive on the rows fitted

    A model trained with smoothing alpha has p = (1 - alpha) pi + alpha/K at its optimum, and q = pi. With
    alpha = -b/(1 - b) < 0 it is the mixture q = (1 - b) p + b/K, for a model that is too sure. On new rows a q below
    ``floor`` is raised to it, and the row divided by its sum.

    Args:
        probabilities: whether X holds probabilities, not logits.
        floor: least probability of a class in the result.

    Attributes:
        alpha_: alpha.
        gradient_: d NLL / d alpha there: 0 up to rounding, or below 0 where alpha is at its bound K min p.
        classes_: (K,).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> pi = rng.dirichlet(np.ones(4), 3000)
        >>> UnsmoothCalibrator(probabilities=True).fit(0.8 * pi + 0.05, pi).alpha_.round(4)
        np.float64(0.2)

    Source: the population optimum of smoothed cross-entropy (Szegedy et al., CVPR 2016, section 7), inverted.
    """

    def __init__(self, *, probabilities: bool = False, floor: float = 1e-9) -> None:
        self.probabilities, self.floor = probabilities, floor

    def _fit(self, scores: Floats, truth: Labels) -> None:
        p = scores if self.probabilities else _softmax(scores)
        found = fit_alpha(p, truth, self.floor)
        self.alpha_, self.gradient_ = np.float64(found.alpha), found.gradient

    def _map(self, scores: Floats) -> Floats:
        return mixed(scores if self.probabilities else _softmax(scores), float(self.alpha_), self.floor)


class TemperatureUnsmooth(_Calibrator):
    """A temperature, then the affine inverse, both fitted by the least NLL: ``(softmax(z/T) - alpha/K)/(1 - alpha)``.

    Args:
        probabilities: whether X holds probabilities; their logarithms are then the logits.
        floor: as in ``UnsmoothCalibrator``.
        bounds, at_bound: as in ``TemperatureScaling``, for the plain temperature that the search starts from.

    Attributes:
        temperature_, alpha_: the fitted values. T is searched on [T0 / 8, 8 T0] around the best plain temperature T0 by
            golden sections of log T, with the best alpha at each: where the NLL has several minima, the one found is
            no worse than T0 with its best alpha.
        classes_: (K,).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(4000, 3)) * 2
        >>> pi = 0.9 * _softmax(z / 2) + 0.1 / 3                    # too sure, and with a floor of noise
        >>> both = TemperatureUnsmooth().fit(z, pi)
        >>> both.temperature_.round(2), both.alpha_.round(2)        # -b / (1 - b) at b = .1
        (np.float64(2.0), np.float64(-0.11))

    Source: ``TemperatureScaling`` and ``UnsmoothCalibrator``.
    """

    def __init__(
        self, *, probabilities: bool = False, floor: float = 1e-9, bounds: tuple[float, float] = (0.01, 100.0),
        at_bound: str = "error",
    ) -> None:  # fmt: skip
        self.probabilities, self.floor, self.bounds, self.at_bound = probabilities, floor, bounds, at_bound

    def _fit(self, scores: Floats, truth: Labels) -> None:
        fit, self.why_kept_ = _temperature(scores, truth, self.probabilities, self.bounds, self.at_bound)
        start = 1.0 if fit is None else fit.temperature
        both = fit_both(_logits(scores, self.probabilities), truth, self.floor, start=start)
        self.temperature_, self.alpha_ = np.float64(both.temperature), np.float64(both.alpha)

    def _map(self, scores: Floats) -> Floats:
        logits = _logits(scores, self.probabilities)
        return mixed(_softmax(logits / float(self.temperature_)), float(self.alpha_), self.floor)


def _temperature(
    scores: Floats, truth: Labels, probabilities: bool, bounds: tuple[float, float], at_bound: str
) -> tuple[TemperatureFit | None, str | None]:
    if at_bound not in ("error", "keep"):
        raise ValueError(f'at_bound is {at_bound!r}: expected "error" or "keep"')
    try:
        return fit_temperature(scores, truth, probabilities=probabilities, bounds=bounds), None
    except TemperatureError as error:
        if at_bound == "error":
            raise
        return None, str(error)


def _logits(scores: Floats, probabilities: bool) -> Floats:
    if not probabilities:
        return scores
    with np.errstate(divide="ignore"):
        found: Floats = np.log(scores)
    return found


def _softmax(z: Floats) -> Floats:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    found: Floats = e / e.sum(axis=1, keepdims=True)
    return found


def _flat(truth: Labels) -> Labels:
    """Labels as (N,); a column (N, 1) is taken with the warning that scikit-learn gives."""
    from sklearn.utils import column_or_1d

    found: Labels = column_or_1d(truth, warn=True)
    return found
