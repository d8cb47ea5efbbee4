"""Logits (..., K) with any class axis as rows (N, K), and losses and gradients back in the shapes of the logits.

Rows are the entries of the leading shape in C order: of logits (B, T, K) the row of batch b and token t is b T + t, of
images (B, K, H, W) with ``axis=1`` the row of a pixel is (b H + h) W + w.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

from onewarm import checks
from onewarm.checks import Array, array_namespace
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget, whole_row


class Layout(NamedTuple):
    """Where the rows (N, K) of some logits came from."""

    shape: tuple[int, ...]  # of the logits without the class axis
    axis: int  # of the classes in the logits, counted from the front

    def loss(self, loss: Array) -> Array:
        """Losses by row, (N,), in the leading shape; a scalar stays one."""
        return array_namespace(loss).reshape(loss, self.shape) if len(loss.shape) == 1 else loss

    def gradient(self, rows: Array) -> Array:
        """Rows (N, K) in the shape of the logits."""
        xp = array_namespace(rows)
        shaped = xp.reshape(rows, (*self.shape, rows.shape[1]))
        return shaped if self.axis == len(self.shape) else xp.moveaxis(shaped, -1, self.axis)


def as_rows(logits: Array, target: Any, axis: int = -1) -> tuple[Array, Any, Layout | None]:
    """Logits as (N, K), the target to match, and the layout in which results go back; None for logits (N, K).

    Without a copy where the classes are the last axis of logits in C order.

    Args:
        logits: (..., K), or with the classes on another axis.
        target: a SoftTarget of one row for each entry of the leading shape, integer labels of the leading shape, or
            probabilities of the logits' shape. What is given for logits (N, K) comes back as it is, unchecked.
        axis: of the classes, negative from the end.

    Raises:
        TypeError: an axis that is no integer, a target that is no array.
        ValueError: an axis that the logits do not have, a target of another shape.

    Example:
        >>> import numpy as np
        >>> z, labels, layout = as_rows(np.zeros((2, 10, 4, 5)), np.zeros((2, 4, 5), int), axis=1)
        >>> z.shape, labels.shape, layout.gradient(z).shape
        ((40, 10), (40,), (2, 10, 4, 5))
    """
    dimensions = len(getattr(logits, "shape", (0, 0)))  # what is no array is refused where all logits are checked
    if dimensions == 2 and axis in (-1, 1):
        return logits, target, None
    axis = _checked_axis(axis, logits)
    xp = array_namespace(logits)
    shape = tuple(logits.shape)
    layout = Layout((*shape[:axis], *shape[axis + 1 :]), axis)
    rows = 1
    for size in layout.shape:
        rows = rows * size
    return _rows(xp, logits, layout, rows), _target_rows(target, shape, layout, rows), layout


def _rows(xp: Any, array: Array, layout: Layout, rows: int) -> Array:
    classes = array.shape[layout.axis]
    last = array if layout.axis == len(layout.shape) else xp.moveaxis(array, layout.axis, -1)
    return xp.reshape(last, (rows, classes))


def _target_rows(target: Any, shape: tuple[int, ...], layout: Layout, rows: int) -> Any:
    if isinstance(target, SoftTarget):
        target = whole_row(target)
        if target.index.shape[0] != rows:
            raise InputError(f"target has {len(target)} rows, logits of shape {shape} have {rows}: expected one a row")
        return target
    target = checks.as_array(target)
    xp = checks.namespace(target=target)
    found, labels = tuple(target.shape), xp.isdtype(target.dtype, "integral")
    if labels and found == layout.shape:
        return xp.reshape(target, (rows,))
    if not labels and found == shape:
        return _rows(xp, target, layout, rows)
    kind = "labels" if labels else "probabilities"
    hint = "; for votes pass onewarm.votes(counts)" if labels and found == shape else ""
    raise InputError(
        f"target has shape {found}, logits {shape} with {shape[layout.axis]} classes on axis {layout.axis}: "
        f"expected {kind} of shape {layout.shape if labels else shape}{hint}"
    )


def _checked_axis(axis: Any, logits: Array) -> int:
    shape = tuple(logits.shape)
    if not shape:
        raise InputError("logits has shape (): expected (..., K), one row an example")
    try:
        place = operator.index(axis)
    except TypeError:
        raise TypeError(f"axis is {axis!r}: expected an integer") from None
    if not -len(shape) <= place < len(shape):
        raise InputError(f"axis is {place}, outside {-len(shape)}..{len(shape) - 1} for logits of shape {shape}")
    return place % len(shape)
