"""Checks of rows: labels in range, probabilities that sum to 1, logits that have a loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from onewarm.checks.arrays import (
    Array,
    as_array,
    device,
    first_true,
    float_dtype,
    index_dtype,
    is_array_api_obj,
    is_tensor,
    item,
    namespace,
)
from onewarm.errors import InputError

SUM_TOLERANCE = 1e-3  # of rows in float32 or float64
_HALF = {"bfloat16": (8, 2.0**-7, 0.0), "float16": (11, 2.0**-10, 2.0**-24)}  # bits, spacing at 1, smallest number


def labels(
    array: Array,
    num_classes: int,
    name: str = "labels",
    ignore_index: int | None = None,
    *,
    any_shape: bool = False,
) -> Array:
    """Integer labels of shape (N,), each in [0, num_classes) or ``ignore_index``, in the default integer type.

    With ``any_shape`` labels (...), which come back as (N,) in C order.

    Raises:
        TypeError: not integers.
        ValueError: not one-dimensional, or a label out of range.
    """
    array = as_array(array)
    xp = namespace(**{name: array})
    if len(array.shape) != 1 and not any_shape:
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
        raise InputError(f"{at(name, bad)} is {value}, outside 0..{num_classes - 1}: {hint}{ignored}")
    return wide if len(wide.shape) == 1 else xp.reshape(wide, (-1,))


def probabilities(
    array: Array,
    name: str = "probabilities",
    *,
    normalize: bool = False,
    remedy: str = "pass normalize=True to scale the rows",
    tolerance: float | None = None,
    any_shape: bool = False,
) -> Array:
    """Rows (N, K) that are finite, not negative, and sum to 1, or are scaled to it with ``normalize``.

    Args:
        array: the rows; with ``any_shape`` of any leading shape.
        name: of the argument.
        normalize: scale the rows; they may be counts, too.
        remedy: what to do about a row that does not sum to 1, if not ``normalize``.
        tolerance: of a sum; by default that of :func:`sum_tolerance` for the dtype in which the row was rounded.
        any_shape: see ``array``.

    Raises:
        TypeError: not floating point.
        ValueError: wrong shape, a negative or non-finite entry, a row that does not sum to 1.
    """
    array = as_array(array)
    xp = namespace(**{name: array})
    dimensions = len(array.shape)
    if dimensions == 0 or (dimensions != 2 and not any_shape) or array.shape[-1] == 0:
        expected = "(..., K)" if any_shape else "(N, K)"
        raise InputError(f"{name} has shape {tuple(array.shape)}: expected {expected}, one row an example")
    if normalize and xp.isdtype(array.dtype, "integral"):
        array = xp.astype(array, float_dtype(xp, device(array)))
    if not xp.isdtype(array.dtype, "real floating"):
        raise TypeError(f"{name} has dtype {array.dtype}: expected floating point")
    if (bad := first_true(~xp.isfinite(array) | (array < 0))) is not None:
        raise InputError(
            f"{at(name, bad)} is {item(array, bad):g}: probabilities are finite and not negative"
            + ("; are these logits? take their softmax" if item(array, bad) < 0 else "")
        )
    total = xp.sum(array, axis=-1, dtype=None if xp.isdtype(array.dtype, xp.float64) else xp.float32)
    if normalize:
        if (empty := first_true(total == 0)) is not None:
            raise InputError(f"{at(name, empty)} sums to 0 and cannot be normalised: give the row some mass")
        return xp.astype(xp.astype(array, total.dtype, copy=False) / total[..., None], array.dtype, copy=False)
    limit = tolerance or sum_tolerance(array.dtype, array.shape[-1])
    off = xp.abs(total - 1) > limit
    if (bad := first_true(off)) is not None and tolerance is None:
        bad = _first_not_rounded(xp, array, total, off)
    if bad is not None:
        value = item(total, bad)
        hint = "divide by 100" if abs(value - 100) < 1 else remedy
        raise InputError(f"{at(name, bad)} sums to {value:g}, not 1 (tolerance {limit:.3g}): {hint}")
    return array


def sum_tolerance(dtype: Any, num_classes: int) -> float:
    """How far from 1 a row of probabilities may sum: 1e-3, or more in half precision.

    Each probability is rounded, and in the worst case all in one direction: by half the spacing of numbers relative to
    it, about three times where the softmax was computed in half precision too, and in float16, which has no smaller
    numbers, by up to 2^-25 for each class.

    >>> import numpy as np
    >>> sum_tolerance(np.dtype("float32"), 1000), round(sum_tolerance(np.dtype("float16"), 100_000), 4)
    (0.001, 0.0079)
    """
    name = str(getattr(dtype, "name", dtype)).removeprefix("torch.")
    if name not in _HALF:
        return SUM_TOLERANCE
    _, spacing, smallest = _HALF[name]
    return max(SUM_TOLERANCE, 2 * spacing + num_classes * smallest)


def at(name: str, position: tuple[int, ...]) -> str:
    """An entry as the user writes it.

    >>> at("labels", (2, 0)), at("alpha", ())
    ('labels[2, 0]', 'alpha')
    """
    return f"{name}[{', '.join(map(str, position))}]" if position else name


def _first_not_rounded(xp: Any, array: Array, total: Array, off: Array) -> tuple[int, ...] | None:
    """The first row whose sum is off although all of its numbers were rounded to half precision, as float() keeps them.

    A float32 row that was not rounded so has no more than one number in 65,536 that looks as if.
    """
    classes = array.shape[-1]
    rows, sums = xp.reshape(array, (-1, classes)), xp.reshape(total, (-1,))
    flat = xp.reshape(off, (-1,))
    where = np.flatnonzero(np.asarray(flat.cpu() if is_tensor(flat) else flat))
    step = max(1, 2**20 // classes)  # bounded memory
    for start in range(0, len(where), step):
        some = xp.asarray(where[start : start + step], device=device(array))
        part, error = xp.take(rows, some, axis=0), xp.abs(xp.take(sums, some, axis=0) - 1)
        part = xp.where((error <= 1)[:, None], part, 0.0)  # larger numbers may not fit into float32
        excused = error < 0
        for dtype in _HALF:
            excused = excused | (_rounded(xp, part, dtype) & (error <= sum_tolerance(dtype, classes)))
        if (bad := first_true(~excused)) is not None:
            return tuple(int(i) for i in np.unravel_index(int(where[start + bad[0]]), tuple(total.shape)))
    return None


def _rounded(xp: Any, rows: Array, dtype: str) -> Array:
    """Which rows hold numbers of this dtype only. A number of few bits is its own leading part (Dekker, 1971)."""
    bits, _, smallest = _HALF[dtype]
    x = xp.astype(rows, xp.float32)
    product = x * (2.0 ** (24 - bits) + 1)
    fits = (product - (product - x)) == x
    if smallest:
        steps = x / smallest
        fits = xp.where(x < smallest * 2 ** (bits - 1), xp.floor(steps) == steps, fits)
    return xp.all(fits & (xp.astype(x, rows.dtype) == rows), axis=-1)


def bad_logits(row_values: Any, row: int, name: str = "logits") -> InputError:
    """The error for a row of logits that has no loss: a NaN, a +inf, or every entry -inf.

    >>> print(bad_logits([0.0, float("nan")], 3))
    logits[3, 1] is nan: the loss of this row is undefined; look for an overflow or a division by zero before it
    """
    if is_array_api_obj(row_values):
        # Any framework, any device; the values are all that matters here.
        row_values = row_values.tolist() if hasattr(row_values, "tolist") else np.asarray(row_values).tolist()
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
