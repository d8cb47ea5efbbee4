"""A shift of the logits for each class: the map that mends wrong class shares alone (NumPy only)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from onewarm.calibration.calibrators.platt import log_odds, logistic, of_events, smoothed
from onewarm.calibration.calibrators.rows import FitRows
from onewarm.calibration.calibrators.vector import fit_affine, softmax_affine
from onewarm.calibration.summary.inputs import Floats


def fit_intercept(rows: FitRows) -> dict[str, Any]:
    """The shift b of softmax(log p + b) with the least NLL: one number for two classes, else K that sum to 0.

    For K = 2 it is added to the log-odds of class 1. For K > 2 the NLL has the penalty |b|^2 / (2 N), as if each shift
    had a normal prior of standard deviation 1: a class that never occurs keeps a finite shift.

    >>> from onewarm.calibration.calibrators.rows import fit_rows
    >>> p, share = np.full(1000, 0.5), np.full(1000, 0.25)     # a quarter of the events happened
    >>> round(fit_intercept(fit_rows(p, share))["intercept"], 2)    # log (1/4) / (3/4)
    -1.1
    """
    if rows.num_classes == 2:
        s = log_odds(rows.log_p)[:, 1]
        t = smoothed(rows.share(1), rows.weights)
        b = logistic(np.ones((len(s), 1)), t, rows.weights, np.zeros(1), offset=s)
        return {"intercept": float(b[0])}
    return {"intercept": fit_affine(rows, scales=False)[1].tolist()}


def apply_intercept(parameters: Mapping[str, Any], log_p: Floats) -> Floats:
    """softmax(log p + b), (n, K)."""
    b = parameters["intercept"]
    if log_p.shape[1] == 2:
        return of_events([log_odds(log_p)[:, 1] + b])
    return softmax_affine(log_p, 1.0, np.asarray(b))
