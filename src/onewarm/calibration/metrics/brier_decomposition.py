"""Murphy's decomposition of the Brier score: reliability, resolution and uncertainty."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.defaults import BINS
from onewarm.calibration.metrics.bins import class_bins
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.summary import CalibrationSummary

__all__ = ["brier_reliability", "brier_resolution", "brier_uncertainty"]


def brier_reliability(summary: CalibrationSummary, bins: int = BINS) -> float:
    """The part of the Brier score that perfect calibration would remove; 0 is best.

        sum_k sum_b (n_kb / N) (mean p_k - mean t_k)^2             in [0, 2]; rows with p_k in bin b

    Brier = reliability - resolution + uncertainty + within. The last term is lost by binning: the variance of p_k
    within bins less twice its covariance with t_k. It is small with narrow bins, and 0 if each bin holds one value.
    Needs a summary made with ``classwise=True``, or of events (then there is one term k, and the range is [0, 1]).
    This plug-in estimate is biased upwards by about K B / N; the interval of ``estimate`` accounts for that.

    Raises:
        ValueError: no rows; a summary without ``classwise=True``; or ``bins`` that do not divide 120 (600 for events).

    Source: Murphy, Journal of Applied Meteorology 12, 1973; Stephenson, Coelho & Jolliffe, Weather and Forecasting 23,
    2008 (the within-bin terms).

    >>> import numpy as np
    >>> s = CalibrationSummary().update(np.array([0.75, 0.75, 0.25, 0.25]), np.array([1, 1, 0, 0]))
    >>> brier_reliability(s), brier_resolution(s), brier_uncertainty(s)
    (0.0625, 0.25, 0.25)
    """
    return float(reliability_of(*(x.sum(axis=0) for x in class_bins(summary, bins))))


def brier_resolution(summary: CalibrationSummary, bins: int = BINS) -> float:
    """The part of the uncertainty that the predictions explain; larger is better.

        sum_k sum_b (n_kb / N) (mean t_k in bin b - mean t_k of all rows)^2       in [0, ``brier_uncertainty``]

    Raises:
        ValueError: no rows; a summary without ``classwise=True``; or ``bins`` that do not divide 120 (600 for events).

    Source: as ``brier_reliability``.

    >>> import numpy as np
    >>> brier_resolution(CalibrationSummary().update(np.array([0.9, 0.2]), np.array([1, 0])))
    0.25
    """
    return float(resolution_of(*(x.sum(axis=0) for x in class_bins(summary, bins))))


def brier_uncertainty(summary: CalibrationSummary) -> float:
    """The Brier score of always predicting the class frequencies.

        sum_k f_k (1 - f_k)                in [0, 1 - 1/K], for events [0, 1/4];  f_k = mean t_k of all rows

    Raises:
        ValueError: no rows, or a summary without ``classwise=True``.

    Source: as ``brier_reliability``.

    >>> import numpy as np
    >>> brier_uncertainty(CalibrationSummary().update(np.array([0.9, 0.2]), np.array([1, 0])))
    0.25
    """
    return float(uncertainty_of(*(x.sum(axis=0) for x in class_bins(summary, 1))))


def reliability_of(w: Floats, p: Floats, t: Floats) -> Floats:
    """``brier_reliability`` of bins (..., K, B): weight, sum of p and sum of truth."""
    square = np.divide((p - t) ** 2, w, where=w > 0, out=np.zeros_like(w))
    reliability: Floats = square.sum(axis=(-2, -1)) / w[..., 0, :].sum(axis=-1)
    return reliability


def resolution_of(w: Floats, p: Floats, t: Floats) -> Floats:
    """``brier_resolution`` of bins (..., K, B)."""
    total = w[..., 0, :].sum(axis=-1)
    share = np.divide(t, w, where=w > 0, out=np.zeros_like(w))
    overall = t.sum(axis=-1, keepdims=True) / total[..., None, None]
    resolution: Floats = (w * (share - overall) ** 2).sum(axis=(-2, -1)) / total
    return resolution


def uncertainty_of(w: Floats, p: Floats, t: Floats) -> Floats:
    """``brier_uncertainty`` of bins (..., K, B)."""
    f = t.sum(axis=-1) / w[..., 0, :].sum(axis=-1)[..., None]
    uncertainty: Floats = (f * (1 - f)).sum(axis=-1)
    return uncertainty
