"""Checks of rows: labels in range, probabilities that sum to 1, logits that have a loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from onewarm.checks.arrays import (
    Array,
    as_array,
    device,
    first_true,
    index_dtype,
    is_array_api_obj,
    item,
    namespace,
)
from onewarm.errors import InputError

SUM_TOLERANCE = 1e-3  # float16 softmaxes over 1e5 classes sum to 1 within this


def labels(array: Array, num_classes: int, name: str = "labels", ignore_index: int | None = None) -> Array:
    """Integer labels of shape (N,), each in [0, num_classes) or ``ignore_index``, in the default integer type.

    Raises:
        TypeError: not integers.
        ValueError: not one-dimensional, or a label out of range.
    """
    array = as_array(array)
    xp = namespace(**{name: array})
    if len(array.shape) != 1:
        raise InputError(f"{name} has shape {tuple(array.shape)}: expected (N,), one integer a row")
    if not xp.isdtype(array.dtype, "integral"):
        raise TypeError(f"{name} has dtype {array.dtype}: expected integers (for probabilities use onewarm.soft)")
    wide = xp.astype(array, index_dtype(xp, device(array)), copy=False)
    wrong = (wide < 0) | (wide >= num_classes)
    if ignore_index is not None:
        wrong = wrong & (wide != ignore_index)
    if (bad := first_true(wrong)) is not None:
        value = item(wide, bad)
        hint = "labels start at 0; subtract 1" if value == num_classes else "correct it, raise num_classes"
        ignored = "" if ignore_index is None else f", or mark the row as ignored with {ignore_index}"
        raise InputError(f"{name}[{bad[0]}] is {value}, outside 0..{num_classes - 1}: {hint}{ignored}")
    return wide


def probabilities(array: Array, name: str = "probabilities", *, normalize: bool = False) -> Array:
    """Rows (N, K) that are finite, not negative, and sum to 1 (to 1e-3), or are scaled to it with ``normalize``.

    Raises:
        TypeError: not floating point.
        ValueError: wrong shape, a negative or non-finite entry, a row that does not sum to 1.
    """
    array = as_array(array)
    xp = namespace(**{name: array})
    if len(array.shape) != 2 or array.shape[1] == 0:
        raise InputError(f"{name} has shape {tuple(array.shape)}: expected (N, K), one row an example")
    if not xp.isdtype(array.dtype, "real floating"):
        raise TypeError(f"{name} has dtype {array.dtype}: expected floating point")
    if (bad := first_true(~xp.isfinite(array) | (array < 0))) is not None:
        raise InputError(
            f"{name}[{bad[0]}, {bad[1]}] is {item(array, bad):g}: probabilities are finite and not negative"
            + ("; are these logits? take their softmax" if item(array, bad) < 0 else "")
        )
    total = xp.sum(array, axis=1, dtype=None if xp.isdtype(array.dtype, xp.float64) else xp.float32)
    if normalize:
        if (empty := first_true(total == 0)) is not None:
            raise InputError(f"{name}[{empty[0]}] sums to 0 and cannot be normalised: give the row some mass")
        return array / xp.astype(total, array.dtype)[:, None]
    if (bad := first_true(xp.abs(total - 1) > SUM_TOLERANCE)) is not None:
        value = item(total, bad)
        hint = "divide by 100" if abs(value - 100) < 1 else "pass normalize=True to scale the rows"
        raise InputError(f"{name}[{bad[0]}] sums to {value:g}, not 1 (tolerance {SUM_TOLERANCE:g}): {hint}")
    return array


def bad_logits(row_values: Any, row: int, name: str = "logits") -> InputError:
    """The error for a row of logits that has no loss: a NaN, a +inf, or every entry -inf.

    >>> print(bad_logits([0.0, float("nan")], 3))
    logits[3, 1] is nan: the loss of this row is undefined; look for an overflow or a division by zero before it
    """
    if is_array_api_obj(row_values):
        row_values = row_values.tolist()  # any framework, any device; the values are all that matters here
    values = np.asarray(row_values, dtype=np.float64)
    for wrong, remedy in (
        (np.isnan(values), "look for an overflow or a division by zero before it"),
        (np.isposinf(values), "mask a class with -inf; +inf has no softmax"),
    ):
        if wrong.any():
            k = int(np.argmax(wrong))
            return InputError(f"{name}[{row}, {k}] is {values[k]:g}: the loss of this row is undefined; {remedy}")
    return InputError(
        f"{name}[{row}] is -inf in every class: the loss of this row is undefined; "
        "leave one class unmasked or ignore the row"
    )
