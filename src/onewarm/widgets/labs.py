"""The other demos by name. Each is `DemoWidget` with its concept filled in."""

from __future__ import annotations

from typing import Any

from onewarm.widgets.demo import DemoWidget

__all__ = ["CalibrationLab", "CrossEntropyLab", "DistillationLab"]

DATA = ("overconfident", "calibrated")


class CalibrationLab(DemoWidget):
    """A small model trained in the page with smoothing alpha, its reliability diagram moving.

    Traits, two-way: alpha in [-1, 1]; data, "overconfident" (60 rows to train on) or "calibrated" (600); seed of the
    rows, 1 to 999. Once it has trained, `state["trained"]` holds ece, confidence, accuracy, gap and nll (nats).

    Raises:
        TypeError, ValueError: by name and value.

    Example:
        >>> CalibrationLab(alpha=0.2, data="calibrated").alpha
        0.2
        >>> CalibrationLab(data="mine")
        Traceback (most recent call last):
        ValueError: data is 'mine': choose one of overconfident, calibrated

    Source: ECE is Naeini, Cooper & Hauskrecht, AAAI 2015, with bins (lo, hi]; the demo is that of the page on label
    smoothing.
    """

    concept = "concept:optimization/label-smoothing"
    file = "calibration.js"
    starts = {"alpha": 0.1, "data": DATA[0], "seed": 1}  # noqa: RUF012  # read only

    def check(self, name: str, value: Any) -> Any:
        """The value of this trait, checked by name and value."""
        value = super().check(name, value)
        if name == "alpha" and not -1 <= value <= 1:
            raise ValueError(f"alpha is {value}: pass a number from -1 to 1")
        if name == "data" and value not in DATA:
            raise ValueError(f"data is {value!r}: choose one of {', '.join(DATA)}")
        if name == "seed" and (not isinstance(value, int) or not 1 <= value <= 999):
            raise ValueError(f"seed is {value}: pass a whole number from 1 to 999")
        return value


class CrossEntropyLab(DemoWidget):
    """The demo of the page *Cross-Entropy*; its traits are the values of that page's `demo.model`.

    >>> CrossEntropyLab().concept
    'concept:optimization/cross-entropy'
    """

    concept = "concept:optimization/cross-entropy"


class DistillationLab(DemoWidget):
    """The demo of the page *Knowledge Distillation*; its traits are the values of that page's `demo.model`.

    >>> DistillationLab().concept
    'concept:optimization/knowledge-distillation'
    """

    concept = "concept:optimization/knowledge-distillation"
