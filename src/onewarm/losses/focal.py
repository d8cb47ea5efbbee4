"""Focal loss against any target: each class's mass counts less where the model is already sure of the class."""

from __future__ import annotations

import math
from typing import Any

from onewarm import checks
from onewarm.checks import Array, array_namespace
from onewarm.definition import checked, named_mass, reduce, row_parts
from onewarm.errors import InputError
from onewarm.leading_shape import as_rows
from onewarm.loss_options import Normalizer, Reduction, loss_options
from onewarm.target import SoftTarget


def focal_loss(
    logits: Array,
    target: SoftTarget | Array,
    *,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    axis: int = -1,
) -> Array:
    """Focal loss ``sum_k t_k (1 - p_k)^gamma (-log p_k)`` of each row, p = softmax(z), in nats, reduced.

    For a hard label it is Lin et al.'s ``-(1 - p_y)^gamma log p_y``; mass spread over several classes (smoothing,
    votes, mixup) counts class by class. A gamma of 0 is :func:`onewarm.cross_entropy`. Above 0 it is not a proper
    score: its optimum is less sure than the target, so calibrate what it trained before you read probabilities.

    Args:
        logits: (..., K), float16, bfloat16, float32 or float64; -inf masks a class, as in the cross-entropy.
        target: integer labels of the leading shape; probabilities of the logits' shape; or a :class:`SoftTarget`. A
            class's weight (alpha in the paper) is that of ``target.reweight(alpha)``.
        gamma: at least 0; the paper's is 2.
        reduction, normalizer, axis: as in :func:`onewarm.cross_entropy`.

    Returns:
        A scalar, or for ``"none"`` the leading shape: float32, or float64 for float64 logits. Autograd of PyTorch and
        JAX differentiates it.

    Raises:
        TypeError: arrays of different libraries, logits that are not floating point.
        ValueError: a gamma below 0, and all that :func:`onewarm.cross_entropy` refuses.

    Example:
        >>> import numpy as np
        >>> z = np.log(np.array([[0.9, 0.1], [0.1, 0.9]]))
        >>> [round(float(loss), 4) for loss in focal_loss(z, np.array([0, 0]), reduction="none")]
        [0.0011, 1.8651]

    Source: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, equation 4; Mukhoti et al., "Calibrating
    Deep Neural Networks using Focal Loss", NeurIPS 2020; that it is not proper: Charoenphakdee et al., CVPR 2021.
    """
    options = loss_options(reduction, normalizer)
    power = _checked_gamma(gamma)
    logits, target, layout = as_rows(logits, target, axis)
    target = checked(logits, target)
    loss = reduce(_rows(logits, target, power), target, options)
    return loss if layout is None else layout.loss(loss)


def _checked_gamma(gamma: Any) -> float:
    number = checks.number(gamma)
    if number is None or not 0 <= number < math.inf:
        raise InputError(f"gamma is {gamma!r}: expected a finite number of at least 0")
    return float(number)


def _rows(logits: Array, target: SoftTarget, gamma: float) -> Array:
    xp = array_namespace(logits)
    parts = row_parts(xp, logits, target)
    t = named_mass(xp, parts.half, target)
    if parts.moved is not None:
        t = t + parts.moved
    counted = (t != 0) & parts.live
    log_p = xp.where(counted, parts.half - 0.5 * xp.log(parts.total)[:, None], 0.0) * 2
    loss = -t * log_p
    if gamma:
        others = -xp.expm1(log_p)  # 1 - p, exact where p is near 1
        sure = others == 0  # where the factor's own derivative may be infinite, times a loss of 0
        loss = xp.where(sure, 0.0, xp.where(sure, 1.0, others) ** gamma * loss)
    rows = xp.sum(xp.where(counted, loss, 0.0), axis=1)
    return xp.where(parts.live[:, 0], rows + xp.where(parts.impossible, xp.inf, xp.zeros_like(rows)), 0.0)
