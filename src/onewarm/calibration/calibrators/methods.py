"""The calibration methods, each registered here once: its fit, its map, and how many numbers it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from onewarm.calibration.calibrators.beta import apply_beta, fit_beta
from onewarm.calibration.calibrators.intercept import apply_intercept, fit_intercept
from onewarm.calibration.calibrators.isotonic import apply_isotonic, fit_isotonic
from onewarm.calibration.calibrators.platt import apply_platt, fit_platt
from onewarm.calibration.calibrators.rows import FitRows
from onewarm.calibration.calibrators.temperature import fit_temperature
from onewarm.calibration.calibrators.temperature_unsmooth import fit_temperature_unsmooth
from onewarm.calibration.calibrators.unsmooth import apply_alpha, fit_alpha
from onewarm.calibration.calibrators.vector import apply_vector, fit_vector
from onewarm.calibration.summary.inputs import Floats
from onewarm.errors import InputError
from onewarm.softmax import softmax

ALPHA_FLOOR = 1e-9
"""The least probability of a class after smoothing is undone."""

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Method:
    """One way to map probabilities to calibrated ones.

    Attributes:
        names: its parameters: numbers, or lists of them.
        fit: parameters from checked rows; ``InputError`` if they have no best ones, with the reason.
        apply: calibrated probabilities (n, K) from parameters and log p (n, K).
        free: how many numbers it fits, given its parameters and K: what "simpler" means.
    """

    names: tuple[str, ...]
    fit: Callable[[FitRows], Parameters]
    apply: Callable[[Mapping[str, Any], Floats], Floats]
    free: Callable[[Mapping[str, Any], int], int]


def _truth(rows: FitRows) -> Any:
    return rows.labels if rows.shares is None else rows.shares


def _temperature(rows: FitRows) -> Parameters:
    fit = fit_temperature(rows.log_p, _truth(rows), weights=rows.weights)
    return {"temperature": float(fit.temperature)}


def _unsmooth(rows: FitRows) -> Parameters:
    p = np.exp(rows.log_p)
    # What so many rows can show: without it, 40 rows that are all right would make .7 a certainty.
    seen = 0.5 / (rows.num_classes * (len(rows) + 2))
    floor = min(seen, max(float(p.min()), min(ALPHA_FLOOR, 0.5 / rows.num_classes)))
    fit = fit_alpha(p, _truth(rows), floor, weights=rows.weights)
    return {"alpha": float(fit.alpha)}


def _both(rows: FitRows) -> Parameters:
    floor = min(ALPHA_FLOOR, 0.5 / rows.num_classes)
    fit = fit_temperature_unsmooth(rows.log_p, _truth(rows), floor, weights=rows.weights)
    return {"temperature": float(fit.temperature), "alpha": float(fit.alpha)}


def _steps(parameters: Mapping[str, Any], num_classes: int) -> int:
    return sum(len(np.unique(y)) for y in parameters["y"])


METHODS: dict[str, Method] = {
    "leave": Method((), lambda rows: {}, lambda at, log_p: np.exp(log_p), lambda at, k: 0),
    "intercept": Method(("intercept",), fit_intercept, apply_intercept, lambda at, k: k - 1),
    "temperature": Method(
        ("temperature",), _temperature, lambda at, log_p: softmax(log_p, at["temperature"]), lambda at, k: 1
    ),
    "unsmooth": Method(
        ("alpha",),
        _unsmooth,
        lambda at, log_p: apply_alpha(np.exp(log_p), at["alpha"], ALPHA_FLOOR),
        lambda at, k: 1,
    ),
    "platt": Method(("slope", "intercept"), fit_platt, apply_platt, lambda at, k: 2 if k == 2 else 2 * k),
    "temperature-unsmooth": Method(
        ("temperature", "alpha"),
        _both,
        lambda at, log_p: apply_alpha(softmax(log_p, at["temperature"]), at["alpha"], ALPHA_FLOOR),
        lambda at, k: 2,
    ),
    "beta": Method(("a", "b", "c"), fit_beta, apply_beta, lambda at, k: 3 if k == 2 else 3 * k),
    "vector": Method(("scale", "shift"), fit_vector, apply_vector, lambda at, k: 2 * k - 1),
    "isotonic": Method(("x", "y"), fit_isotonic, apply_isotonic, _steps),
}
"""Every method by its key.

"leave": p as it is. "intercept": a shift of each class's logit. "temperature": softmax(log p / T). "unsmooth":
(p - alpha/K) / (1 - alpha), the inverse of label smoothing; alpha may be negative, and then mixes -alpha / (1 - alpha)
of the uniform row into p. "temperature-unsmooth": the one after the other. "platt": slope and intercept of the
log-odds. "vector": scale and shift of log p for each class. "beta": logistic regression on log p and log (1 - p).
"isotonic": a non-decreasing curve. For several classes "platt", "beta" and "isotonic" map each class against the rest,
and divide by the row's sum.
"""


def method(key: str) -> Method:
    """The method of a key. Raises InputError for an unknown one."""
    if key not in METHODS:
        raise InputError(f"method is {key!r}: choose one of {', '.join(METHODS)}")
    return METHODS[key]
