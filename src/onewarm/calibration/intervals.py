"""``estimate``: a metric of a summary with a seeded interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from onewarm.calibration.summary import CalibrationSummary

Metric = Callable[..., float]


@dataclass(frozen=True)
class Estimate:
    """A metric with its interval. Made by ``estimate``; ``float(e)`` is its value.

    Attributes:
        metric: its name.
        value: the metric as its function gives it.
        low, high: ends of the interval; NaN where the summary does not keep what it needs (format 1).
        level: its nominal coverage, as .9.
        method: how the interval was made.
        rows: rows of the summary.
    """

    metric: str
    value: float
    low: float
    high: float
    level: float
    method: str
    rows: int

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def estimate(
    summary: CalibrationSummary, metric: str | Metric, *, level: float = 0.9, seed: int | None = None, **options: Any
) -> Estimate:
    """A metric and its interval: ``estimate(summary, "ece", bins=10)``. (Signature first: intervals follow.)

    Args:
        metric: a function of ``onewarm.calibration.metrics``, or its name.
        options: what that function takes besides, as ``bins``.
    """
    from onewarm.calibration import metrics

    function: Metric = getattr(metrics, metric) if isinstance(metric, str) else metric
    value = float(function(summary, **options))
    return Estimate(function.__name__, value, value, value, level, "none yet", summary.count)
