"""What determines a model of the user's: its part of the key under which runs are stored."""

from __future__ import annotations

import contextlib
import dis
import functools
import hashlib
import importlib.metadata
import sys
import types
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from onewarm.study.models.libraries import in_library


def identity(value: Any) -> Any:
    """JSON values that change with all that determines what `value` does.

    Of a function or class of the user's: its compiled code, and the functions, classes and values of the user's that
    it uses, as far as its names lead, each function and class once. Of one from a package: its name and the package's
    version. Of an estimator: its class and parameters. Of arrays: shape, dtype and a hash. What cannot be identified,
    such as an open file, gets a number that never comes again: its runs are stored, but no other study finds them.
    `run(..., key=...)` names such a model.

    Example:
        >>> identity([1, np.float64(2.5), None])
        [1, 2.5, None]
        >>> identity(functools.reduce)
        '_functools.reduce'
    """
    return _identity(value, {})


def _identity(value: Any, met: dict[int, tuple[int, Any]]) -> Any:
    """`met` has what the value is in, and all functions and classes so far, by id: which one it was, and itself.

    The user's functions and classes use each other in all directions: told anew at each place, they would take forever.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.item() if isinstance(value, np.generic) else value
    if id(value) in met:
        return f"again: {getattr(value, '__qualname__', type(value).__name__)}, {met[id(value)][0]}"
    met[id(value)] = len(met), value
    parts = _parts(value, met)
    if not isinstance(value, (type, types.FunctionType)):
        del met[id(value)]
    return parts


def _parts(value: Any, met: dict[int, tuple[int, Any]]) -> Any:
    if isinstance(value, np.generic):
        return _identity(value.item(), met)
    if isinstance(value, (list, tuple)):
        return [_identity(item, met) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_identity(item, met) for item in value), key=repr)
    if isinstance(value, dict):
        return {str(key): _identity(item, met) for key, item in value.items()}
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, types.ModuleType):
        return _module(value)
    if isinstance(value, functools.partial):
        return [_identity(part, met) for part in (value.func, value.args, value.keywords)]
    if isinstance(value, types.MethodType):
        return [_identity(value.__func__, met), _identity(value.__self__, met)]
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        return _named(value, met)
    if hasattr(value, "get_params") and not isinstance(value, type):
        parameters = value.get_params(deep=False)
        return {"class": _identity(type(value), met), "parameters": _identity(parameters, met)}
    if hasattr(value, "__array__"):
        try:
            array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        except ValueError:  # a lazy module's parameter has no shape yet
            return _unknown(value)
        return [str(array.dtype), list(array.shape), hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()]
    if hasattr(value, "__dict__") and not isinstance(value, Path):
        return {"class": _identity(type(value), met), "values": _identity(vars(value), met)}
    written = repr(value)
    return _unknown(value) if " at 0x" in written else written  # a path, a dtype, a device, a slice


def _named(value: Any, met: dict[int, tuple[int, Any]]) -> Any:
    """A function or class: by its name where a package has it, by its compiled code where it is the user's."""
    module = sys.modules.get(value.__module__ or "builtins")
    if isinstance(value, types.BuiltinFunctionType) or (module is not None and _is_library(module)):
        return f"{value.__module__}.{value.__qualname__}{_version(value.__module__ or 'builtins')}"
    if isinstance(value, types.FunctionType):
        used = _used(value)
        parts = {"code": _code(value.__code__), "uses": {key: _identity(used[key], met) for key in sorted(used)}}
        defaults = (value.__defaults__, value.__kwdefaults__)
        return parts if defaults == (None, None) else parts | {"defaults": _identity(defaults, met)}
    own = {key: _plain(member) for key, member in vars(value).items()}
    own = {key: m for key, m in own.items() if isinstance(m, types.FunctionType) or not key.startswith(_OF_CLASSES)}
    return {
        "class": value.__qualname__,
        "members": {key: _identity(member, met) for key, member in own.items()},
        "bases": [_identity(base, met) for base in value.__bases__],
    }


_OF_CLASSES = ("__", "_abc_impl")  # what Python itself writes into a class


def _used(function: types.FunctionType) -> dict[str, Any]:
    """The global names that a function, or one inside it, reads, and those that it closes over, with their values."""
    codes, names = [function.__code__], set()
    while codes:
        code = codes.pop()
        codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
        names |= {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    used = {name: function.__globals__[name] for name in names if name in function.__globals__}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if name != "__class__":
            with contextlib.suppress(ValueError):  # an empty cell
                used[name] = cell.cell_contents
    return used


def _code(code: types.CodeType) -> str:
    """A hash of compiled code that does not depend on where it stands, its comments or its layout."""
    constants = [_code(c) if isinstance(c, types.CodeType) else _constant(c) for c in code.co_consts]
    parts = (code.co_code.hex(), constants, code.co_names, code.co_varnames, code.co_freevars)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _constant(value: Any) -> str:
    return repr(sorted(value, key=repr)) if isinstance(value, frozenset) else repr(value)


def _plain(member: Any) -> Any:
    """The function of a static or class method or a property."""
    return getattr(member, "__func__", None) or getattr(member, "fget", None) or member


def _module(module: types.ModuleType) -> str:
    if _is_library(module):
        return module.__name__ + _version(module.__name__)
    text = Path(str(module.__file__)).read_bytes()
    return f"{module.__name__} {hashlib.sha256(text).hexdigest()}"


def _is_library(module: types.ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return module.__name__ != "__main__" and (file is None or in_library(file))


def _version(module: str) -> str:
    package = module.partition(".")[0]
    try:
        return f" {importlib.metadata.version({'sklearn': 'scikit-learn'}.get(package, package))}"
    except importlib.metadata.PackageNotFoundError:
        return ""


def _unknown(value: Any) -> str:
    return f"{getattr(value, '__qualname__', type(value).__name__)}, not identified: {uuid.uuid4()}"
