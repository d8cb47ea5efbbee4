"""The CPU kernel's loss of a SoftTarget: the scale of each row's gradient, and the reduction of the losses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks, definition
from onewarm.kernels.cpu import float16 as half
from onewarm.kernels.cpu import rows as cpu
from onewarm.kernels.cpu import thread_pool as pool
from onewarm.kernels.cpu.capped_rows import capped_row_losses
from onewarm.kernels.cpu.thread_pool import Runner
from onewarm.loss_options import LossOptions, Normalizer
from onewarm.target import SoftTarget, one_hot


def loss_and_gradient(
    logits: NDArray[Any],
    target: SoftTarget,
    options: LossOptions,
    *,
    gradient: bool,
    row_scale: Any = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    run: Runner = pool.run,
) -> tuple[Any, NDArray[Any] | None]:
    """What :func:`onewarm.definition.cross_entropy_with_gradient` computes, for checked arguments in NumPy arrays.

    Args:
        row_scale: (N,) or one number, a further factor of each row's gradient.
        out, threads, run: as in :func:`onewarm.kernels.cpu.rows.row_losses`.

    Returns:
        The loss, a NumPy scalar or (N,), and the gradient of shape (N, K) or None.

    Example:
        >>> from onewarm.target import smooth
        >>> z, target = np.array([[3.0, 1.0, -0.5, -1.0]]), smooth(np.array([0]), 0.1, num_classes=4)
        >>> loss, gradient = loss_and_gradient(z, target, LossOptions(), gradient=True)
        >>> loss.round(4), gradient.round(3)
        (np.float64(0.4063), array([[-0.08 ,  0.089,  0.001, -0.01 ]]))
    """
    share = 1.0 / _divisor(target, options.normalizer) if options.reduction == "mean" else 1.0
    arguments: dict[str, Any] = {
        "row_scale": share if row_scale is None else share * row_scale,
        "z_loss": options.z_loss,
        "gradient": gradient,
        "out": out,
        "threads": threads,
        "run": run,
        "move_mass": options.move_mass,
        "check": options.check,
    }
    if options.maps_logits:
        losses, grads = capped_row_losses(logits, target, options.logit_scale, options.softcap, **arguments)
    else:
        parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
        losses, grads = cpu.row_losses(logits, *parts, **arguments)
    total = losses.sum(dtype=np.float64)
    if options.check and np.isnan(total):
        _finite(target)
    return losses if options.reduction == "none" else losses.dtype.type(total * share), grads


def _finite(target: SoftTarget) -> None:
    """Refuse mass that is not finite. Called only when the loss is NaN, so usual calls make no pass over the target."""
    for name in ("weight", "table_weight", "table"):
        array = getattr(target, name)
        if array is None:
            continue
        if (bad := checks.first_true(~np.isfinite(half.widened(array)))) is not None:
            raise ValueError(f"target.{name}{list(bad)} is {array[bad]}: expected finite mass")


def checked(logits: NDArray[Any], target: Any) -> SoftTarget:
    """:func:`onewarm.definition.checked` for logits in any dtype that the kernel takes, bits of bfloat16 included.

    Index ranges are left to the kernel, which checks them before it follows any.
    """
    # Fast paths: the full checks touch memory that a training step has evicted from the cache.
    if logits.ndim == 2 and logits.shape[1] and (logits.dtype.kind == "f" or half.kind(logits.dtype)):
        rows, classes = logits.shape
        if type(target) is SoftTarget:
            if type(target.index) is np.ndarray and (target.index.shape[0], target.num_classes) == (rows, classes):
                return target
        elif type(target) is np.ndarray and target.dtype.kind in "iu" and target.shape == (rows,):
            return one_hot(target, classes)
    shape_alone = np.broadcast_to(np.float32(0), logits.shape) if half.kind(logits.dtype) else logits
    return definition.checked(shape_alone, target, indices=False)


def _divisor(target: SoftTarget, normalizer: Normalizer) -> float:
    """:func:`onewarm.definition.divisor`; rows with mass are counted by columns, as a short axis is slow to reduce."""
    if type(normalizer) in (int, float) and 0 < normalizer < float("inf"):  # type: ignore[operator]
        return float(normalizer)
    if not isinstance(normalizer, str) or normalizer != "rows":
        return float(definition.divisor(target, normalizer, np.empty(0)))
    named = target.weight
    if named.shape[1] and len(named) and named.strides[0] == 0 and named[0, 0] != 0:
        return float(len(named))
    columns = [*target.weight.T, *(() if target.table_weight is None else target.table_weight.T)]
    if not len(target) or any(column.strides == (0,) and column[0] != 0 for column in columns):
        return float(max(len(target), 1))
    live = np.zeros(len(target), np.bool_)
    for column in columns:
        live |= column != 0
        if live.all():
            return float(len(target))
    return float(max(int(np.count_nonzero(live)), 1))
