"""Scores of single rows, and the mean of paired differences with its interval."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.calibrators.rows import dot
from onewarm.calibration.defaults import LEVEL

Floats = NDArray[np.float64]

_SURE = 0.99


def shares(truth: NDArray[Any]) -> Floats:
    """Votes or distributions (n, K), each row divided by its sum."""
    out: Floats = truth / truth.sum(axis=1, keepdims=True, dtype=np.float64)
    return out


def row_nll(p: Floats, truth: NDArray[Any]) -> Floats:
    """The NLL of each row, (n,) nats: -sum_k t_k log p_k; +inf where a true class has probability 0."""
    with np.errstate(divide="ignore"):
        out: Floats
        if truth.ndim == 1:
            out = -np.log(p[np.arange(len(p)), truth])
        else:
            t = shares(truth)
            out = -np.multiply(t, np.log(p), where=t > 0, out=np.zeros_like(p)).sum(axis=1)
    return out


def row_brier(p: Floats, truth: NDArray[Any]) -> Floats:
    """Brier score of each row, (n,), 0..2: |p|^2 - 2 <p, t> + 1, the mean of |p - y|^2 over one-hot y drawn from t."""
    true_p = p[np.arange(len(p)), truth] if truth.ndim == 1 else (p * shares(truth)).sum(axis=1)
    out: Floats = np.einsum("ij,ij->i", p, p) - 2 * true_p + 1
    return out


def gain_interval(
    gains: Floats, weights: Floats, groups: NDArray[Any] | None = None, likelihood: tuple[float, int] | None = None
) -> tuple[float, tuple[float, float]]:
    """The mean gain in NLL over no change, and its interval.

        low = max(mean - z s, mean (1 - c / sqrt(LR))^2 if LR > c^2)            high = mean + z s

    Whether a map gains anything is a question about its parameters. The likelihood ratio LR answers it with more power
    than the differences of few rows do: LR > c^2, the .99 quantile of chi^2. As the gain grows with the square of the
    parameters' distance from no change, whose lower limit is 1 - c / sqrt(LR) of their estimate, so does its low end.

    Args:
        gains, weights: (n,); groups: as for ``mean_interval``.
        likelihood: LR, twice the gain in log-likelihood of the map fitted on all n rows, and its number of parameters.

    Source: Wilks, The Large-Sample Distribution of the Likelihood Ratio, 1938; Wilson & Hilferty 1931 (the quantile).
    """
    mean, (low, high) = mean_interval(gains, weights, groups=groups)
    if likelihood is not None and mean > 0:
        ratio, free = likelihood
        critical = free * (1 - 2 / (9 * free) + NormalDist().inv_cdf(_SURE) * math.sqrt(2 / (9 * free))) ** 3
        if ratio > critical:
            low = max(low, mean * (1 - math.sqrt(critical / ratio)) ** 2)
    return mean, (low, high)


def mean_interval(
    values: Floats, weights: Floats, *, groups: NDArray[Any] | None = None, errors: float | None = None
) -> tuple[float, tuple[float, float]]:
    """A weighted mean and its normal interval: mean -+ z sqrt(sum_g (sum_{i in g} w_i (v_i - mean))^2) / sum w.

    Args:
        values, weights: (n,).
        groups: (n,) keys of groups whose rows may depend on each other; None: each row is a group.
        errors: z, the half width in standard errors; by default that of a 95 % interval.

    >>> mean_interval(np.array([0.0, 1.0, 2.0, 3.0]), np.ones(4))[0]
    1.5
    """
    z = NormalDist().inv_cdf((1 + LEVEL) / 2) if errors is None else errors
    total = float(weights.sum())
    mean = dot(weights, values) / total
    residuals = weights * (values - mean)
    correction = 1.0
    if groups is not None:
        _, codes = np.unique(groups, return_inverse=True)
        residuals = np.bincount(codes, residuals).astype(np.float64)
        correction = len(residuals) / max(len(residuals) - 1, 1)
    half = z * math.sqrt(correction * dot(residuals, residuals)) / total
    return mean, (mean - half, mean + half)
