"""Rows of a sample as the data checks see them: the top class, its confidence, the truth, deviations from the mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.row_sample import Rows, scramble
from onewarm.softmax import softmax

Floats = NDArray[np.float64]
Kind = Literal["binary", "multiclass", "confidence"]

FILE = np.uint64(40)
"""A place is the file's number times 2 to this power plus the row's number in it."""


@dataclass(frozen=True)
class View:
    """Rows in the order of the files.

    Attributes:
        kind: as in ``Plan``.
        places: (n,) uint64.
        p: (n, K) probabilities, or (n,) confidences.
        truth: (n,) labels, (n, K) shares, or (n,) correctness in 0..1 for confidences.
        groups: (n,) uint64, or None.
    """

    kind: Kind
    places: NDArray[np.uint64]
    p: NDArray[Any]
    truth: NDArray[Any]
    groups: NDArray[np.uint64] | None = None

    @classmethod
    def of(cls, rows: Rows, kind: Kind, *, logits: bool = False, normalize: bool = False) -> Self:
        """The view of rows of a sample, as probabilities."""
        p, truth = rows.predictions, rows.truth
        if logits:
            p = 1 / (1 + np.exp(-p.astype(np.float64))) if p.ndim == 1 else softmax(p.astype(np.float64))
        elif normalize and p.ndim == 2:
            p = p / p.sum(axis=1, keepdims=True)
        if truth.ndim == 2:
            truth = truth / truth.sum(axis=1, keepdims=True, dtype=np.float64)
        return cls(kind, rows.places, p, truth, rows.groups)

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, at: Any) -> View:
        groups = None if self.groups is None else self.groups[at]
        return View(self.kind, self.places[at], self.p[at], self.truth[at], groups)

    def at_most(self, rows: int) -> View:
        """About so many of the rows, chosen by a hash of their places."""
        if len(self) <= rows:
            return self
        return self[scramble(~self.places) < np.uint64(int(2**64 * rows / len(self)))]

    @property
    def classes(self) -> int:
        """K; 1 for confidences."""
        return self.p.shape[1] if self.p.ndim == 2 else 1

    @cached_property
    def top(self) -> NDArray[np.int64]:
        """(n,): the class with the greatest probability; 0 for confidences."""
        if self.p.ndim == 1:
            return np.zeros(len(self), np.int64)
        if self.p.shape[1] == 2:
            return (self.p[:, 1] > self.p[:, 0]).astype(np.int64)
        return np.asarray(self.p.argmax(axis=1), np.int64)

    @cached_property
    def confidence(self) -> Floats:
        """(n,): the probability of the top class, or the confidence."""
        c = self.p if self.p.ndim == 1 else np.take_along_axis(self.p, self.top[:, None], 1)[:, 0]
        return np.asarray(c, np.float64)

    @cached_property
    def label(self) -> NDArray[np.int64]:
        """(n,): the class of the truth, the favourite of votes; whether a confidence was right."""
        if self.truth.ndim == 2:
            return np.asarray(self.truth.argmax(axis=1), np.int64)
        return np.asarray(self.truth >= 0.5 if self.kind == "confidence" else self.truth, np.int64)

    @cached_property
    def right(self) -> Floats:
        """(n,): the truth's share of the top class; the correctness of confidences."""
        if self.kind == "confidence":
            return np.asarray(self.truth, np.float64)
        if self.truth.ndim == 1:
            return np.asarray(self.truth == self.top, np.float64)
        return np.asarray(self.truth[np.arange(len(self)), self.top], np.float64)

    def shares(self) -> Floats:
        """(n, K): the truth, one-hot for labels; (n, 1) of confidences."""
        if self.truth.ndim == 2:
            return np.asarray(self.truth, np.float64)
        if self.kind == "confidence":
            return np.asarray(self.truth, np.float64)[:, None]
        return np.asarray(np.eye(self.classes)[self.truth], np.float64)

    def predicted(self) -> Floats:
        """(n, K) probabilities, (n, 1) of confidences."""
        return np.asarray(self.p.reshape(len(self), -1), np.float64)
