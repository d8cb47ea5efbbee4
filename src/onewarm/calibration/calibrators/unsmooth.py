"""The affine inverse of label smoothing, its alpha fitted by maximum likelihood (NumPy only)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.calibration.calibrators.rows import dot
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.inputs import read_predictions, read_truth, read_weights
from onewarm.errors import InputError

_LEAST = -1e4  # the least alpha, at which the result is uniform to 1e-4


class AlphaFit(NamedTuple):
    """The alpha with the least NLL, and there the mean NLL (nats) and its derivative in alpha."""

    alpha: float
    nll: float
    gradient: float


def fit_alpha(probabilities: Any, truth: Any, floor: float = 1e-9, *, weights: Any = None) -> AlphaFit:
    """The alpha that minimises the NLL of q = (p - alpha u) / (1 - alpha), u = 1/K, on these rows.

        b = -alpha / (1 - alpha)           q = p + b (u - p)
        L(b) = -(1/N) sum_i <t_i, log q_i>         L'(b) = -(1/N) sum_i <t_i, (u - p_i) / q_i>        L''(b) >= 0

    L is convex in b, so Newton steps, or bisection, on its derivative find the minimum between the b at which the least
    q is ``floor`` and b = 1, where q is uniform. A negative alpha (b > 0) mixes the uniform row in.

    Args:
        probabilities: p, (N, K) floats that sum to 1 in each row.
        truth: labels (N,), votes (N, K) of integers, or distributions (N, K).
        floor: least probability that q may have on these rows.
        weights: (N,), not negative, or None.

    Raises:
        TypeError, ValueError: bad input, with the argument and the row; or a floor outside [0, 1/K).

    >>> p = np.array([[0.7, 0.3], [0.2, 0.8]])
    >>> round(fit_alpha(p, np.array([0, 1])).alpha, 4)          # every row right: the largest alpha with q >= 0
    0.4
    """
    p = read_predictions(probabilities, "probabilities").astype(np.float64, copy=False)
    true = read_truth(truth, p.shape)
    labels, t = true.rows(slice(None))
    u = 1 / p.shape[1]
    if not 0 <= floor < u:
        raise InputError(f"floor is {floor}: expected at least 0 and less than 1/K = {u:g}")
    w = read_weights(weights, len(p))
    if w is None:
        w = np.ones(len(p))
    elif not (w > 0).all():
        kept = w > 0
        if not kept.any():
            raise InputError("weights are 0 in every row: nothing is left to fit on")
        p, w = p[kept], w[kept]
        labels = None if labels is None else labels[kept]
        t = None if t is None else t[kept]
    # <t, (u - p) / q>: with labels only the true class contributes.
    own = p[np.arange(len(p)), labels] if labels is not None else p
    mass = w / w.sum() if t is None else t * (w / w.sum())[:, None]
    own, mass = own[mass > 0], mass[mass > 0]
    rise = u - own

    def slope(b: float) -> tuple[float, float]:
        """-L'(b) and L''(b)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = rise / (own + b * rise)
        return -dot(mass, ratio), dot(mass, ratio**2)

    least = float(p.min())
    low = (floor - least) / (u - least) if least < u else -1.0
    high = -_LEAST / (1 - _LEAST)
    if slope(low)[0] >= 0:
        b = low
    elif slope(high)[0] <= 0:
        b = high
    else:
        b = (low + high) / 2
        for _ in range(200):
            first, second = slope(b)
            low, high = (low, b) if first > 0 else (b, high)
            newton = b - first / second
            b, before = newton if low < newton < high else (low + high) / 2, b
            if high - low < 1e-13 or abs(b - before) < 1e-14:
                break
    with np.errstate(divide="ignore", invalid="ignore"):
        nll = -dot(mass, np.log(own + b * rise))
    return AlphaFit(-b / (1 - b), nll, -slope(b)[0] * (1 - b) ** 2)


def apply_alpha(p: Floats, alpha: float, floor: float) -> Floats:
    """(p - alpha/K) / (1 - alpha) of p (N, K), raised to at least ``floor`` and divided by the row's sum."""
    k = p.shape[1]
    q = np.maximum((p - alpha / k) / (1 - alpha), floor)
    probabilities: Floats = q / q.sum(axis=1, keepdims=True)
    return probabilities
