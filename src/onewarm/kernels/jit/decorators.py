"""How helpers are compiled: options of Numba's ``njit``, and one function chosen by the type of an argument."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any, TypeVar

from numba import njit
from numba.extending import overload

F = TypeVar("F", bound=Callable[..., Any])

_njit: Any = njit  # Numba's decorators change what they decorate in ways that its type hints do not express.

# Sums may be taken in any order and products fused; NaN and infinities keep their meaning, since -inf masks a class.
LOOP = frozenset({"nsz", "arcp", "contract", "afn", "reassoc"})
SCALAR = frozenset({"contract"})
# Helpers are called by compiled code alone: a Python entry to each would double the time that compiling takes.
_HELPER: dict[str, Any] = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def loop(function: F) -> F:
    """A helper that runs over arrays: its sums may be reordered, so that the compiler can use vector instructions.

    Not for sums whose last digit must not depend on where the arrays lie: the compiler keeps a vector loop and a plain
    one, and chooses by the distance between two arrays. Those are :func:`ordered`.
    """
    compiled: F = _njit(fastmath=set(LOOP), **_HELPER)(function)
    return compiled


def ordered(function: F) -> F:
    """A helper that runs over arrays and adds in the order written: the same digits wherever the arrays lie."""
    compiled: F = _njit(fastmath=set(SCALAR), **_HELPER)(function)
    return compiled


def inlined(function: F) -> F:
    """As :func:`loop`, inlined into its caller: for helpers of many arrays, which are slow to pass."""
    compiled: F = _njit(fastmath=set(LOOP), forceinline=True, **_HELPER)(function)
    return compiled


def scalar(function: F) -> F:
    """A helper on single numbers, inlined into its caller; a product may fuse with a sum, nothing is reordered."""
    compiled: F = _njit(fastmath=set(SCALAR), forceinline=True, **_HELPER)(function)
    return compiled


def uncompiled(helper: F) -> F:
    """The Python function behind a compiled helper, for Python code that needs the same number."""
    function: F = helper.py_func  # type: ignore[attr-defined]
    return function


def chosen_by_type(stub: F, fastmath: Set[str] = SCALAR, **implementations: Any) -> F:
    """Make ``stub`` one of several functions in compiled code, chosen by the type of its first argument.

    Each is named after that type, or after the type of the entries where the argument is an array.
    """

    def choose(x: Any, *rest: Any) -> Any:
        return implementations.get(str(getattr(x, "dtype", x)))

    options: Any = {"fastmath": set(fastmath), "forceinline": True, **_HELPER}
    overload(stub, jit_options=options, strict=False)(choose)
    return stub
