"""``estimate``: a metric of a summary with a seeded interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from onewarm.calibration.defaults import BINS, ESTIMATE_LEVEL
from onewarm.calibration.intervals import inversion
from onewarm.calibration.metrics import (
    bins as gaps,
)
from onewarm.calibration.metrics import (
    brier_decomposition as split,
)
from onewarm.calibration.metrics import (
    calibration_error as errors,
)
from onewarm.calibration.metrics import (
    kernel_smoothing as smooth,
)
from onewarm.calibration.metrics import (
    ranking,
)
from onewarm.calibration.metrics import (
    scores as metrics,
)
from onewarm.calibration.summary.cells import CELLS, Floats
from onewarm.calibration.summary.summary import CalibrationSummary

Metric = Callable[..., float]
Interval = tuple[float, float, float]  # corrected value, low, high


@dataclass(frozen=True)
class Estimate:
    """A metric with its interval. Made by ``estimate``; ``float(e)`` is its value.

    Attributes:
        metric: its name.
        value: the metric as its function gives it.
        low, high: ends of the interval for the metric of infinitely many such rows; NaN where it is not known.
        corrected: the value without the bias that noise gives it, for calibration errors; else the value. Of a
            calibrated model of few rows the ECE is well above ``corrected`` = 0, and can lie above ``high``.
        level: nominal coverage, as .9.
        method: how the interval was made: "inversion", "normal", "wilson", "bootstrap of cells", "bootstrap of groups".
        rows: rows of the summary.
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
        """Plain values for JSON; None for numbers that are not finite."""
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(self).items()}


def estimate(
    summary: CalibrationSummary,
    metric: str | Metric,
    *,
    level: float = ESTIMATE_LEVEL,
    seed: int | None = None,
    **options: Any,
) -> Estimate:
    """A metric and an interval for what it would be on infinitely many such rows: ``estimate(s, "ece", bins=10)``.

    - Calibration errors (ece, ece_equal_mass, overconfidence, underconfidence, mce, squared_error, classwise_ece,
      top_label_ece, smooth_ece, brier_reliability): noise raises them, and the interval takes that back; see
      ``calibration.inversion``. Rows are drawn anew from each bin; where classes hang together, the groups say how.
    - Means (accuracy, mean_confidence, confidence_gap, nll, brier): normal, from second moments; accuracy Wilson's.
    - Ranks (auroc, aurc, coverage_at_risk): percentiles of a bootstrap. A bootstrap of rows draws how many fall in
      each cell and how many of those are right, and that is drawn; nothing is lost but the order within 1/600.
    - brier_resolution, brier_uncertainty: a bootstrap of groups, widened for their number as Student's t is;
      reflected at the value, or percentiles corrected for bias (Davison & Hinkley, Bootstrap Methods and their
      Application, 1997, chapter 5).

    Rows are taken as independent. Between 0 and a few wrong rows an interval of NLL says little.

    Args:
        summary: of at least one row.
        metric: a function of ``onewarm.calibration.metrics.scores``, or its name.
        level: coverage, between 0 and 1.
        seed: of the draws; the summary's seed by default. The same summary and seed give the same interval.
        options: what that function takes besides, as ``bins``.

    Raises:
        ValueError: no rows, a level outside (0, 1), a metric that has no interval here, or bad options.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> c = rng.uniform(0.5, 1, 2000)                                 # calibrated confidences
        >>> s = CalibrationSummary().update(c, rng.uniform(size=2000) < c)
        >>> e = estimate(s, "ece")
        >>> round(e.value, 3), e.low, e.high < 0.03
        (0.013, 0.0, True)
    """
    name = metric if isinstance(metric, str) else metric.__name__
    if name not in _INTERVALS:
        raise ValueError(f"metric is {name!r}: expected one of {', '.join(sorted(_INTERVALS))}")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: expected a number between 0 and 1, as .9")
    value = float(getattr(metrics, name)(summary, **options))
    method, interval = _INTERVALS[name]
    # A generator for each metric, so that one does not depend on which others were asked for.
    rng = np.random.default_rng([summary.seed if seed is None else seed, *name.encode()])
    corrected, low, high = interval(summary, value, level, rng, **options) if math.isfinite(value) else (value,) * 3
    return Estimate(name, value, low, high, corrected, level, method, summary.count)


def _absolute(gap: Floats) -> Floats:
    total: Floats = np.abs(gap).sum(axis=-1)
    return total


