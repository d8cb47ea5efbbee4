"""Isotonic regression of the truth on the probability, by scikit-learn, kept away from 0 and 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from onewarm.calibration.calibrators.platt import events, normalized
from onewarm.calibration.calibrators.rows import FitRows
from onewarm.calibration.summary.inputs import Floats
from onewarm.errors import needs


def fit_isotonic(rows: FitRows) -> dict[str, Any]:
    """The non-decreasing curve of the event's share over its probability with the least Brier score; also least NLL.

    For K = 2 the event is class 1; for K > 2 there is a curve for each class against the rest. Between the knots the
    curve is linear. No row gets exactly 0 or 1: a first block of weight w without an event has the value 1/2 / (w + 1)
    (Jeffreys' estimate of a share), or that of the next block if it is less; likewise a last block of events alone.

    Source: Zadrozny & Elkan, Transforming Classifier Scores into Accurate Multiclass Probability Estimates, KDD 2002;
    scikit-learn's ``IsotonicRegression``.
    """
    with needs("isotonic regression", "sklearn"):
        from sklearn.isotonic import IsotonicRegression

    xs, ys = [], []
    for k in events(rows.num_classes):
        p, t = np.exp(rows.log_p[:, k]), rows.share(k)
        fitted = IsotonicRegression(out_of_bounds="clip").fit(p, t, rows.weights)
        x, y = fitted.X_thresholds_.astype(np.float64), fitted.y_thresholds_.astype(np.float64)
        w = rows.weights
        no, yes = y <= 0, y >= 1
        between = y[~no & ~yes]
        below, above = w[p <= x[no].max(initial=-1)].sum(), w[p >= x[yes].min(initial=2)].sum()
        y[no] = min(0.5 / (below + 1), between.min(initial=1))
        y[yes] = max(1 - 0.5 / (above + 1), between.max(initial=0))
        xs.append(x.tolist())
        ys.append(y.tolist())
    return {"x": xs, "y": ys}


def apply_isotonic(parameters: Mapping[str, Any], log_p: Floats) -> Floats:
    """The curve's values, (n, K); for K > 2 each class's value divided by the row's sum."""
    curves = zip(events(log_p.shape[1]), parameters["x"], parameters["y"], strict=True)
    q = [np.interp(np.exp(log_p[:, k]), x, y) for k, x, y in curves]
    return np.stack([1 - q[0], q[0]], axis=1) if len(q) == 1 else normalized(np.stack(q, axis=1))
