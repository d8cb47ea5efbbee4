"""Platt scaling, and the logistic regression of few features that it and beta calibration are (NumPy only)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from onewarm.calibration.calibrators.rows import MASKED, FitRows, dot
from onewarm.calibration.summary.inputs import Floats

_STEPS = 100
_TOLERANCE = 1e-12  # of the Newton decrement, in nats of the mean NLL: the error of a parameter is about its root


def fit_platt(rows: FitRows) -> dict[str, Any]:
    """Slope a and intercept b of log q / (1 - q) = a log p / (1 - p) + b, by maximum likelihood.

    For K = 2, p is the probability of class 1. For K > 2 one pair for each class against the rest; see ``apply_platt``.
    Source: Platt, Probabilistic Outputs for Support Vector Machines, 1999 (also the targets; see ``smoothed``).

    >>> rng = np.random.default_rng(0)
    >>> s = rng.normal(size=20000)
    >>> y = (rng.random(20000) < 1 / (1 + np.exp(-(0.5 * s - 1)))).astype(int)
    >>> from onewarm.calibration.calibrators.rows import fit_rows
    >>> fit = fit_platt(fit_rows(s, y, logits=True))
    >>> round(fit["slope"], 1), round(fit["intercept"], 1)
    (0.5, -1.0)
    """
    odds = log_odds(rows.log_p)
    pairs = np.array([_pair(rows, k, odds[:, k]) for k in events(rows.num_classes)])
    if rows.num_classes == 2:
        return {"slope": float(pairs[0, 0]), "intercept": float(pairs[0, 1])}
    return {"slope": pairs[:, 0].tolist(), "intercept": pairs[:, 1].tolist()}


def _pair(rows: FitRows, k: int, s: Floats) -> Floats:
    t = smoothed(rows.share(k), rows.weights)
    return logistic(np.stack([s, np.ones_like(s)], axis=1), t, rows.weights, start=np.array([1.0, 0.0]))


def apply_platt(parameters: Mapping[str, Any], log_p: Floats) -> Floats:
    """sigmoid(a s + b) of each class's log-odds s, (n, K); for K > 2 divided by the row's sum."""
    a, b = (np.atleast_1d(parameters[name]) for name in ("slope", "intercept"))
    odds = log_odds(log_p)
    return of_events([a[i] * odds[:, k] + b[i] for i, k in enumerate(events(log_p.shape[1]))])


def events(num_classes: int) -> tuple[int, ...]:
    """The classes that have a map of their own: class 1 of two, else every class."""
    return (1,) if num_classes == 2 else tuple(range(num_classes))


def of_events(odds: list[Floats]) -> Floats:
    """Probabilities (n, K) of log-odds: of each class against the rest, divided by their sum; or of class 1 alone."""
    if len(odds) == 1:
        return np.stack([sigmoid(-odds[0]), sigmoid(odds[0])], axis=1)
    return normalized(np.stack([sigmoid(s) for s in odds], axis=1))


def normalized(q: Floats) -> Floats:
    """Rows (n, K) divided by their sums; the uniform row where the sum is 0."""
    total = q.sum(axis=1, keepdims=True)
    out: Floats = np.where(total > 0, q / np.where(total > 0, total, 1), 1 / q.shape[1])
    return out


def log_odds(log_p: Floats) -> Floats:
    """log p - log (1 - p) of every class, (n, K), exact also where p is close to 1; within -700..700."""
    clipped: Floats = np.clip(log_p - log_rest(log_p), -700, 700)
    return clipped


def log_rest(log_p: Floats) -> Floats:
    """log (1 - p) of every class, (n, K): of the most probable one as the logarithm of the sum of the others.

    >>> log_rest(np.log(np.array([[0.25, 0.75]]))).round(4) == np.log([[0.75, 0.25]]).round(4)
    array([[ True,  True]])
    """
    if log_p.shape[1] == 2:
        return log_p[:, ::-1]
    row, top = np.arange(len(log_p)), log_p.argmax(axis=1)
    others = log_p.copy()
    others[row, top] = MASKED
    rest = np.log1p(-np.exp(others))
    second = others.max(axis=1)
    rest[row, top] = second + np.log(np.exp(others - second[:, None]).sum(axis=1))
    return rest


def sigmoid(s: Floats) -> Floats:
    """1 / (1 + exp(-s)), without overflow."""
    e = np.exp(-np.abs(s))
    out: Floats = np.where(s >= 0, 1, e) / (1 + e)
    return out


def smoothed(t: Floats, weights: Floats) -> Floats:
    """Platt's targets: (N+ + 1) / (N+ + 2) for the event and 1 / (N- + 2) for its absence, from weights of each.

    They keep parameters finite where the rows are separable or the event never happens.
    """
    yes = dot(weights, t)
    no = float(weights.sum()) - yes
    high, low = (yes + 1) / (yes + 2), 1 / (no + 2)
    out: Floats = low + (high - low) * t
    return out


def logistic(x: Floats, t: Floats, weights: Floats, start: Floats, offset: Floats | None = None) -> Floats:
    """The coefficients (d,) with the least NLL of sigmoid(x beta + offset) for targets t, by damped Newton steps."""
    w = weights / weights.sum()
    base = 0.0 if offset is None else offset

    def nll(beta: Floats) -> tuple[float, Floats]:
        eta = np.einsum("ij,j->i", x, beta) + base
        return dot(w, np.logaddexp(0, eta) - t * eta), eta

    beta = start.astype(np.float64)
    value, eta = nll(beta)
    for _ in range(_STEPS):
        q = sigmoid(eta)
        gradient = np.einsum("ij,i->j", x, w * (q - t))
        curvature = np.maximum(w * q * (1 - q), 1e-300)
        hessian = np.einsum("ij,ik->jk", x * curvature[:, None], x)
        hessian[np.diag_indices_from(hessian)] *= 1 + 1e-10
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        decrement = float(gradient @ step)
        size = 1.0
        while size > 1e-8:
            new_value, new_eta = nll(beta - size * step)
            if new_value <= value - 1e-4 * size * decrement or decrement < _TOLERANCE:
                break
            size /= 2
        beta, value, eta = beta - size * step, new_value, new_eta
        if decrement < _TOLERANCE:
            break
    return beta
