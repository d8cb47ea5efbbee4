"""The statistics that an audit keeps of its rows: a calibration summary, sums for each slice, samples of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.clusters import Clusters
from onewarm.audit.row_sample import RowSample, capacity, head_capacity
from onewarm.audit.slice_sums import SlicedRows, SliceSums
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.errors import InputError
from onewarm.softmax import softmax
from onewarm.tables.plan import Batch, Plan
from onewarm.tables.prediction_checks import mended


class Tally:
    """The statistics of some rows, in bounded memory. Tallies of parts merge to the same numbers for any split."""

    def __init__(self, plan: Plan) -> None:
        k = plan.num_classes
        self.logits, self.normalize, self.unit = plan.layout.logits, plan.normalize, plan.unit
        self.summary = CalibrationSummary(k if k > 1 else None, classwise=True)
        self.kind = plan.kind
        self.slices = {slicing.name: SliceSums() for slicing in plan.slicings}
        self.clusters = Clusters(plan.kind, k, plan.bins) if plan.layout.group else None
        self.sample = RowSample(capacity(k))
        self.head = RowSample(head_capacity(k), first=True)
        self.class_rows = np.zeros(k)
        self.majority = 0.0
        self.file_rows: dict[int, int] = {}
        self.changes: dict[str, int] = {}

    @property
    def count(self) -> int:
        """Rows seen."""
        return self.sample.seen

    def add(self, batch: Batch) -> None:
        """Add a batch. Raises ValueError with file, row, column, value and remedy for rows that are not predictions."""
        n = len(batch.predictions)
        self._note(batch.changes)
        if n == 0:
            return
        values = batch.predictions
        if values.dtype.kind != "f":
            values = values.astype(np.float64)
        try:
            self._summarise(batch, values)
        except (ValueError, TypeError):
            values, changes = mended(
                batch.at, batch.names, values, logits=self.logits, normalize=self.normalize, unit=self.unit
            )
            self._note(changes)
            try:
                self._summarise(batch, values)
            except (ValueError, TypeError) as error:
                raise InputError(f"{batch.file}: rows from {batch.at.row(0)}: {error}") from None
        for kept in (self.sample, self.head):
            kept.add(batch.places, values, batch.truth, batch.weights, batch.groups)
        if self.clusters is not None and batch.groups is not None:
            p = probabilities(values, logits=self.logits)
            self.clusters.add(p, batch.truth, batch.groups, batch.weights)
        if values.ndim == 1:
            self.class_rows += batch.truth.sum()
        elif batch.truth.ndim == 1:
            self.class_rows += np.bincount(batch.truth, minlength=len(self.class_rows))
        else:
            shares = batch.truth / batch.truth.sum(axis=1, keepdims=True)
            self.class_rows += shares.sum(axis=0)
            self.majority += float(shares.max(axis=1).sum())
        self.file_rows[batch.number] = self.file_rows.get(batch.number, 0) + n
        if self.slices:
            self._add_to_slices(batch, values)

    def _summarise(self, batch: Batch, values: NDArray[Any]) -> None:
        self.summary.update(values, batch.truth, weights=batch.weights, logits=self.logits, normalize=self.normalize)

    def _note(self, changes: dict[str, int]) -> None:
        for what, rows in changes.items():
            self.changes[what] = self.changes.get(what, 0) + rows

    def merge(self, other: Tally) -> Tally:
        """Add the rows of ``other``."""
        self.summary.merge(other.summary)
        for name, sums in self.slices.items():
            sums.merge(other.slices[name])
        if self.clusters is not None and other.clusters is not None:
            self.clusters.merge(other.clusters)
        self.sample.merge(other.sample)
        self.head.merge(other.head)
        self.class_rows += other.class_rows
        self.majority += other.majority
        self._note(other.changes)
        for number, rows in other.file_rows.items():
            self.file_rows[number] = self.file_rows.get(number, 0) + rows
        return self

    def _add_to_slices(self, batch: Batch, values: NDArray[Any]) -> None:
        truth = batch.truth
        p = probabilities(values, logits=self.logits)
        confidence, correct = confidence_and_correct(p, truth, logits=False)
        predicted, observed = confidence, correct
        if self.kind == "binary":
            predicted = p[:, 1].astype(np.float64)
            observed = (truth[:, 1] / truth.sum(axis=1) if truth.ndim == 2 else truth).astype(np.float64)
        rows = SlicedRows(predicted, observed, confidence, correct, batch.weights, batch.groups)
        for name, (codes, texts) in batch.slices.items():
            self.slices[name].add(rows, codes, texts, name, batch.file)


def confidence_and_correct(
    values: NDArray[Any], truth: NDArray[Any], *, logits: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The confidence of the answer, (n,), and whether it was right, (n,): for votes the share of the answer."""
    if values.ndim == 1:
        return values.astype(np.float64), truth.astype(np.float64)
    p = probabilities(values, logits=logits)
    row = np.arange(len(p))
    top = p.argmax(axis=1)
    correct = (top == truth) if truth.ndim == 1 else truth[row, top] / truth.sum(axis=1)
    return p[row, top].astype(np.float64), correct.astype(np.float64)


def probabilities(values: NDArray[Any], *, logits: bool) -> NDArray[Any]:
    """Probabilities (n, K): the softmax of logits, in float64; or rows of probabilities divided by their sum.

    Confidences (n,) stay as they are.
    """
    if values.ndim == 1:
        return values
    if not logits:
        scaled: NDArray[Any] = values / values.sum(axis=1, keepdims=True)
        return scaled
    return softmax(values.astype(np.float64))
