"""The rows that a calibration map is fitted on: log-probabilities, truth and weights, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.calibration.summary.inputs import Floats, read_happened, read_predictions, read_truth, read_weights
from onewarm.errors import InputError

MASKED = -1e100
"""Stands for -inf: exp gives 0, and 0 times it is 0, not NaN."""


@dataclass(frozen=True)
class FitRows:
    """Rows to fit a map on.

    Attributes:
        log_p: (n, K) float64, the logarithms of rows of probabilities; ``MASKED`` where a class is impossible.
        labels: (n,) int64; or None.
        shares: (n, K) float64, distributions, where the truth is not labels.
        weights: (n,) float64, above 0.
    """

    log_p: Floats
    labels: NDArray[np.int64] | None
    shares: Floats | None
    weights: Floats

    @property
    def num_classes(self) -> int:
        """K."""
        return int(self.log_p.shape[1])

    def __len__(self) -> int:
        return len(self.log_p)

    def take(self, chosen: NDArray[Any]) -> FitRows:
        """The rows that an index array or a mask chooses."""
        labels, shares = (None if a is None else a[chosen] for a in (self.labels, self.shares))
        # By columns in memory: sums over the classes of a row are then several times faster.
        return FitRows(np.asfortranarray(self.log_p[chosen]), labels, shares, self.weights[chosen])

    def share(self, k: int) -> Floats:
        """The truth's share of class k in each row, (n,)."""
        if self.labels is not None:
            return np.equal(self.labels, k).astype(np.float64)
        assert self.shares is not None
        return self.shares[:, k]

    def of_truth(self, values: Floats) -> Floats:
        """sum_k t_k v_k of values (n, K), in each row: (n,)."""
        if self.labels is not None:
            own: Floats = values[np.arange(len(values)), self.labels]
            return own
        assert self.shares is not None
        mean: Floats = np.einsum("ij,ij->i", self.shares, values)
        return mean

    @property
    def class_weights(self) -> Floats:
        """The weight of each class in the truth, (K,)."""
        if self.labels is not None:
            return np.bincount(self.labels, self.weights, self.num_classes).astype(np.float64)
        assert self.shares is not None
        total: Floats = self.weights @ self.shares
        return total


def fit_rows(
    values: Any,
    truth: Any,
    *,
    logits: bool = False,
    weights: Any = None,
    floor: float = 0.0,
    normalize: bool = False,
) -> FitRows:
    """Check rows and put them into the form that the fits take.

    Args:
        values: (N, K) probabilities or logits; or (N,) probabilities (or log-odds) of an event, two columns then.
        truth: labels (N,), votes (N, K) of integers, or distributions (N, K) of floats; for (N,) values whether the
            event happened, or shares in 0..1.
        logits: whether the values are logits.
        weights: (N,), not negative; rows of weight 0 are left out.
        floor: what a probability of 0 stands for; 0 leaves it at 0, and a row whose true class has it is an error.
        normalize: whether rows of probabilities may have another sum than 1.

    Raises:
        TypeError, ValueError: bad input, with the argument, the first bad row, its value and a remedy.
    """
    array = read_predictions(values, "logits" if logits else "probabilities")
    w = read_weights(weights, len(array))
    labels: NDArray[np.int64] | None
    shares: Floats | None
    if array.ndim == 1:
        happened = read_happened(truth, len(array)).astype(np.float64)
        labels, shares = None, np.stack([1 - happened, happened], axis=1)
        if np.isin(happened, (0.0, 1.0)).all():
            labels, shares = happened.astype(np.int64), None
    else:
        labels, shares = read_truth(truth, array.shape, normalize=normalize).rows(slice(None))
    check_values(array, logits=logits, normalize=normalize)
    log_p = log_probabilities(array, logits=logits, floor=floor)
    if w is None:
        w = np.ones(len(log_p))
    elif not (w > 0).all():
        kept = w > 0
        if not kept.any():
            raise InputError("weights are 0 in every row: nothing is left to fit on")
        log_p, w = log_p[kept], w[kept]
        labels = None if labels is None else labels[kept]
        shares = None if shares is None else shares[kept]
    rows = FitRows(log_p, labels, shares, w)
    impossible = rows.of_truth(log_p) <= MASKED / 1e10
    if impossible.any():
        raise InputError(
            f"truth[{int(impossible.argmax())}] has mass on a class of probability 0 (logit -inf): the NLL is "
            "infinite; unmask that class, leave the row out, or give a floor above 0"
        )
    return rows


def check_values(values: NDArray[Any], *, logits: bool, normalize: bool) -> None:
    """Raise InputError, with the first bad row and a remedy, where rows (N, K) or events (N,) are no predictions."""
    if not logits and values.ndim == 2:
        checks.probabilities(values, "probabilities", normalize=normalize, tolerance=checks.SUM_TOLERANCE)
        return
    if not logits:
        outside = ~((values >= 0) & (values <= 1))
        if outside.any():
            at = int(outside.argmax())
            raise InputError(f"probabilities[{at}] is {values[at]:g}: probabilities of an event are within 0..1")
        return
    top = values if values.ndim == 1 else values.max(axis=1)
    if not np.isfinite(top).all():
        at = int((~np.isfinite(top)).argmax())
        raise checks.bad_logits(np.atleast_1d(values[at]), at)


def log_probabilities(values: NDArray[Any], *, logits: bool = False, floor: float = 0.0) -> Floats:
    """log p (n, K) of checked rows: probabilities of exactly 0 count as ``floor``; ``MASKED`` if that is 0.

    Args:
        values: (n, K) probabilities or logits, or (n,) for one event, which become two columns.
        logits: whether they are logits; -inf is then the probability 0.
        floor: what a probability of 0 stands for, in [0, 1/K).

    >>> np.exp(log_probabilities(np.array([[0.0, 1.0]]), floor=0.01)).round(4)
    array([[0.0099, 0.9901]])
    """
    z = values.astype(np.float64)
    if values.ndim == 1:
        z = np.stack([np.zeros_like(z), z], axis=1) if logits else np.stack([1 - z, z], axis=1)
    if logits:
        z -= z.max(axis=1, keepdims=True)
        z = np.where(np.isneginf(z), np.log(floor) if floor else MASKED, z)
    else:
        z = np.where(z > 0, np.log(np.where(z > 0, z, 1.0)), np.log(floor) if floor else MASKED)
    total = np.log(np.exp(z).sum(axis=1, keepdims=True))
    out: Floats = np.maximum(z - total, MASKED)
    return out


def dot(a: Floats, b: Floats) -> float:
    """sum_i a_i b_i of vectors (n,), on one thread.

    BLAS shares it over threads, whose number decides how the sum is rounded, and which spin while they wait for each
    other: on a busy machine 4 ms of processor time for 100,000 rows instead of .05.

    >>> dot(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    11.0
    """
    return float(np.einsum("i,i->", a, b))
