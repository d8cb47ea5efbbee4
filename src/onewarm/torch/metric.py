"""A calibration summary as a ``torchmetrics.Metric``: processes merge what they counted, no rows are gathered."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from onewarm.calibration import metrics
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.calibration.summary.update import Totals


class CalibrationMetric(Metric):
    """Calibration numbers of a training or evaluation loop: ``update`` a batch, ``compute`` at the end.

    The state is the sums of a ``CalibrationSummary``, float64 and int64 tensors that torchmetrics adds up over
    processes (``dist_reduce_fx="sum"``): a few kilobytes, whatever the number of rows, and never a float32 sum. Float
    casts of the module (``half()``, ``float()``) do not touch them; torchmetrics' ``set_dtype`` would: it is refused.

    Args:
        num_classes: K, at least 2.
        names: metrics that ``compute`` returns, functions of ``onewarm.calibration``.
        logits: whether ``update`` is given logits.
        classwise: whether to keep the cells of each class; see ``CalibrationSummary``.
        bins: for the binned ones.
        options: of ``torchmetrics.Metric``.

    Example:
        >>> metric = CalibrationMetric(2, names=("accuracy", "ece"))
        >>> metric.update(torch.tensor([[0.75, 0.25], [0.75, 0.25]]), torch.tensor([0, 0]))
        >>> {name: round(value.item(), 6) for name, value in metric.compute().items()}
        {'accuracy': 1.0, 'ece': 0.25}
        >>> metric.summary().count
        2

    Raises:
        ValueError: names that are no metrics; rows as in ``CalibrationSummary.update``.
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
        bins: int = 15,
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
        """Add a batch: (N, K) probabilities or logits; labels (N,), votes or distributions (N, K)."""
        part = self._empty().update(predictions, truth, weights=weights, logits=self.logits)
        for name, values in part._totals._asdict().items():
            state = getattr(self, f"sum_{name}")
            state += torch.from_numpy(values).to(state.device)

    def compute(self) -> dict[str, Tensor]:
        """Each named metric over all rows of all processes, as float64."""
        summary = self.summary()
        binned = {"ece", "ece_equal_mass", "overconfidence", "underconfidence", "mce", "squared_error", "classwise_ece",
                  "top_label_ece", "brier_reliability", "brier_resolution"}  # fmt: skip
        return {
            name: torch.tensor(
                getattr(metrics, name)(summary, **({"bins": self.bins} if name in binned else {})), dtype=torch.float64
            )
            for name in self.names
        }

    def summary(self) -> CalibrationSummary:
        """What was counted (inside ``compute`` by all processes, else by this one), for intervals and diagrams."""
        summary = self._empty()
        states = (getattr(self, f"sum_{name}").detach().cpu().numpy() for name in Totals._fields)
        summary._totals.add(Totals(*(np.ascontiguousarray(state) for state in states)))
        return summary

    def set_dtype(self, dst_type: Any) -> CalibrationMetric:
        """Refused: sums of float32 stop counting at 2^24 rows."""
        raise TypeError(f"dst_type is {dst_type}: the sums of a calibration summary stay float64 and int64")

    def _empty(self) -> CalibrationSummary:
        return CalibrationSummary(self.num_classes, classwise=self.classwise)
