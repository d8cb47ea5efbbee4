"""A calibration summary as a ``torchmetrics.Metric``: processes add up their sums, and no rows are gathered."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch
from torch import Tensor

from onewarm.calibration import metrics
from onewarm.calibration.defaults import BINS
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.calibration.summary.update import Totals
from onewarm.errors import needs

with needs("CalibrationMetric", "torchmetrics"):
    from torchmetrics import Metric


class CalibrationMetric(Metric):
    """Calibration metrics over a training or evaluation loop: ``update`` for each batch, ``compute`` at the end.

    The state is the sums of a :class:`onewarm.calibration.CalibrationSummary`: float64 and int64 tensors of a few
    kilobytes, whatever the number of rows, which torchmetrics adds up over processes (``dist_reduce_fx="sum"``). Casts
    of the module (``half()``, ``float()``) do not affect them; torchmetrics' ``set_dtype`` would not, and is refused.

    Args:
        num_classes: K, at least 2.
        names: the metrics that ``compute`` returns, functions of ``onewarm.calibration``.
        logits: the predictions are logits, not probabilities.
        classwise: count each class apart, as ``classwise_ece`` needs; see ``CalibrationSummary``.
        bins: the number of bins of the metrics that take one.
        options: of ``torchmetrics.Metric``.

    Raises:
        ValueError: a name that is no metric; ``num_classes`` below 2.

    Example:
        >>> metric = CalibrationMetric(2, names=("accuracy", "ece"))
        >>> metric.update(torch.tensor([[0.75, 0.25], [0.75, 0.25]]), torch.tensor([0, 0]))
        >>> {name: round(value.item(), 6) for name, value in metric.compute().items()}
        {'accuracy': 1.0, 'ece': 0.25}
        >>> metric.summary().count
        2
    """

    is_differentiable = False
    higher_is_better = None
    full_state_update = False

    def __init__(
        self,
        num_classes: int,
        names: tuple[str, ...] = ("accuracy", "ece", "nll", "brier", "confidence_gap"),
        *,
        logits: bool = False,
        classwise: bool = False,
        bins: int = BINS,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if unknown := [name for name in names if not callable(getattr(metrics, name, None))]:
            raise ValueError(f"names has {unknown[0]!r}: expected functions of onewarm.calibration")
        self.num_classes, self.names, self.logits, self.bins = num_classes, tuple(names), logits, bins
        self.classwise = classwise
        for name, values in self._empty()._totals._asdict().items():
            self.add_state(f"sum_{name}", default=torch.from_numpy(values), dist_reduce_fx="sum")

    def update(self, predictions: Tensor, truth: Tensor, weights: Tensor | None = None) -> None:
        """Add a batch.

        Args:
            predictions: (N, K), probabilities, or logits if the metric was made with ``logits=True``.
            truth: labels (N,), votes or distributions (N, K).
            weights: (N,), not negative; 1 by default.

        Raises:
            TypeError, ValueError: as ``CalibrationSummary.update``.
        """
        batch = self._empty().update(predictions, truth, weights=weights, logits=self.logits)
        for name, values in batch._totals._asdict().items():
            state = getattr(self, f"sum_{name}")
            state += torch.from_numpy(values).to(state.device)

    def compute(self) -> dict[str, Tensor]:
        """Each named metric over all rows of all processes, as a float64 scalar."""
        summary = self.summary()
        results = {}
        for name in self.names:
            metric = getattr(metrics, name)
            options = {"bins": self.bins} if "bins" in inspect.signature(metric).parameters else {}
            results[name] = torch.tensor(metric(summary, **options), dtype=torch.float64)
        return results

    def summary(self) -> CalibrationSummary:
        """The summary of the rows so far, for intervals and diagrams: of all processes inside ``compute``, else of
        this one."""
        summary = self._empty()
        states = (getattr(self, f"sum_{name}").detach().cpu().numpy() for name in Totals._fields)
        summary._totals.add(Totals(*(np.ascontiguousarray(state) for state in states)))
        return summary

    def set_dtype(self, dst_type: Any) -> CalibrationMetric:
        """Raise a TypeError: a float32 sum stops counting at 2^24 rows."""
        raise TypeError(f"dst_type is {dst_type}: the sums of a calibration summary stay float64 and int64")

    def _empty(self) -> CalibrationSummary:
        return CalibrationSummary(self.num_classes, classwise=self.classwise)
