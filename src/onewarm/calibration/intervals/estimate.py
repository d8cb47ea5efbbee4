"""``estimate``: a metric of a summary with a seeded interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from onewarm.calibration import metrics
from onewarm.calibration.defaults import ESTIMATE_LEVEL
from onewarm.calibration.intervals import bootstrap, gap_errors, means
from onewarm.calibration.intervals.inversion import Interval
from onewarm.calibration.metrics.brier_decomposition import resolution_of, uncertainty_of
from onewarm.calibration.metrics.ranking import aurc_of, auroc_of, coverage_of
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.errors import InputError

Metric = Callable[..., float]


@dataclass(frozen=True)
class Estimate:
    """A metric with its interval. Made by ``estimate``; ``float(e)`` is its value.

    Attributes:
        metric: its name.
        value: the metric as its function returns it.
        low, high: ends of the interval for the metric of infinitely many such rows; NaN if they cannot be computed.
        corrected: for calibration errors the value with the bias of sampling noise removed, else the value. With few
            rows of a calibrated model the ECE is well above ``corrected`` = 0, and may even lie above ``high``.
        level: nominal coverage of the interval, such as .9.
        method: "inversion", "normal", "wilson", "bootstrap of cells" or "bootstrap of groups".
        rows: number of rows in the summary.
    """

    metric: str
    value: float
    low: float
    high: float
    corrected: float
    level: float
    method: str
    rows: int

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"

    def to_dict(self) -> dict[str, Any]:
        """The attributes as values for JSON; None for numbers that are not finite."""
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(self).items()}


def estimate(
    summary: CalibrationSummary,
    metric: str | Metric,
    *,
    level: float = ESTIMATE_LEVEL,
    seed: int | None = None,
    **options: Any,
) -> Estimate:
    """A metric with an interval for its value on infinitely many such rows: ``estimate(s, "ece", bins=10)``.

    - Calibration errors (ece, event_ece, ece_equal_mass, overconfidence, underconfidence, mce, squared_error,
      classwise_ece, top_label_ece, smooth_ece, brier_reliability): sampling noise can only raise them, so the interval
      is an inverted test, with the rows of each bin drawn anew from candidate models. See
      ``calibration.intervals.inversion``.
    - Means (accuracy, mean_confidence, confidence_gap, nll, brier): a normal interval; Wilson's for accuracy.
    - Ranking metrics (auroc, aurc, coverage_at_risk): percentiles of a bootstrap over cells, which equals one over
      rows but for the order of confidences within 1/600.
    - brier_resolution, brier_uncertainty: a bootstrap over random groups of rows, widened because the groups are few.

    Rows are taken to be independent. With fewer than a few misclassified rows the NLL interval is unreliable.

    Args:
        summary: of at least one row.
        metric: a metric of ``onewarm.calibration``, or its name.
        level: coverage, between 0 and 1.
        seed: of the random draws; by default the summary's seed. Equal summaries and seeds give equal intervals.
        options: further arguments of the metric, such as ``bins``.

    Returns:
        An ``Estimate``, with the value, both ends and the value corrected for bias.

    Raises:
        ValueError: no rows, a level outside (0, 1), a metric without an interval, or an error of the metric itself.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> c = rng.uniform(0.5, 1, 2000)                                 # confidences of a calibrated model
        >>> s = CalibrationSummary().update(c, rng.uniform(size=2000) < c)
        >>> e = estimate(s, "ece")
        >>> round(e.value, 3), e.low, e.high < 0.03
        (0.013, 0.0, True)

    Source: Davison & Hinkley, Bootstrap Methods and their Application, 1997, chapter 5; for the inversion see there.
    """
    name = metric if isinstance(metric, str) else metric.__name__
    if name not in INTERVALS:
        raise InputError(f"metric is {name!r}: expected one of {', '.join(sorted(INTERVALS))}")
    if not 0 < level < 1:
        raise InputError(f"level is {level}: expected a number between 0 and 1, such as .9")
    value = float(getattr(metrics, name)(summary, **options))
    method, interval = INTERVALS[name]
    # Each metric has its own random stream, so that its interval does not depend on which others are computed.
    rng = np.random.default_rng([summary.seed if seed is None else seed, *name.encode()])
    corrected, low, high = interval(summary, value, level, rng, **options) if math.isfinite(value) else (value,) * 3
    return Estimate(name, value, low, high, corrected, level, method, summary.count)


INTERVALS: dict[str, tuple[str, Callable[..., Interval]]] = {
    "ece": ("inversion", gap_errors.interval_of(gap_errors.absolute)),
    "event_ece": ("inversion", gap_errors.interval_of(gap_errors.absolute, bins_of=gap_errors.by_event)),
    "ece_equal_mass": ("inversion", gap_errors.interval_of(gap_errors.absolute, bins_of=gap_errors.by_mass)),
    "overconfidence": ("inversion", gap_errors.interval_of(gap_errors.positive, sign=1)),
    "underconfidence": ("inversion", gap_errors.interval_of(gap_errors.negative, sign=-1)),
    "mce": ("inversion", gap_errors.maximum),
    "squared_error": ("inversion", gap_errors.debiased_square),
    "smooth_ece": ("inversion", gap_errors.smooth),
    "top_label_ece": ("inversion", gap_errors.interval_of(gap_errors.absolute, bins_of=gap_errors.by_predicted_class)),
    "classwise_ece": ("inversion", gap_errors.of_classes(square=False)),
    "brier_reliability": ("inversion", gap_errors.of_classes(square=True)),
    "accuracy": ("wilson", means.accuracy),
    "mean_confidence": ("normal", means.interval_of(means.confidence_spread)),
    "confidence_gap": ("normal", means.interval_of(means.gap_spread)),
    "nll": ("normal", means.interval_of(means.score_spread("nll"))),
    "brier": ("normal", means.interval_of(means.score_spread("brier"))),
    "auroc": ("bootstrap of cells", bootstrap.of_cells(auroc_of)),
    "aurc": ("bootstrap of cells", bootstrap.of_cells(aurc_of)),
    "coverage_at_risk": ("bootstrap of cells", bootstrap.of_cells(lambda w, a, risk=0.01: coverage_of(w, a, risk))),
    "brier_resolution": ("bootstrap of groups", bootstrap.of_groups(resolution_of)),
    "brier_uncertainty": ("bootstrap of groups", bootstrap.of_groups(uncertainty_of, one_bin=True)),
}
"""The method and the interval of each metric, by its name. A metric without a line here has no interval."""
