"""``ProbabilityCalibrator``: any classifier of scikit-learn with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.calibrators.calibration_map import CalibrationMap, fit_map
from onewarm.calibration.calibrators.estimators.base import dense_truth
from onewarm.calibration.calibrators.methods import method as known_method
from onewarm.calibration.calibrators.temperature import TemperatureError
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.inputs import read_weights
from onewarm.errors import InputError, needs
from onewarm.soft_target import SoftTarget

with needs("an estimator of onewarm", "sklearn"):
    from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
    from sklearn.model_selection import StratifiedKFold, check_cv
    from sklearn.utils import _safe_indexing, column_or_1d, get_tags, indexable
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, has_fit_parameter

Labels = NDArray[Any]


class ProbabilityCalibrator(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose probabilities are calibrated by a map that was fitted on rows that it was not trained on.

    For each fold of ``cv`` a clone is trained on the others and predicts it; one map is fitted on all these
    predictions, and goes behind the classifier trained on every row. With ``cv="prefit"`` or a ``FrozenEstimator`` the
    classifier is taken as it is, and every row of ``fit`` is for the map.

    Args:
        estimator: a classifier with ``predict_proba`` or ``decision_function``.
        method: of the map, as ``fit_map`` has it: "temperature", "intercept", "platt", "vector", "isotonic", "beta",
            "unsmooth", "temperature-unsmooth" or "leave".
        cv: a number of folds, stratified by class; a splitter of scikit-learn, also of groups; or "prefit".
        floor: what a probability of exactly 0 stands for, as forests and neighbours give it.

    Attributes:
        estimator_: the trained classifier.
        map_: the ``CalibrationMap``, which ``save_map`` saves.
        why_kept_: why the probabilities are left as they are (no temperature minimises the NLL), or None.
        classes_: (K,) labels.

    Raises:
        ValueError: from ``fit``, bad input; a class that a fold lacks.

    Example:
        >>> from sklearn.datasets import make_classification
        >>> from sklearn.naive_bayes import GaussianNB
        >>> X, y = make_classification(2000, n_redundant=10, random_state=0)
        >>> model = ProbabilityCalibrator(GaussianNB(), method="beta").fit(X[:1000], y[:1000])
        >>> from sklearn.metrics import log_loss
        >>> before = log_loss(y[1000:], model.estimator_.predict_proba(X[1000:]))
        >>> bool(log_loss(y[1000:], model.predict_proba(X[1000:])) < before - 0.1)
        True

    Source: Platt 1999, section 2.1 (cross-validated scores); scikit-learn's ``CalibratedClassifierCV(ensemble=False)``.
    """

    def __init__(self, estimator: Any, method: str = "temperature", *, cv: Any = 5, floor: float = 1e-6) -> None:
        self.estimator, self.method, self.cv, self.floor = estimator, method, cv, floor

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags.sparse, tags.input_tags.pairwise = inner.input_tags.sparse, inner.input_tags.pairwise
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        if inner.classifier_tags is not None:
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Train the classifier and fit the map.

        Args:
            X: rows, as the classifier takes them.
            y: labels (N,), or a ``SoftTarget``: the classifier is then trained on each row once a class, weighted by
                its share (by the most probable class, if it takes no weights), and the map is fitted on the shares.
            sample_weight: (N,) weights, not negative, or None.
            groups: (N,) for a splitter of groups.

        Returns:
            The estimator itself.
        """
        known_method(self.method)
        if y is None:
            raise InputError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        shares: Floats | None = None
        if isinstance(y, SoftTarget):
            shares, weights = dense_truth(y, read_weights(sample_weight, len(y)))
            codes, classes = shares.argmax(axis=1), np.arange(shares.shape[1])
            (X,) = indexable(X)
        else:
            y = column_or_1d(y, warn=True)
            X, y = indexable(X, y)
            check_classification_targets(y)
            weights = read_weights(sample_weight, len(y))
            classes, codes = np.unique(y, return_inverse=True)
        if len(codes) == 0:
            raise InputError("y has 0 rows (Found array with 0 sample(s)): pass at least two of each class")
        if weights is not None and not weights.any():
            raise InputError("sample_weight is zero in every row: nothing is left to fit on")
        self.classes_ = classes
        frozen = type(self.estimator).__name__ == "FrozenEstimator"
        if isinstance(self.cv, str) and self.cv != "prefit":
            raise InputError(f'cv is {self.cv!r}: expected a number of folds, a splitter, or "prefit"')
        if frozen or isinstance(self.cv, str):
            check_is_fitted(self.estimator)
            self.estimator_ = self.estimator
            scores = self._scores(self.estimator_, X)
        else:
            if len(classes) < 2:
                raise InputError(f"y has 1 class, {classes[0]!r}: a classifier needs at least 2")
            self.estimator_ = self._train(X, codes, shares, weights)
            scores = np.full((len(codes), len(classes)), np.nan)
            for train, test in self._splits(X, codes, groups):
                if len(np.unique(codes[train])) < len(np.unique(codes)):
                    raise InputError(
                        f"a fold of cv={self.cv!r} has every row of a class: take fewer folds, or leave the class out"
                    )
                part = [None if a is None else a[train] for a in (shares, weights)]
                model = self._train(_safe_indexing(X, train), codes[train], *part)
                scores[test] = self._scores(model, _safe_indexing(X, test))
        held = ~np.isnan(scores).any(axis=1)
        truth = codes if shares is None else shares
        self.map_, self.why_kept_ = self._fitted(scores[held], truth[held], None if weights is None else weights[held])
        if hasattr(self.estimator_, "n_features_in_"):
            self.n_features_in_ = self.estimator_.n_features_in_
        if hasattr(self.estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.estimator_.feature_names_in_
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Calibrated probabilities, (N, K), in the order of ``classes_``."""
        check_is_fitted(self)
        return self.map_.apply(self._scores(self.estimator_, X), logits=not hasattr(self.estimator_, "predict_proba"))

    def predict(self, X: Any) -> Labels:
        """The most probable class of each row, (N,)."""
        columns = self.predict_proba(X).argmax(axis=1)
        predicted: Labels = self.classes_[columns]
        return predicted

    def _fitted(self, scores: Floats, truth: Labels, weights: Floats | None) -> tuple[CalibrationMap, str | None]:
        logits = not hasattr(self.estimator_, "predict_proba")
        names = tuple(map(str, self.classes_))
        try:
            fitted = fit_map(
                self.method, scores, truth, logits=logits, weights=weights, floor=self.floor, normalize=True,
                classes=names,
            )  # fmt: skip
        except TemperatureError as error:
            return CalibrationMap("leave", scores.shape[1], {}, self.floor, names), str(error)
        return fitted, None

    def _splits(self, X: Any, codes: Labels, groups: Any) -> Iterable[tuple[Labels, Labels]]:
        cv = 5 if self.cv is None else self.cv
        if not isinstance(cv, int | np.integer):
            splits: Iterable[tuple[Labels, Labels]] = check_cv(cv, codes, classifier=True).split(X, codes, groups)
            return splits
        if cv < 2:
            raise InputError(f"cv is {cv}: expected at least 2 folds")
        fewest = int(np.bincount(codes)[np.unique(codes)].min())
        if fewest < 2:
            raise InputError(
                f"class {self.classes_[np.bincount(codes).argmin()]!r} has 1 row (n_samples=1 of it): cross-fitting "
                'needs at least 2 rows of each class, or cv="prefit"'
            )
        folds: Iterable[tuple[Labels, Labels]] = StratifiedKFold(min(int(cv), fewest)).split(codes, codes)
        return folds

    def _train(self, X: Any, codes: Labels, shares: Floats | None, weights: Floats | None) -> Any:
        model = clone(self.estimator)
        takes = has_fit_parameter(model, "sample_weight")
        if shares is not None and takes:
            row, codes = np.nonzero(shares)
            X, w = _safe_indexing(X, row), shares[row, codes]
            weights = w if weights is None else w * weights[row]
        labels = self.classes_[codes]
        return model.fit(X, labels, sample_weight=weights) if weights is not None and takes else model.fit(X, labels)

    def _scores(self, model: Any, X: Any) -> Floats:
        """Probabilities, or decision values as logits, (N, K) in the order of ``classes_``."""
        if hasattr(model, "predict_proba"):
            p = np.asarray(model.predict_proba(X), np.float64)
        else:
            values = np.asarray(model.decision_function(X), np.float64)
            p = np.stack([np.zeros_like(values), values], axis=1) if values.ndim == 1 else values
        if len(model.classes_) == len(self.classes_):
            return p
        at = np.searchsorted(self.classes_, model.classes_)
        out = np.full((len(p), len(self.classes_)), 0.0 if hasattr(model, "predict_proba") else -np.inf)
        out[:, at] = p
        return out
