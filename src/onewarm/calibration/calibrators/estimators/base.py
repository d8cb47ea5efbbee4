"""The base of calibrators as scikit-learn estimators: ``fit`` on held-out rows, ``transform`` to probabilities."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.inputs import read_weights, to_numpy
from onewarm.errors import InputError, needs
from onewarm.soft_target import SoftTarget
from onewarm.softmax import softmax

with needs("an estimator of onewarm", "sklearn"):
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils import ClassifierTags, column_or_1d
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data


Labels = NDArray[Any]


def dense_truth(y: Any, weights: Floats | None) -> tuple[Labels, Floats | None]:
    """``y`` as an array, and the weights; a ``SoftTarget`` as distributions (N, K), with its mass as a weight."""
    if not isinstance(y, SoftTarget):
        return to_numpy(y, "y"), weights
    dense = to_numpy(y.dense(), "y").astype(np.float64)
    mass = dense.sum(axis=1)
    empty = mass <= 0
    dense[empty] = 1.0
    weights = mass if weights is None else weights * mass
    return dense / dense.sum(axis=1, keepdims=True), None if (weights == 1).all() else weights


class Calibrator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Scores (N, K) in, calibrated probabilities (N, K) out; a subclass has ``_fit`` and ``_mapped``.

    It is a transformer, not a classifier, because its input columns are already classes. Use it as the last step of a
    pipeline whose earlier steps produce scores.
    """

    classes_: Labels
    n_features_in_: int
    probabilities: bool

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        # Columns are classes: with the two columns of scikit-learn's checks, y may have two classes and no more.
        tags.classifier_tags = ClassifierTags(multi_class=False)
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit on rows that the model was not trained on.

        Args:
            X: (N, K) logits, or probabilities if ``probabilities``; column k belongs to class k.
            y: labels (N,): the integers 0..K-1, or any K values, whose sorted order is that of the columns; or soft
                truth (N, K): votes, distributions, or a ``SoftTarget``, whose mass in a row is a weight of it.
            sample_weight: (N,) weights, not negative, or None.

        Returns:
            The estimator itself.

        Raises:
            ValueError: bad input, with the argument and the row; or no parameter minimises the NLL, with the reason.
        """
        if y is None:
            raise InputError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        scores = self._scores(X, reset=True)
        k = scores.shape[1]
        weights = read_weights(sample_weight, len(scores))
        if weights is not None and not weights.any():
            raise InputError("sample_weight is zero in every row: nothing is left to fit on")
        truth, weights = dense_truth(y, weights)
        if truth.ndim == 2 and truth.shape[1] > 1:
            self.classes_ = np.arange(k)
        else:
            truth = column_or_1d(truth, warn=True)  # a column (N, 1) is taken, with scikit-learn's warning
            if truth.dtype.kind == "f" and (truth == np.round(truth)).all():
                truth = truth.astype(np.int64)
            check_classification_targets(truth)
            values, codes = np.unique(truth, return_inverse=True)
            if values.size < 2:
                raise InputError(f"y has one class, {values[0]!r}: a calibrator needs rows of at least 2 classes")
            if truth.dtype.kind in "iu" and values[0] >= 0 and values[-1] < k:
                self.classes_ = np.arange(k)
            elif values.size == k:
                self.classes_, truth = values, codes
            else:
                raise InputError(
                    f"y has {values.size} classes, but X {k} columns: pass labels 0..{k - 1}, one column a class"
                )
        if len(truth) != len(scores):
            raise InputError(f"y has {len(truth)} rows, but X {len(scores)}")
        self._fit(scores, truth, weights)
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The mean log-likelihood of y under the calibrated probabilities, nats a row: minus the NLL; higher is better.

        Args as in ``fit``; y holds labels of ``classes_``, or soft truth (N, K).
        """
        q = self.predict_proba(X)
        truth, weights = dense_truth(y, read_weights(sample_weight, len(q)))
        if truth.ndim == 1:
            codes = np.searchsorted(self.classes_, truth)
            known = self.classes_[np.minimum(codes, len(self.classes_) - 1)] == truth
            if not known.all():
                raise InputError(f"y[{int((~known).argmax())}] is {truth[int((~known).argmax())]!r}: not in classes_")
            truth = np.eye(q.shape[1])[codes]
        shares = truth / truth.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore"):
            rows = np.multiply(shares, np.log(q), where=shares > 0, out=np.zeros_like(q)).sum(axis=1)
        return float(np.average(rows, weights=weights))

    def transform(self, X: Any) -> Floats:
        """Calibrated probabilities, shape (N, K), of scores as in ``fit``.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: bad input, with the argument and the row.
        """
        check_is_fitted(self)
        return self._mapped(self._scores(X, reset=False))

    def predict_proba(self, X: Any) -> Floats:
        """The same as ``transform``, but always a NumPy array: ``set_output`` changes only ``transform``."""
        check_is_fitted(self)
        return self._mapped(self._scores(X, reset=False))

    def predict(self, X: Any) -> Labels:
        """The most probable class of each row, shape (N,): a value of ``classes_``."""
        columns = self.predict_proba(X).argmax(axis=1)
        predicted: Labels = self.classes_[columns]
        return predicted

    @property
    def _n_features_out(self) -> int:
        return self.n_features_in_

    def _scores(self, X: Any, *, reset: bool) -> Floats:
        X = to_numpy(X, "X") if hasattr(X, "detach") or type(X).__module__.startswith("pyarrow") else X
        scores: Floats = validate_data(self, X, reset=reset, dtype=np.float64, ensure_all_finite=False)
        if scores.shape[1] < 2:
            raise InputError(f"X has {scores.shape[1]} feature(s), 1 class: pass the columns of both classes")
        if self.probabilities:
            checks.probabilities(scores, "X", remedy="divide it by its sum", tolerance=checks.SUM_TOLERANCE)
        elif np.isnan(scores).any() or (scores == np.inf).any():
            raise InputError("X contains NaN or infinity: logits are finite, or -inf where a class is masked")
        return scores

    def _fit(self, scores: Floats, truth: Labels, weights: Floats | None) -> None:
        """Set the fitted attributes from checked scores (N, K), truth (labels (N,) or shares (N, K)) and weights."""
        raise NotImplementedError

    def _mapped(self, scores: Floats) -> Floats:
        """The calibrated probabilities of checked scores (N, K)."""
        raise NotImplementedError

    def _logits(self, scores: Floats) -> Floats:
        """The scores as logits: the logarithm of probabilities."""
        if not self.probabilities:
            return scores
        with np.errstate(divide="ignore"):
            logits: Floats = np.log(scores)
        return logits

    def _probabilities(self, scores: Floats) -> Floats:
        """The scores as probabilities: the softmax of logits."""
        return scores if self.probabilities else softmax(scores)
