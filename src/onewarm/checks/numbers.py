"""Checks of numbers: one, or one a row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from onewarm.checks.arrays import (
    Array,
    array_namespace,
    as_array,
    concrete,
    device,
    first_true,
    float_dtype,
    hidden,
    is_array_api_obj,
    is_tensor,
    item,
    namespace,
    visible,
)
from onewarm.errors import InputError


def number(value: Any) -> float | int | None:
    """A number as a Python number, or None if it is not a number or is hidden by a tracer.

    Python's and NumPy's numbers are numbers, and so are arrays of shape () of any library.

    >>> number(np.float32(0.5)), number(np.array(3)), number(np.array([3])), number("3")
    (0.5, 3, None, None)
    """
    if isinstance(value, (int, float)) and not isinstance(value, np.generic):  # np.float64 is a float too
        return value
    if not is_array_api_obj(value) or tuple(value.shape) != () or not visible(value):
        return None
    converted = value.item()
    return converted if isinstance(converted, (int, float)) else None


def undifferentiated(value: Any, plain: Any) -> Any:
    """The ``plain`` number that ``value`` holds, or ``value`` itself if autograd differentiates it."""
    return value if is_tensor(value) and value.requires_grad else plain


def count(value: Any, name: str, least: int = 1) -> int:
    """An integer of at least ``least``, in any form that :func:`number` takes, as Python's.

    Raises:
        ValueError: no integer, or one below ``least``.

    >>> count(np.int64(3), "num_classes")
    3
    """
    plain = value if isinstance(value, int) else number(value)
    if not isinstance(plain, int) or plain < least:
        raise InputError(f"{name} is {value!r}: expected an integer of at least {least}")
    return plain


def share(value: Any, name: str) -> Any:
    """A number in [0, 1] as a float, or a ValueError; a tensor that is hidden or requires a gradient stays."""
    if hidden(value):
        return value
    plain = number(value)
    if plain is None or not 0 <= plain <= 1:
        raise InputError(f"{name} is {value!r}: expected a number in [0, 1]")
    return undifferentiated(value, float(plain))


def positive(value: Any, name: str) -> float:
    """A finite number above 0, as a float; a ValueError for anything else."""
    plain = number(value)
    if plain is None or not 0 < plain < math.inf:
        raise InputError(f"{name} is {value!r}: expected a finite number above 0")
    return float(plain)


def per_row(value: Any, rows: int, name: str, like: Array) -> Array:
    """A finite number, or one per row, as an array of shape (1,) or (N,) of the kind and float dtype of ``like``.

    Raises:
        TypeError: no number at all.
        ValueError: neither a number nor of shape (N,), or an entry that is not finite.
    """
    xp = array_namespace(like)
    if value is None or isinstance(value, str):
        raise TypeError(f"{name} is {value!r}: expected a number, or an array of one a row")
    dtype = like.dtype if xp.isdtype(like.dtype, "real floating") else float_dtype(xp, device(like))
    if type(value) not in (int, float) and _from_elsewhere(value, like) and (plain := number(value)) is not None:
        value = plain
    if type(value) in (int, float) and concrete(like):  # checked here, without an operation of the framework for each
        if not math.isfinite(value):
            raise InputError(f"{name} is {value:g}: expected a finite number")
        return xp.full((1,), float(value), dtype=dtype, device=device(like))
    array = as_array(value, like)
    namespace(**{name: array, "the target": like})
    array = xp.astype(array, dtype)
    if len(array.shape) == 0:
        array = xp.reshape(array, (1,))
    elif tuple(array.shape) not in ((1,), (rows,)):
        raise InputError(f"{name} has shape {tuple(array.shape)}: expected a number or shape ({rows},), one a row")
    if (bad := first_true(~xp.isfinite(array))) is not None:
        where = f"{name}[{bad[0]}]" if array.shape[0] > 1 else name
        raise InputError(f"{where} is {item(array, bad):g}: expected a finite number")
    return array


def _from_elsewhere(value: Any, like: Array) -> bool:
    """Whether an array belongs to another library, or lies on another device, than ``like``."""
    if not is_array_api_obj(value):
        return False
    if array_namespace(value) is not array_namespace(like):
        return True
    return is_tensor(value) and value.device != like.device and not value.requires_grad


def alpha(value: Any, rows: int, like: Array, name: str = "alpha") -> Array:
    """A smoothing strength, a number or one per row: finite and at most 1; negative values sharpen.

    Raises:
        ValueError: above 1, not finite, or of the wrong shape.
    """
    array = per_row(value, rows, name, like)
    if type(value) in (int, float) and value <= 1:
        return array
    if (bad := first_true(array > 1)) is not None:
        where = f"{name}[{bad[0]}]" if array.shape[0] > 1 else name
        raise InputError(
            f"{where} is {item(array, bad):g}: smoothing moves at most all of the mass, so alpha is at most 1"
        )
    return array
