"""Checks of arguments: arrays of one library, labels in range, probabilities, numbers.

Each error names the argument, the first offending row, its value and a remedy. Values that a tracer hides
(``jax.jit``, ``torch.compile``, ``vmap``) cannot be read and are not checked.
"""

from __future__ import annotations

import math
import sys
from typing import Any, TypeAlias

import array_api_compat
import array_api_compat.numpy
import numpy as np

from onewarm.errors import InputError

Array: TypeAlias = Any  # NumPy, PyTorch, JAX, CuPy ... : whatever array-api-compat knows

SUM_TOLERANCE = 1e-3  # float16 softmaxes over 1e5 classes sum to 1 within this


def is_tensor(value: Any) -> bool:
    """Whether this is a PyTorch tensor; PyTorch is not imported for that."""
    return "torch" in sys.modules and isinstance(value, sys.modules["torch"].Tensor)


def array_namespace(*arrays: Array) -> Any:
    """array-api-compat's namespace of these arrays; for tensors in a way that ``torch.compile`` can trace."""
    kinds = {type(array) for array in arrays}
    if kinds == {np.ndarray}:
        return array_api_compat.numpy
    if all(is_tensor(array) for array in arrays):
        from array_api_compat import torch

        return torch
    return array_api_compat.array_namespace(*arrays)


def device(array: Array) -> Any:
    """Where the array lives."""
    return array.device if is_tensor(array) else array_api_compat.device(array)


def is_array_api_obj(value: Any) -> bool:
    """Whether array-api-compat knows this kind of array."""
    return is_tensor(value) or bool(array_api_compat.is_array_api_obj(value))


def as_array(value: Any, like: Any = None) -> Array:
    """``value`` if it is an array, else an array of the library and device of ``like``, by default of NumPy."""
    if type(value) is np.ndarray:
        return value
    if is_tensor(value) and value.layout is not sys.modules["torch"].strided:
        raise TypeError(f"{value.layout} tensor of shape {tuple(value.shape)}: expected a dense one; call .to_dense()")
    if isinstance(value, float) and is_tensor(like):  # torch.compile can trace this, but not what follows
        torch = sys.modules["torch"]
        return torch.full((), value, dtype=torch.float64, device=like.device)
    if is_array_api_obj(value):
        return value
    if like is None or not is_array_api_obj(like):
        return np.asarray(value)
    return array_namespace(like).asarray(np.asarray(value), device=device(like))  # through NumPy 0.1 stays float64


def namespace(**arrays: Any) -> Any:
    """The array namespace that the named arrays share; Python numbers and ``None`` go with any.

    Raises:
        TypeError: arrays of different libraries, or something that is no array.
    """
    types = {type(a) for a in arrays.values()} - {type(None)}
    if types == {np.ndarray}:  # fast paths for the usual cases
        return array_api_compat.numpy
    if "torch" in sys.modules and types == {sys.modules["torch"].Tensor}:
        return array_namespace(*(a for a in arrays.values() if a is not None))
    named = {name: a for name, a in arrays.items() if a is not None and not isinstance(a, (bool, int, float))}
    for name, array in named.items():
        if not is_array_api_obj(array):
            raise TypeError(f"{name} is a {type(array).__name__}, not an array: pass a NumPy, PyTorch or JAX array")
    kinds = {name: array_namespace(array) for name, array in named.items()}
    first_name, first = next(iter(kinds.items()))
    for name, kind in kinds.items():
        if kind is not first:
            raise TypeError(
                f"{name} is a {type(named[name]).__module__.split('.')[0]} array but {first_name} is a "
                f"{type(named[first_name]).__module__.split('.')[0]} array: convert one of them"
            )
    return first


def concrete(array: Array) -> bool:
    """Whether the values can be read now: false inside ``jax.jit``, ``torch.compile`` and ``vmap``."""
    module = type(array).__module__
    if module.startswith("jax"):
        return not isinstance(array, sys.modules["jax"].core.Tracer)
    if module.startswith("torch"):
        torch = sys.modules["torch"]
        if torch.compiler.is_compiling() or type(array).__name__ == "FakeTensor" or array.is_meta:
            return False
        functorch = getattr(torch._C, "_functorch", None)
        if functorch is None:  # private: in a PyTorch without it, what has no memory of its own is not read
            return _has_memory(array)
        while functorch.is_functorch_wrapped_tensor(array):  # grad over vmap, vmap over grad: look at every level
            if functorch.is_batchedtensor(array):
                return False
            array = functorch.get_unwrapped(array)
    return True


def _has_memory(tensor: Any) -> bool:
    try:
        tensor.data_ptr()
    except RuntimeError:
        return False
    return True


def float_dtype(xp: Any, where: Any = None) -> Any:
    """float64 where the library has it on that device, else its default real dtype."""
    if xp is array_api_compat.numpy:
        return xp.float64
    kinds = xp.__array_namespace_info__()
    dtypes = kinds.dtypes(device=where, kind="real floating")
    return dtypes["float64"] if "float64" in dtypes else kinds.default_dtypes(device=where)["real floating"]


def index_dtype(xp: Any, where: Any = None) -> Any:
    """The library's default integer: int64, or int32 in JAX without ``jax_enable_x64``."""
    if xp is array_api_compat.numpy:
        return xp.int64
    return xp.__array_namespace_info__().default_dtypes(device=where)["integral"]


def first_true(mask: Array) -> tuple[int, ...] | None:
    """Index of the first true entry in row order, or None (also when the values cannot be read).

    >>> first_true(np.array([[False, False], [True, True]]))
    (1, 0)
    """
    if not concrete(mask):
        return None
    xp = array_namespace(mask)
    if 0 in mask.shape or not bool(xp.any(mask)):
        return None
    flat = int(xp.argmax(xp.astype(xp.reshape(mask, (-1,)), xp.int8)))
    return tuple(int(i) for i in np.unravel_index(flat, tuple(mask.shape)))


def item(array: Array, position: tuple[int, ...]) -> int | float:
    """One entry as a Python number."""
    value: int | float = array[position].item()
    return value


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


def hidden(value: Any) -> bool:
    """Whether this is an array whose values a tracer hides."""
    return is_array_api_obj(value) and not concrete(value)


def number(value: Any) -> float | int | None:
    """A number as a Python number, or None if it is not a number or is hidden by a tracer.

    Python's and NumPy's numbers are numbers, and so are arrays of shape () of any library.

    >>> number(np.float32(0.5)), number(np.array(3)), number(np.array([3])), number("3")
    (0.5, 3, None, None)
    """
    if isinstance(value, (int, float)) and not isinstance(value, np.generic):  # np.float64 is a float too
        return value
    if not is_array_api_obj(value) or tuple(value.shape) != () or not concrete(value):
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
    plain = number(value)
    if plain is None and hidden(value):
        return value
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
