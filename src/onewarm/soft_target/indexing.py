"""What indexes the rows of a target: an integer, a slice, or an array of integers or booleans of any library."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from onewarm import checks
from onewarm.checks import Array, array_namespace, device


def row_index(key: Any, length: int, like: Array) -> Any:
    """``key`` as a slice, or as a one-dimensional array of integers or booleans of the library and device of ``like``.

    One integer becomes a slice of one row. A tuple may name all classes after the rows, ``T[rows, ...]`` or
    ``T[rows, :]``, as arrays of two dimensions are indexed. Values on a GPU are not read.

    Raises:
        IndexError: a row past either end, a mask of another length, more than rows, or what is no index at all.

    >>> row_index(np.int64(-1), 4, np.zeros(4))
    slice(3, 4, None)
    >>> row_index([True, False], 2, np.zeros(2))
    array([ True, False])
    """
    if isinstance(key, tuple):
        key = _of_tuple(key)
    if key is Ellipsis:
        key = slice(None)
    if isinstance(key, slice):
        return _of_slice(key, length, like)
    if checks.hidden(key) and tuple(key.shape) == ():  # an integer inside jax.jit, scan or torch.compile
        return array_namespace(key).reshape(key, (1,))
    if (row := _integer(key)) is not None:
        if not -length <= row < length:
            raise IndexError(f"row {row} of a target of {length} rows")
        row += length if row < 0 else 0
        return slice(row, row + 1)
    return _of_array(key, length, like)


def _of_tuple(key: tuple[Any, ...]) -> Any:
    """The rows of an index that names rows and all classes."""
    rest = key[1:]
    whole = all(part is Ellipsis or (isinstance(part, slice) and part == slice(None)) for part in rest)
    if not key or not whole or len(rest) > 2:
        raise IndexError("a target is indexed by rows, T[rows] or T[rows, ...]: for some classes take T.dense()")
    return key[0]


def _of_slice(key: slice, length: int, like: Array) -> Any:
    if key.step is None or not checks.is_tensor(like) or operator.index(key.step) > 0:
        return key
    rows = range(length)[key]  # PyTorch has no negative steps
    return _like(np.asarray(rows, dtype=np.int64), like)


def _integer(key: Any) -> int | None:
    """The integer that this is, or None; True and False are none."""
    if isinstance(key, (bool, np.bool_)) or len(getattr(key, "shape", ())) > 0:
        return None
    try:
        return operator.index(key)
    except TypeError:
        return None


def _of_array(key: Any, length: int, like: Array) -> Array:
    if key is None or isinstance(key, (str, bytes)) or not (hasattr(key, "__len__") or hasattr(key, "shape")):
        raise IndexError(f"{key!r} indexes no rows: expected an integer, a slice, or an array of integers or booleans")
    if not checks.is_array_api_obj(key):
        key = np.asarray(key) if len(key) else np.zeros(0, np.int64)
    if len(key.shape) != 1:
        raise IndexError(f"an index of shape {tuple(key.shape)}: expected one dimension, (n,)")
    xp = array_namespace(key)
    if not xp.isdtype(key.dtype, ("bool", "integral")):
        raise IndexError(f"an index of dtype {key.dtype}: expected integers or booleans")
    mask = xp.isdtype(key.dtype, "bool")
    if mask and key.shape[0] != length:
        raise IndexError(f"a mask of {key.shape[0]} rows for a target of {length}: expected one for each")
    if not mask:  # unsigned integers have no negative ones to compare with, and PyTorch takes uint8 for a mask
        key = xp.astype(key, checks.index_dtype(xp, device(key)), copy=False)
    if not mask and _on_cpu(key) and (bad := checks.first_true((key >= length) | (key < -length))) is not None:
        raise IndexError(f"row {checks.item(key, bad)} of a target of {length} rows")
    if type(key) is not type(like):
        key = key if checks.hidden(key) else _like(np.array(np.asarray(key)), like)
    if checks.is_tensor(key):
        return key.to(device(like))
    return key


def _like(array: Array, like: Array) -> Array:
    return array_namespace(like).asarray(array, device=device(like))


def _on_cpu(array: Array) -> bool:
    return not checks.is_tensor(array) or array.is_cpu
