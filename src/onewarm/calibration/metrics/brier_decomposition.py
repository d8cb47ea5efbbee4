"""The Brier score in parts: how far from calibrated, how informative, how uncertain the classes are."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.defaults import BINS
from onewarm.calibration.metrics.bins import class_bins, total_weight
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.summary import CalibrationSummary


def brier_reliability(summary: CalibrationSummary, bins: int = BINS) -> float:
    """The part of the Brier score that calibration would remove; 0 is best.

        sum_k sum_b (n_kb / N) (mean p_k - mean t_k)^2             rows with p_k in bin b

    Brier = reliability - resolution + uncertainty + within, where ``within`` is what bins hide: the variance of p_k
    within bins less twice its covariance with t_k; it is small with narrow bins and 0 where every bin holds one value.
    Needs a summary made with ``classwise=True``, ``bins`` dividing 120; or of events (one term k), ``bins`` dividing
    600. Cells cause no error. Plug-in: biased upwards by about K B / N, which its interval accounts for.

    Source: Murphy, Journal of Applied Meteorology 12, 1973; Stephenson, Coelho & Jolliffe, Weather and Forecasting 23,
    2008 (the within-bin terms).

    >>> import numpy as np
    >>> s = CalibrationSummary().update(np.array([0.75, 0.75, 0.25, 0.25]), np.array([1, 1, 0, 0]))
    >>> brier_reliability(s), brier_resolution(s), brier_uncertainty(s)
    (0.0625, 0.25, 0.25)
    """
    total_weight(summary)
    return float(reliability_of(*(x.sum(axis=0) for x in class_bins(summary, bins))))


def brier_resolution(summary: CalibrationSummary, bins: int = BINS) -> float:
    """The part of the uncertainty that the predictions explain; larger is better.

        sum_k sum_b (n_kb / N) (mean t_k in bin b - mean t_k of all)^2

    See ``brier_reliability`` for the split, its bins and its source.

    >>> import numpy as np
    >>> brier_resolution(CalibrationSummary().update(np.array([0.9, 0.2]), np.array([1, 0])))
    0.25
    """
    total_weight(summary)
    return float(resolution_of(*(x.sum(axis=0) for x in class_bins(summary, bins))))


def brier_uncertainty(summary: CalibrationSummary) -> float:
    """The Brier score of one who knows how frequent the classes are, and nothing else.

        sum_k f_k (1 - f_k)                f_k = mean t_k of all rows

    See ``brier_reliability`` for the split and its source.

    >>> import numpy as np
    >>> brier_uncertainty(CalibrationSummary().update(np.array([0.9, 0.2]), np.array([1, 0])))
    0.25
    """
    total_weight(summary)
    return float(uncertainty_of(*(x.sum(axis=0) for x in class_bins(summary, 1))))


def reliability_of(w: Floats, p: Floats, t: Floats) -> Floats:
    """Of bins (..., K, B): weight, sum of p, sum of truth."""
    square = np.divide((p - t) ** 2, w, where=w > 0, out=np.zeros_like(w))
    found: Floats = square.sum(axis=(-2, -1)) / w[..., 0, :].sum(axis=-1)
    return found


def resolution_of(w: Floats, p: Floats, t: Floats) -> Floats:
    """Of bins (..., K, B)."""
    total = w[..., 0, :].sum(axis=-1)
    share = np.divide(t, w, where=w > 0, out=np.zeros_like(w))
    overall = t.sum(axis=-1, keepdims=True) / total[..., None, None]
    found: Floats = (w * (share - overall) ** 2).sum(axis=(-2, -1)) / total
    return found


def uncertainty_of(w: Floats, p: Floats, t: Floats) -> Floats:
    """Of bins (..., K, B)."""
    f = t.sum(axis=-1) / w[..., 0, :].sum(axis=-1)[..., None]
    found: Floats = (f * (1 - f)).sum(axis=-1)
    return found
