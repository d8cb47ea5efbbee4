"""Beta calibration: a logistic regression on log p and log (1 - p) (NumPy only)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from onewarm.calibration.calibrators.platt import events, log_rest, logistic, of_events, smoothed
from onewarm.calibration.calibrators.rows import FitRows
from onewarm.calibration.summary.inputs import Floats

_MOST = 700.0  # of |log p| in the features: beyond it a probability is 0 in float64


def fit_beta(rows: FitRows) -> dict[str, Any]:
    """a, b >= 0 and c of log q / (1 - q) = a log p - b log (1 - p) + c, by maximum likelihood.

    For K = 2, p is the probability of class 1. For K > 2 there are three numbers for each class against the rest, and
    the results are divided by the row's sum. Where a or b would be negative it is 0, and the others are fitted again.

    Source: Kull, Silva Filho & Flach, Beta calibration, AISTATS 2017, section 4 (equation 6 and the fit by logistic
    regression).
    """
    low, high = _features(rows.log_p)
    found = np.array([_one(rows, k, low[:, k], high[:, k]) for k in events(rows.num_classes)])
    if rows.num_classes == 2:
        return dict(zip("abc", found[0].tolist(), strict=True))
    return dict(zip("abc", found.T.tolist(), strict=True))


def _one(rows: FitRows, k: int, low: Floats, high: Floats) -> Floats:
    x = np.column_stack([low, high, np.ones(len(low))])
    t = smoothed(rows.share(k), rows.weights)
    used = [0, 1, 2]
    while True:
        beta = np.zeros(3)
        beta[used] = logistic(x[:, used], t, rows.weights, np.array([1.0, 1.0, 0.0])[used])
        negative = [i for i in used if i < 2 and beta[i] < 0]
        if not negative:
            return beta
        used.remove(min(negative, key=lambda i: beta[i]))


def _features(log_p: Floats) -> tuple[Floats, Floats]:
    """log p and -log (1 - p) of every class."""
    return np.maximum(log_p, -_MOST), np.minimum(-log_rest(log_p), _MOST)


def apply_beta(parameters: Mapping[str, Any], log_p: Floats) -> Floats:
    """The calibrated probabilities, (n, K)."""
    a, b, c = (np.atleast_1d(parameters[name]) for name in "abc")
    low, high = _features(log_p)
    ks = events(log_p.shape[1])
    return of_events([a[i] * low[:, k] + b[i] * high[:, k] + c[i] for i, k in enumerate(ks)])
