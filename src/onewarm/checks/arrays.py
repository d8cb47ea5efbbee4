"""Arrays of any library: their namespace, device, default types, and the first entry that is true."""

from __future__ import annotations

import sys
from typing import Any, TypeAlias

import array_api_compat
import array_api_compat.numpy
import numpy as np

Array: TypeAlias = Any  # NumPy, PyTorch, JAX, CuPy ... : whatever array-api-compat knows


def is_tensor(value: Any) -> bool:
    """Whether this is a PyTorch tensor; PyTorch is not imported for that."""
    return "torch" in sys.modules and isinstance(value, sys.modules["torch"].Tensor)


def is_jax(value: Any) -> bool:
    """Whether this is a JAX array or a tracer of one; JAX is not imported for that."""
    return "jax" in sys.modules and isinstance(value, sys.modules["jax"].Array)


def array_namespace(*arrays: Array) -> Any:
    """array-api-compat's namespace of these arrays; for tensors in a way that ``torch.compile`` can trace."""
    kinds = {type(array) for array in arrays}
    if kinds == {np.ndarray}:
        return array_api_compat.numpy
    if all(is_tensor(array) for array in arrays):
        from array_api_compat import torch

        return torch
    return array_api_compat.array_namespace(*arrays)


def place(array: Array) -> Any:
    """Where the array lives, as its library says it: for JAX a device or a sharding."""
    return array.device if is_tensor(array) else array_api_compat.device(array)


def device(array: Array) -> Any:
    """Where to make what is used with the array; None for JAX, which brings such arrays to where they are used.

    Beside an array on several devices one that was put on a single device could not be used.
    """
    return None if is_jax(array) else place(array)


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
    """Whether the values can be read now: false inside ``jax.jit``, ``torch.compile`` and ``vmap``.

    False too for a tensor on a GPU, where reading waits for all that was asked of it before: a step never does.
    """
    return visible(array) and (not is_tensor(array) or array.is_cpu)


def visible(array: Array) -> bool:
    """Whether no tracer hides the values, which it may take a synchronisation to read."""
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
    entry = array[position]
    if hasattr(entry, "item"):
        value: int | float = entry.item()
        return value
    return float(entry) if array_namespace(entry).isdtype(entry.dtype, "real floating") else int(entry)


def hidden(value: Any) -> bool:
    """Whether this is an array whose values a tracer hides."""
    return is_array_api_obj(value) and not concrete(value)


def constant(array: Array) -> Array:
    """The array as a constant to autograd: for a part on whose value the result does not depend."""
    if is_tensor(array):
        return array.detach()
    if is_jax(array):
        return sys.modules["jax"].lax.stop_gradient(array)
    return array
