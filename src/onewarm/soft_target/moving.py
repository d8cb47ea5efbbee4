"""Moves the arrays of a target to another device or floating dtype; indices keep their dtype."""

from __future__ import annotations

import sys
from typing import Any

import array_api_compat
import numpy as np

from onewarm import checks
from onewarm.checks import Array, array_namespace
from onewarm.soft_target.parts import Parts
from onewarm.soft_target.row_arrays import each_row


def to(parts: Parts, *args: Any, **options: Any) -> Parts:
    """The parts on a device, or with a floating dtype; arguments as of ``torch.Tensor.to``."""
    device, dtype, rest = _arguments(*args, **options)
    like = parts["weight"]
    if dtype is not None and not array_namespace(like).isdtype(dtype, "real floating"):
        raise TypeError(f"dtype is {dtype}: expected a floating one, which weights have; indices keep theirs")
    if checks.is_tensor(like):
        return _each(parts, lambda part, kind: part.to(device=device, dtype=kind, **rest), dtype)
    if isinstance(like, np.ndarray) and device is not None and not str(device).startswith("cpu"):
        raise TypeError(
            f"device is {str(device)!r}, but this target holds NumPy arrays, which stay on the CPU: "
            "make it of tensors, or let default_collate"
        )
    return _each(parts, lambda part, kind: _moved(part, device, kind), dtype)


def to_cpu(parts: Parts) -> Parts:
    """The parts in the CPU's memory."""
    if isinstance(parts["weight"], np.ndarray):
        return parts
    return to(parts, "cpu")


def pinned(parts: Parts) -> Parts:
    """The parts in page-locked memory; what is no tensor stays."""
    if not checks.is_tensor(parts["weight"]):
        return parts
    return _each(parts, lambda part, kind: part.pin_memory(), None)


def as_numpy(array: Array) -> Array:
    """The array in NumPy; bfloat16, which NumPy lacks, as float32."""
    if checks.is_tensor(array):
        array = array.float() if array.dtype == sys.modules["torch"].bfloat16 else array
        return array.numpy()
    return np.asarray(array)


def _each(parts: Parts, move: Any, dtype: Any) -> Parts:
    """Each part moved; the dtype is that of weights and table."""
    moved = {}
    for name, part in parts.items():
        kind = None if name.endswith("index") else dtype
        moved[name] = None if part is None else each_row(part, lambda rows, kind=kind: move(rows, kind))  # type: ignore[misc]
    return moved


def _arguments(*args: Any, device: Any = None, dtype: Any = None, **rest: Any) -> tuple[Any, Any, dict[str, Any]]:
    """Device, dtype and the other options that positional arguments of ``to`` name."""
    if unknown := set(rest) - {"non_blocking", "copy"}:
        raise TypeError(f"to() has no option {sorted(unknown)[0]!r}: expected device, dtype, non_blocking or copy")
    if len(args) > 4:
        raise TypeError(f"to() takes a device, a dtype, non_blocking and copy: {len(args)} arguments given")
    flags = [arg for arg in args if isinstance(arg, bool)]
    rest |= dict(zip(("non_blocking", "copy"), flags, strict=False))
    for arg in args:
        if isinstance(arg, bool) or arg is None:
            continue
        if _is_dtype(arg):
            dtype = arg
        elif hasattr(arg, "dtype"):  # an array or a target
            device, dtype = checks.place(arg) if checks.is_array_api_obj(arg) else arg.device, arg.dtype
        else:
            device = arg
    return device, dtype, rest


def _is_dtype(value: Any) -> bool:
    torch = sys.modules.get("torch")
    if isinstance(value, (type, np.dtype)) or (torch is not None and isinstance(value, torch.dtype)):
        return True
    return hasattr(value, "dtype") and not hasattr(value, "shape")  # jnp.float32


def _moved(part: Array, device: Any, dtype: Any) -> Array:
    if dtype is not None:
        part = array_namespace(part).astype(part, dtype, copy=False)
    if device is None or isinstance(part, np.ndarray):
        return part
    if isinstance(device, str) and type(part).__module__.startswith("jax"):
        device = sys.modules["jax"].devices(device)[0]
    return array_api_compat.to_device(part, device)
