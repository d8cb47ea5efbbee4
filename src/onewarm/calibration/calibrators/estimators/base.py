"""The base of calibrators as scikit-learn estimators: ``fit`` on held-out rows, ``transform`` to probabilities."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.inputs import to_numpy
from onewarm.errors import InputError, needs
from onewarm.softmax import softmax

with needs("an estimator of onewarm", "sklearn"):
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils import column_or_1d
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data


Labels = NDArray[Any]


class Calibrator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Scores (N, K) in, calibrated probabilities (N, K) out; a subclass has ``_fit`` and ``_map``.

    It is a transformer, not a classifier, because its input columns are already classes. Use it as the last step of a
    pipeline whose earlier steps produce scores.
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

        Returns:
            The estimator itself.

        Raises:
            ValueError: bad input, with the argument and the row; or no parameter minimises the NLL, with the reason.
        """
        if y is None:
            raise InputError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        scores = self._scores(X, reset=True)
        k = scores.shape[1]
        truth = to_numpy(y, "y")
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
        self._fit(scores, truth)
        return self

    def transform(self, X: Any) -> Floats:
        """Calibrated probabilities, shape (N, K), of scores as in ``fit``.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: bad input, with the argument and the row.
        """
        check_is_fitted(self)
        return self._map(self._scores(X, reset=False))

    def predict_proba(self, X: Any) -> Floats:
        """The same as ``transform``, but always a NumPy array: ``set_output`` changes only ``transform``."""
        check_is_fitted(self)
        return self._map(self._scores(X, reset=False))

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

    def _fit(self, scores: Floats, truth: Labels) -> None:
        """Set the fitted attributes from checked scores (N, K) and truth: labels (N,) or shares (N, K)."""
        raise NotImplementedError

    def _map(self, scores: Floats) -> Floats:
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