def _binned(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
    return _by_gaps(gaps.cell_gaps(summary, gaps.equal_width(bins)), _absolute, value, level, rng)


def _equal_mass(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
    return _by_gaps(gaps.cell_gaps(summary, gaps.equal_mass(summary, bins)), _absolute, value, level, rng)


def _top_label(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
    if summary.events:
        return _binned(summary, value, level, rng, bins)
    return _by_gaps(gaps.predicted_gaps(summary, bins), _absolute, value, level, rng)


def _one_sided(sign: int) -> Callable[..., Interval]:
    def interval(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
        found = gaps.cell_gaps(summary, gaps.equal_width(bins))
        return _by_gaps(found, lambda gap: np.clip(sign * gap, 0, None).sum(axis=-1), value, level, rng, sign)

    return interval


def _maximum(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
    found = gaps.cell_gaps(summary, gaps.equal_width(bins))
    corrected, low, high = _by_gaps(
        found, lambda gap: np.abs(gap / found.share).clip(0, 1).max(axis=-1), value, level, rng
    )
    # The worst bin is no better than the mean one, which is known far better; a fifth of the error may be spent on it.
    low = max(low, _by_gaps(found, _absolute, float(_absolute(found.gap)), 1 - (1 - level) / 5, rng)[1])
    return max(corrected, low), low, max(high, low)


def _squared(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
    found = gaps.cell_gaps(summary, gaps.equal_width(bins))

    def plain(gap: Floats) -> Floats:
        total: Floats = (gap**2 / found.share).sum(axis=-1)
        return total

    _, low, high = _by_gaps(found, plain, float(plain(found.gap)), level, rng)
    return value, low, high


def _smooth(
    summary: CalibrationSummary, value: float, level: float, rng: Any, bandwidth: float | None = None
) -> Interval:
    width = errors.smooth_bandwidth(summary) if bandwidth is None else bandwidth
    found = gaps.cell_gaps(summary, gaps.equal_width(600 if width < 0.03 else 120))  # far finer than the kernel
    matrix, step = smooth.kernel(found.confidence, width, least=64)

    def error(gap: Floats) -> Floats:
        total: Floats = np.abs(gap @ matrix).sum(axis=-1) * step
        return total

    return _by_gaps(found, error, float(error(found.gap)), level, rng, draws=300)


def _by_gaps(
    found: gaps.Gaps,
    error: inversion.Functional,
    value: float,
    level: float,
    rng: Any,
    sign: int = 0,
    draws: int = inversion.DRAWS,
) -> Interval:
    return inversion.invert(inversion.from_gaps(found, rng, sign=sign, draws=draws), error, value, level)


def _of_classes(square: bool) -> Callable[..., Interval]:
    """Of the mean absolute gap of classes, or of the sum of squared gaps, over bins of classes."""

    def interval(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
        found, grouped = gaps.class_gaps(summary, bins)
        if summary.events:
            model, times = inversion.from_gaps(found, rng), 1.0
        else:
            rows = summary.weight**2 / summary.total("cell_weight2")
            model = inversion.from_gaps(found, rng, rows=rows, grouped=grouped, draws=400)
            mirrored = summary.num_classes == 2  # one class stands for both
            times = (2.0 if mirrored else 1.0) if square else 1.0 / (1 if mirrored else summary.num_classes or 1)

        def error(gap: Floats) -> Floats:
            total: Floats = times * (gap**2 / found.share if square else np.abs(gap)).sum(axis=-1)
            return total

        return inversion.invert(model, error, float(error(found.gap)), level)

    return interval


def _mean(
    total: str, floor: str = "", *, spread: Callable[[CalibrationSummary, float], float] | None = None
) -> Callable[..., Interval]:
    """Of a mean by weight: normal, its variance sum w^2 (x - mean)^2 / W^2."""

    def interval(summary: CalibrationSummary, value: float, level: float, rng: Any) -> Interval:
        w2 = summary.total("cell_weight2")
        if spread is None:
            square = summary.total(f"{total}2") - 2 * value * summary.total(f"{total}_w2") + value**2 * w2
        else:
            square = spread(summary, value)
        rows = summary.weight**2 / w2
        error = math.sqrt(max(square, 0.0) * rows / max(rows - 1, 1)) / summary.weight
        reach = NormalDist().inv_cdf((1 + level) / 2) * error
        return value, value - reach, value + reach

    return interval


def _cell_means(summary: CalibrationSummary) -> tuple[Floats, Floats, Floats, Floats]:
    w, wc = summary["cell_weight"], summary["cell_confidence"]
    mean = np.divide(wc, w, where=w > 0, out=np.zeros(CELLS))
    return mean, summary["cell_weight2"], summary["cell_correct_w2"], summary["cell_correct2"]


def _confidence_spread(summary: CalibrationSummary, value: float) -> float:
    c, w2, _, _ = _cell_means(summary)
    return float((w2 * (c - value) ** 2).sum())


def _gap_spread(summary: CalibrationSummary, value: float) -> float:
    c, w2, w2a, w2aa = _cell_means(summary)
    return float(((c - value) ** 2 * w2 - 2 * (c - value) * w2a + w2aa).sum())


def _accuracy(summary: CalibrationSummary, value: float, level: float, rng: Any) -> Interval:
    _, w2, w2a, w2aa = _cell_means(summary)
    square = float((w2aa - 2 * value * w2a + value**2 * w2).sum())
    coin = value * (1 - value) * float(w2.sum())
    n = summary.weight**2 / float(w2.sum()) * (coin / square if 0 < square < coin else 1.0)
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    middle, reach = value + z2 / (2 * n), math.sqrt(z2 * (value * (1 - value) / n + z2 / (4 * n * n)))
    return value, max((middle - reach) / (1 + z2 / n), 0.0), min((middle + reach) / (1 + z2 / n), 1.0)


def _rank(function: Callable[..., Floats]) -> Callable[..., Interval]:
    def interval(summary: CalibrationSummary, value: float, level: float, rng: Any, **options: Any) -> Interval:
        drawn = function(*_cells_anew(summary, rng), **options)
        low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        return value, float(low), float(high)

    return interval


def _cells_anew(summary: CalibrationSummary, rng: Any, draws: int = 400) -> tuple[Floats, Floats]:
    """Bootstrap samples of the rows: weight and correctness of the cells that have rows, shape (draws, cells)."""
    some = summary["cell_count"] > 0
    w, wa, w2 = (summary[f"cell_{name}"][some] for name in ("weight", "correct", "weight2"))
    spread = gaps.dispersion(summary)
    share, right = w / w.sum(), np.clip(wa / w, 0, 1)
    n = max(round(float(w.sum() ** 2 / w2.sum())), 1)
    count = rng.multinomial(n, share, draws)
    if spread == 1:
        correct = rng.binomial(count, right).astype(np.float64)
    else:
        noise = np.sqrt(count * spread * right * (1 - right)) * rng.standard_normal(count.shape)
        correct = np.clip(count * right + noise, 0, count)
    return count.astype(np.float64), correct


def _parts(function: Callable[..., Floats], *, one_bin: bool = False) -> Callable[..., Interval]:
    def interval(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
        wider = 1.0
        if summary.events:
            count, correct = _cells_anew(summary, rng)
            some = summary["cell_count"] > 0
            place = np.zeros((some.sum(), bins))
            place[np.arange(some.sum()), np.flatnonzero(some) // (CELLS // bins)] = 1
            c = summary["cell_confidence"][some] / summary["cell_weight"][some]
            tables = [(x @ place)[:, None] for x in (count, count * c, correct)]
        else:
            grouped = gaps.class_bins(summary, bins if not one_bin else 1)
            groups = len(grouped[0])
            times = rng.multinomial(groups, np.full(groups, 1 / groups), 400).astype(np.float64)
            tables = [(times @ x.reshape(groups, -1)).reshape(400, *x.shape[1:]) for x in grouped]
            z = NormalDist().inv_cdf((1 + level) / 2)
            wider = math.sqrt(groups / (groups - 1)) * (1 + (z * z + 1) / (4 * groups)) if groups > 1 else math.nan
        drawn = function(*tables)
        drawn = drawn.mean() + (drawn - drawn.mean()) * wider
        if one_bin:
            return _bias_corrected(drawn, value, level)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        return 2 * value - float(np.median(drawn)), 2 * value - float(high), 2 * value - float(low)

    return interval


def _bias_corrected(drawn: Floats, value: float, level: float) -> Interval:
    """Percentiles of a bootstrap, moved by as much as its median missed the value, and in the same direction again."""
    normal = NormalDist()
    share = (np.count_nonzero(drawn < value) + np.count_nonzero(drawn <= value)) / 2
    shift = 2 * normal.inv_cdf(min(max(share, 0.5), len(drawn) - 0.5) / len(drawn))
    reach = normal.inv_cdf((1 + level) / 2)
    middle, low, high = np.quantile(drawn, [normal.cdf(shift + z) for z in (0.0, -reach, reach)])
    return float(middle), float(low), float(high)


_INTERVALS: dict[str, tuple[str, Callable[..., Interval]]] = {
    "ece": ("inversion", _binned),
    "ece_equal_mass": ("inversion", _equal_mass),
    "overconfidence": ("inversion", _one_sided(1)),
    "underconfidence": ("inversion", _one_sided(-1)),
    "mce": ("inversion", _maximum),
    "squared_error": ("inversion", _squared),
    "smooth_ece": ("inversion", _smooth),
    "top_label_ece": ("inversion", _top_label),
    "classwise_ece": ("inversion", _of_classes(square=False)),
    "brier_reliability": ("inversion", _of_classes(square=True)),
    "accuracy": ("wilson", _accuracy),
    "mean_confidence": ("normal", _mean("", spread=_confidence_spread)),
    "confidence_gap": ("normal", _mean("", spread=_gap_spread)),
    "nll": ("normal", _mean("nll")),
    "brier": ("normal", _mean("brier")),
    "auroc": ("bootstrap of cells", _rank(ranking.auroc_of)),
    "aurc": ("bootstrap of cells", _rank(ranking.aurc_of)),
    "coverage_at_risk": ("bootstrap of cells", _rank(lambda w, a, risk=0.01: ranking.coverage_of(w, a, risk))),
    "brier_resolution": ("bootstrap of groups", _parts(split.resolution_of)),
    "brier_uncertainty": ("bootstrap of groups", _parts(split.uncertainty_of, one_bin=True)),
}
