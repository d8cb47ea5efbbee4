"""Vector scaling: a scale and a shift of log p for each class (NumPy only)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from onewarm.calibration.calibrators.rows import FitRows, dot
from onewarm.calibration.summary.inputs import Floats

_SHIFT_PENALTY = 1.0  # a normal prior of standard deviation 1 for each shift
_SCALE_PENALTY = 4.0  # and of 1/2 for each class's difference from the common scale
_COMMON_PENALTY = 0.1  # keeps the common scale finite where every row is right
_STEPS, _MEMORY = 200, 12
_TOLERANCE = 1e-7


def fit_vector(rows: FitRows) -> dict[str, Any]:
    """Scales a and shifts b, K each, of softmax(a log p + b) with the least penalised NLL.

        NLL + (4 |a - c|^2 + |b|^2 + (c - 1)^2 / 10) / (2 N)            c the common scale, which is fitted too

    The penalties are mild (normal priors of standard deviation 1/2 and 1): they decide only for classes with few rows,
    which keep the common scale, and with it temperature scaling is a special case.

    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=(20000, 3)) * 2
    >>> pi = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    >>> from onewarm.calibration.calibrators.rows import fit_rows
    >>> fit = fit_vector(fit_rows(2 * z + [0, 1, 0], pi, logits=True))
    >>> np.round(fit["scale"], 2).tolist(), np.round(np.diff(fit["shift"]), 2).tolist()
    ([0.5, 0.5, 0.5], [-0.5, 0.5])

    Source: Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks, ICML 2017, section 4.2.
    """
    scale, shift = fit_affine(rows, scales=True)
    return {"scale": scale.tolist(), "shift": shift.tolist()}


def apply_vector(parameters: Mapping[str, Any], log_p: Floats) -> Floats:
    """softmax(a log p + b), (n, K)."""
    return softmax_affine(log_p, np.asarray(parameters["scale"]), np.asarray(parameters["shift"]))


def softmax_affine(log_p: Floats, scale: Floats | float, shift: Floats) -> Floats:
    """softmax(scale log_p + shift), (n, K)."""
    eta = log_p * scale + shift
    eta -= eta.max(axis=1, keepdims=True)
    np.exp(eta, out=eta)
    eta /= eta.sum(axis=1, keepdims=True)
    return eta


def fit_affine(rows: FitRows, *, scales: bool) -> tuple[Floats, Floats]:
    """The scales (K,), 1 without ``scales``, and shifts (K,) with the least penalised NLL."""
    k = rows.num_classes
    w = rows.weights / rows.weights.sum()
    ridge = 1 / rows.weights.sum()
    x = rows.log_p
    true_weight = rows.class_weights / rows.weights.sum()
    if scales:
        if rows.labels is not None:
            true_x = np.bincount(rows.labels, w * rows.of_truth(x), k)
        else:
            true_x = np.einsum("i,ij,ij->j", w, np.asarray(rows.shares), x)

    def unpacked(theta: Floats) -> tuple[Floats, Floats]:
        if not scales:
            return np.ones(k), theta
        return theta[0] + theta[1 : k + 1], theta[k + 1 :]

    def objective(theta: Floats) -> tuple[float, Floats]:
        scale, shift = unpacked(theta)
        eta = x * scale + shift if scales else x + shift
        top = eta.max(axis=1, keepdims=True)
        eta -= top
        np.exp(eta, out=eta)
        total = eta.sum(axis=1)
        of_truth = float(true_weight @ shift) + (float(true_x @ scale) if scales else dot(w, rows.of_truth(x)))
        value = dot(w, np.log(total) + top[:, 0]) - of_truth + ridge / 2 * _SHIFT_PENALTY * float(shift @ shift)
        eta *= (w / total)[:, None]
        by_shift = eta.sum(axis=0) - true_weight + ridge * _SHIFT_PENALTY * shift
        if not scales:
            return value, by_shift
        by_scale = np.einsum("ij,ij->j", eta, x) - true_x
        common, own = theta[0] - 1, theta[1 : k + 1]
        value += ridge / 2 * (_SCALE_PENALTY * float(own @ own) + _COMMON_PENALTY * common**2)
        by_common = by_scale.sum() + ridge * _COMMON_PENALTY * common
        return value, np.concatenate([[by_common], by_scale + ridge * _SCALE_PENALTY * own, by_shift])

    p = softmax_affine(x, 1.0, np.zeros(k))
    spread = p * (1 - p) * w[:, None]
    curvature = spread.sum(axis=0) + ridge * _SHIFT_PENALTY
    start = np.zeros(k)
    if scales:
        mean = np.einsum("ij,ij->i", p, x)
        square = np.einsum("ij,ij,ij->i", p, x, x)
        by_scale = np.einsum("ij,ij,ij->j", spread, x, x) + ridge * _SCALE_PENALTY
        common = max(dot(w, square - mean**2), 0.0) + ridge * _COMMON_PENALTY
        curvature = np.concatenate([[common], by_scale, curvature])
        start = np.concatenate([[1.0], np.zeros(2 * k)])
    return unpacked(least(objective, start, curvature))


def least(objective: Callable[[Floats], tuple[float, Floats]], start: Floats, curvature: Floats) -> Floats:
    """The minimum of a smooth convex function, by L-BFGS with the inverse of ``curvature`` as the first metric.

    Source: Nocedal & Wright, Numerical Optimization, 2nd edition, algorithms 7.4 and 3.1.

    >>> least(lambda x: (float(x @ x / 2 - x.sum()), x - 1), np.zeros(3), np.full(3, 2.0)).round(6)
    array([1., 1., 1.])
    """
    at, (value, gradient) = start, objective(start)
    pairs: list[tuple[Floats, Floats]] = []
    for _ in range(_STEPS):
        if float(gradient @ (gradient / curvature)) < _TOLERANCE**2:
            break
        step = _direction(gradient, pairs, curvature)
        slope = -float(gradient @ step)
        size = 1.0
        while True:
            new = at - size * step
            new_value, new_gradient = objective(new)
            if new_value <= value + 1e-4 * size * slope or size < 1e-10:
                break
            size /= 2
        change, difference = new - at, new_gradient - gradient
        stuck = new_value >= value
        at, value, gradient = new, new_value, new_gradient
        if float(change @ difference) > 1e-12 * float(change @ (curvature * change)):
            pairs = [*pairs[1 - _MEMORY :], (change, difference)]
        if stuck:
            break
    return at


def _direction(gradient: Floats, pairs: list[tuple[Floats, Floats]], curvature: Floats) -> Floats:
    q = gradient.copy()
    factors = []
    for s, y in reversed(pairs):
        a = float(s @ q) / float(s @ y)
        factors.append(a)
        q -= a * y
    scale = 1.0
    if pairs:
        s, y = pairs[-1]
        scale = float(s @ y) / float(y @ (y / curvature))
    q = q / curvature * scale
    for (s, y), a in zip(pairs, reversed(factors), strict=True):
        q += s * (a - float(y @ q) / float(s @ y))
    return q
