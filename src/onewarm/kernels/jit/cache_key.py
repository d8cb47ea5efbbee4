"""The name under which compiled code is kept: a digest of everything that decides the code.

Sources, the function and what it closes over, its signature, the processor, the versions of what compiles, and its
settings. So code that was compiled from other sources, for another processor or by another Numba is never found.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numba
import numpy as np

# Settings of Numba that change the code it makes.
_SETTINGS = (
    *("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "CPU_NAME", "CPU_FEATURES", "ENABLE_AVX", "BOUNDSCHECK"),
    *("DEBUGINFO_DEFAULT", "LLVM_REFPRUNE_PASS", "LLVM_REFPRUNE_FLAGS", "USING_SVML"),
)
_KERNELS = Path(__file__).parents[1]


def cache_key(signature: Any, function: Any) -> str:
    """A hexadecimal digest of what decides the machine code of ``function``, compiled for ``signature``.

    Its own file counts as a whole with all Python files beside it, and so do the kernels: helpers come from there.
    """
    digest = hashlib.sha256()
    parts = [machine(), str(signature)]
    parts += [sources(folder) for folder in (_KERNELS / "jit", _KERNELS / "cpu", _folder_of(function))]
    parts += _function(function, set())
    for part in parts:
        digest.update(part.encode("utf-8", "backslashreplace") + b"\0")
    return digest.hexdigest()


@cache
def machine() -> str:
    """Processor, versions and settings, as one line."""
    settings = [f"{name}={getattr(numba.config, name, None)}" for name in _SETTINGS]
    processor = [llvm.get_process_triple(), llvm.get_host_cpu_name(), str(_features())]
    versions = [sys.version, platform.python_implementation(), numba.__version__, llvmlite.__version__, np.__version__]
    return "|".join([*processor, *versions, *settings])


def _features() -> list[tuple[str, bool]]:
    try:
        return sorted(llvm.get_host_cpu_features().items())
    except RuntimeError:  # LLVM does not know them on this platform
        return []


@cache
def sources(folder: Path | None) -> str:
    """A digest of the Python files in a folder; of none where they cannot be read."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")) if folder is not None else ():
        try:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        except OSError:
            continue
    return digest.hexdigest()


def _folder_of(function: Any) -> Path | None:
    path = Path(function.__code__.co_filename)
    return path.parent if path.is_file() else None


def _function(function: Any, seen: set[int]) -> Iterator[str]:
    """A function's name, code, and what it closes over, functions there likewise."""
    seen.add(id(function))
    yield f"{function.__module__}.{function.__qualname__}"
    yield from _code(function.__code__)
    for cell in function.__closure__ or ():
        value = cell.cell_contents
        inner = getattr(value, "py_func", value)  # behind a compiled helper
        if not hasattr(inner, "__code__"):
            yield _described(value)
        elif id(inner) not in seen:
            yield from _function(inner, seen)


def _code(code: CodeType) -> Iterator[str]:
    """What a function does, without the place of its file: for code whose file cannot be read."""
    yield code.co_code.hex()
    yield str((code.co_names, code.co_varnames, code.co_freevars))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield repr(constant)


def _described(value: Any) -> str:
    """A value that a function closes over: numbers and types as they are, anything else by its name."""
    if value is None or isinstance(value, (bool, int, float, str, bytes, np.dtype, np.generic)):
        return repr(value)
    if isinstance(value, (tuple, list)):
        return "(" + ",".join(map(_described, value)) + ")"
    return str(getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or type(value).__qualname__)
