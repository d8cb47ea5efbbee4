"""Targets in files that run no code when they are loaded: NPZ without pickles, and Parquet."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from onewarm import checks
from onewarm.atomic_write import atomic_write
from onewarm.checks import Array
from onewarm.errors import InputError, MissingExtraError
from onewarm.soft_target import npz, parquet
from onewarm.soft_target.parts import PARTS, Parts, checked

VERSION = 1
_LIBRARIES = ("numpy", "torch", "jax")


def save(parts: Parts, num_classes: int, path: str | os.PathLike[str]) -> None:
    """Write the parts of a target to a file of the format that its name ends in."""
    form = _form(path)
    given = {name: part for name, part in parts.items() if part is not None}
    plain = {name: _plain(part) for name, part in given.items()}
    if "table" in plain:
        plain |= _used_rows(plain["table"], plain["table_index"])
    header = {
        "version": VERSION,
        "num_classes": num_classes,
        "library": _library(parts["weight"]),
        "dtypes": {name: _dtype_name(part) for name, part in given.items()},
        "shapes": {name: list(part.shape) for name, part in plain.items()},
    }
    atomic_write(path, form.to_bytes(json.dumps(header), plain))


def load(path: str | os.PathLike[str], library: str | None = None) -> tuple[Parts, int]:
    """The parts and the number of classes of a target that :func:`save` wrote."""
    if library is not None and library not in _LIBRARIES:
        raise InputError(f"library is {library!r}: expected 'numpy', 'torch' or 'jax'")
    form = _form(path)
    content = Path(path).read_bytes()
    try:
        text, arrays = form.from_bytes(content)
        header = json.loads(text)
        _check(header, arrays)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{os.fspath(path)}: not a target that onewarm saved, or damaged: {error}") from None
    wanted = library or header["library"]
    parts: Parts = {name: _in_library(arrays[name], header["dtypes"][name], wanted) for name in arrays}
    return parts, header["num_classes"]


def _check(header: dict[str, Any], arrays: dict[str, Any]) -> None:
    if header["version"] != VERSION:
        raise InputError(f"version {header['version']} of the format, expected {VERSION}: update onewarm")
    if header["library"] not in _LIBRARIES:
        raise InputError(f"arrays of {header['library']!r}")
    if set(arrays) != set(header["shapes"]) or set(arrays) != set(header["dtypes"]) or not set(arrays) <= set(PARTS):
        raise InputError(f"it holds {sorted(arrays)}")
    for name, array in arrays.items():
        stored = "uint16" if header["dtypes"][name] == "bfloat16" else header["dtypes"][name]
        if list(array.shape) != header["shapes"][name] or array.dtype.name != stored:
            raise InputError(f"{name} has shape {array.shape} and dtype {array.dtype}, not as its header says")
    if checked({name: arrays.get(name) for name in PARTS}, header["num_classes"]) != header["num_classes"]:
        raise InputError("num_classes is no integer")
    for name, size in (("index", header["num_classes"]), ("table_index", len(arrays.get("table", ())))):
        rows = arrays.get(name)
        if rows is not None and (bad := checks.first_true((rows < 0) | (rows >= size))) is not None:
            raise InputError(f"{name}{list(bad)} is {rows[bad]}, outside 0..{size - 1}")


def _form(path: str | os.PathLike[str]) -> Any:
    suffix = Path(path).suffix.lower()
    if suffix not in (".npz", ".parquet"):
        raise InputError(f"{os.fspath(path)}: a target is kept as .npz or .parquet: end the name in one of them")
    return npz if suffix == ".npz" else parquet


def _used_rows(table: Any, index: Any) -> dict[str, Any]:
    """The table without the rows that no row of the target takes, and the index into it."""
    used, place = np.unique(index, return_inverse=True)
    if len(used) == len(table):
        return {}
    return {"table": table[used], "table_index": place.reshape(index.shape).astype(index.dtype)}


def _library(array: Array) -> str:
    if checks.is_tensor(array):
        return "torch"
    return "jax" if type(array).__module__.startswith("jax") else "numpy"


def _dtype_name(array: Array) -> str:
    return str(getattr(array.dtype, "name", array.dtype)).removeprefix("torch.")


def _plain(array: Array) -> Any:
    """As a NumPy array in little-endian C order; bfloat16 as the bits."""
    if checks.is_tensor(array):
        array = array.detach().cpu().resolve_neg()
        bits = array.element_size() == 2 and _dtype_name(array) == "bfloat16"
        array = (array.view(importlib.import_module("torch").uint16) if bits else array).numpy()
    array = np.asarray(array)
    if array.dtype.name == "bfloat16":
        array = array.view(np.uint16)
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def _in_library(array: Any, dtype: str, library: str) -> Array:
    if library == "numpy":
        return array.view(_ml_dtypes().bfloat16) if dtype == "bfloat16" else array
    framework = _framework(library)
    if library == "torch":
        tensor = framework.from_numpy(array)
        return tensor.view(framework.bfloat16) if dtype == "bfloat16" else tensor
    return framework.numpy.asarray(array.view(_ml_dtypes().bfloat16) if dtype == "bfloat16" else array)


def _framework(library: str) -> Any:
    try:
        return importlib.import_module(library)
    except ImportError:
        raise MissingExtraError(
            f"the file holds a target of {library}: pip install 'onewarm[{library}]', or load it with library='numpy'"
        ) from None


def _ml_dtypes() -> Any:
    try:
        return importlib.import_module("ml_dtypes")
    except ImportError:
        raise MissingExtraError("bfloat16 in NumPy comes with JAX: pip install 'onewarm[jax]'") from None
