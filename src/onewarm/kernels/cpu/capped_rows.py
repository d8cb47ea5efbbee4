"""The kernel on scaled and softly capped logits, in blocks of rows that stay in the cache.

    z <- c tanh(scale z / c)        kernel, in place        gradient <- gradient * dz

All of it is in float32 or float64; the gradient is rounded to the logits' dtype at its end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks, softcap
from onewarm.kernels.cpu import rows as cpu
from onewarm.kernels.cpu.float16 import widened
from onewarm.kernels.cpu.inputs import native
from onewarm.loss_options import LossOptions
from onewarm.loss_stats import LossStats, loss_stats, row_stats
from onewarm.soft_target import SoftTarget

_BLOCK = 2**18  # logits at a time


def capped_row_losses(
    logits: NDArray[Any],
    target: SoftTarget,
    scale: float,
    cap: float | None,
    *,
    row_scale: Any,
    gradient: bool,
    out: NDArray[Any] | None = None,
    check: bool = True,
    **options: Any,
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """:func:`onewarm.kernels.cpu.rows.row_losses` of :func:`onewarm.softcap.capped` logits, differentiated in z.

    Args:
        logits: z, (N, K), float16, bfloat16 of ml_dtypes, float32 or float64.
        target: of N rows.
        scale, cap: as of :func:`onewarm.softcap.capped`.
        row_scale, gradient, out, check, options: as of ``row_losses``.

    Example:
        >>> from onewarm.target import one_hot
        >>> z, target = np.array([[60.0, 0.0]]), one_hot(np.array([1]), 2)
        >>> losses, g = capped_row_losses(z, target, 1.0, 30.0, row_scale=1.0, gradient=True)
        >>> losses.round(4), g.round(4)
        (array([28.9208]), array([[ 0.0707, -1.    ]]))
    """
    n, classes = logits.shape
    real = np.dtype(np.float64 if logits.dtype.itemsize == 8 else np.float32)
    losses = np.empty(n, real)
    result = (np.empty(logits.shape, logits.dtype.newbyteorder("=")) if out is None else out) if gradient else None
    each = np.broadcast_to(np.asarray(row_scale, np.float64).reshape(-1), (n,))
    step = max(_BLOCK // classes, 1)
    for start in range(0, n, step):
        rows = slice(start, start + step)
        z = widened(logits[rows]).astype(real, copy=False)
        some, block = target[rows], np.ascontiguousarray(softcap.capped(z, scale, cap))
        losses[rows], g = cpu.row_losses(
            *(block, some.index, some.weight, some.table, some.table_index, some.table_weight),
            row_scale=each[rows],
            gradient=gradient,
            out=block if gradient else None,
            check=False,
            **options,
        )
        if check and np.isnan(losses[rows]).any():
            _refuse(z, losses[rows], start)
        if result is not None and g is not None:
            result[rows] = g * softcap.slope(z, scale, cap)
    return losses, result


def _refuse(z: NDArray[Any], losses: NDArray[Any], start: int) -> None:
    """Raise for the first row whose logits have no loss; what else is NaN is the target's fault."""
    lost = np.isnan(z).any(axis=1) | (z == np.inf).any(axis=1) | (z == -np.inf).all(axis=1)
    if (bad := checks.first_true(lost & np.isnan(losses))) is not None:
        raise checks.bad_logits(z[bad[0]], start + bad[0])


def stats_in_blocks(logits: NDArray[Any], target: SoftTarget, options: LossOptions) -> LossStats:
    """The figures of each row, (N,), for arguments of which the loss exists."""
    n, classes = logits.shape
    step = max(_BLOCK // classes, 1)
    live = target.has_mass()[:, None]
    figures = []
    for start in range(0, max(n, 1), step):
        rows = slice(start, start + step)
        z = native(widened(logits[rows]))
        z = np.where(live[rows], z if z.dtype == np.float64 else z.astype(np.float32, copy=False), z.dtype.type(0))
        figures.append(row_stats(softcap.capped(z, options.logit_scale, options.softcap)))
    lse, entropy, prediction = (np.concatenate(parts) for parts in zip(*figures, strict=True))
    return loss_stats(lse, entropy, prediction, target, options.z_loss)
