"""Converts and checks values for a page: arrays of any framework become lists, unsupported values are errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.errors import InputError

__all__ = ["LARGEST", "MOST", "array", "between", "integer", "names", "one_of", "row", "to_json"]

MOST = 64  # numbers in a row, and
LARGEST = 1e6  # their absolute value, that demos/fields.js can draw


def array(name: str, value: Any) -> NDArray[np.float64]:
    """The numbers as float64, from NumPy, PyTorch (any device, with or without gradient), JAX or lists.

    Raises:
        TypeError: the values are not numbers.
        ValueError: the rows have different lengths.
    """
    if checks.is_tensor(value):
        value = value.detach().cpu().double().numpy()
    try:
        numbers = np.asarray(value)
    except ValueError:
        raise InputError(f"{name} has rows of unequal length: pass a rectangle of numbers") from None
    if numbers.dtype.kind not in "fiu" and not numbers.dtype.name.startswith(("bfloat", "float")):
        raise TypeError(f"{name} holds {numbers.dtype.name}, not numbers: pass an array or a list of numbers")
    return numbers.astype(np.float64)


def row(name: str, value: Any, width: int | None = None) -> list[float]:
    """One row of K finite numbers, from shape (K,) or (1, K); K is 2 to 64, absolute values are at most 1e6.

    Raises:
        TypeError: not numbers.
        ValueError: another shape or width; NaN or infinite numbers; too few, too many or too large ones.

    Example:
        >>> row("logits", [3, 1, -0.5])
        [3.0, 1.0, -0.5]
    """
    numbers = array(name, value)
    if numbers.ndim == 2 and len(numbers) == 1:
        numbers = numbers[0]
    if numbers.ndim != 1:
        remedy = f"pass one row, {name}[0]" if numbers.ndim == 2 else "pass a row of K numbers"
        raise InputError(f"{name} has shape {numbers.shape}: {remedy}")
    if width is not None and len(numbers) != width:
        raise InputError(f"{name} has {len(numbers)} classes, logits have {width}: expected the same")
    if not 2 <= len(numbers) <= MOST:
        raise InputError(f"{name} has {len(numbers)} classes: pass from 2 to {MOST}, for instance the largest ones")
    bad = ~np.isfinite(numbers)
    if bad.any():
        k = int(bad.argmax())
        remedy = "leave a masked class out" if numbers[k] == -np.inf else "pass finite numbers"
        raise InputError(f"{name}[{k}] is {numbers[k]}: {remedy}")
    if np.abs(numbers).max() > LARGEST:
        k = int(np.abs(numbers).argmax())
        raise InputError(f"{name}[{k}] is {numbers[k]:g}: a demo shows numbers up to {LARGEST:g}")
    return [float(number) for number in numbers]


def between(name: str, value: Any, lowest: float, highest: float) -> Any:
    """The number; raises TypeError if it is none, ValueError if it is outside [lowest, highest]."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} is {value!r}: this demo takes a number there")
    if not lowest <= value <= highest:
        raise InputError(f"{name} is {value}: pass a number from {lowest:g} to {highest:g}")
    return value


def integer(name: str, value: float, lowest: int, highest: int, what: str = "whole number") -> int:
    """The number; raises ValueError if it is not an integer from lowest to highest."""
    if not isinstance(value, int) or not lowest <= value <= highest:
        raise InputError(f"{name} is {value}: pass a {what} from {lowest} to {highest}")
    return value


def one_of(name: str, value: str, options: Sequence[str]) -> str:
    """The text; raises ValueError if it is not one of the options."""
    if value not in options:
        raise InputError(f"{name} is {value!r}: choose one of {', '.join(options)}")
    return value


def names(name: str, value: Sequence[Any] | None, K: int | None, row: str) -> Any:
    """K names, one for each number of the row called `row`, or None; raises TypeError or ValueError otherwise."""
    if value is None:
        return None
    if not all(isinstance(item, str) for item in value):
        raise TypeError(f"{name} has items that are not text: pass K names")
    if K is not None and len(value) != K:
        has = "have" if row.endswith("s") else "has"
        raise InputError(f"{name} has {len(value)} names, {row} {has} {K}: expected the same")
    return value


def to_json(name: str, value: Any) -> Any:
    """The value in JSON's types: arrays become lists, mappings and lists are converted item by item.

    Raises:
        TypeError: a value of a type that JSON does not have.
        ValueError: a number that is not finite.

    >>> to_json("state", {"logits": np.array([1.0, 2.0]), "pick": None})
    {'logits': [1.0, 2.0], 'pick': None}
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise InputError(f"{name} is {value}: pass finite numbers")
        return value
    if isinstance(value, Mapping):
        return {str(key): to_json(f"{name}[{key!r}]", item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(f"{name}[{i}]", item) for i, item in enumerate(value)]
    if isinstance(value, np.generic) or checks.is_array_api_obj(value):
        if not isinstance(value, np.generic):
            value = value.detach().cpu() if checks.is_tensor(value) else np.asarray(value)
        return to_json(name, value.tolist())
    raise TypeError(f"{name} is a {type(value).__name__}: a page takes numbers, text, lists, mappings and arrays")
