"""Compiles without making machine code of every helper.

Numba optimises each helper and makes machine code of it before it is inlined into its caller, where all of that is
done again: more than half of the time that compiling takes. Within :func:`late_code` a library of code is optimised
and turned into machine code only when somebody asks for the address of a function in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

# What ``_late_library`` takes from Numba's class of libraries; where one is missing, Numba does as it always does.
_USED = (
    *("_optimize_final_module", "_finalize_final_module", "_finalize_dynamic_globals", "_ensure_finalized"),
    *("get_defined_functions", "get_pointer_to_function", "codegen"),
)


@contextmanager
def late_code() -> Iterator[None]:
    """Compile so in this block; other threads that compile wait for its end."""
    try:
        lock: Any = import_module("numba.core.compiler_lock").global_compiler_lock
        target: Any = import_module("numba.core.registry").cpu_target
    except (ImportError, AttributeError):
        yield
        return
    with lock:
        codegen = target.target_context.codegen()
        usual = getattr(codegen, "_library_class", None)
        if usual is None or not all(hasattr(usual, name) for name in _USED) or not hasattr(codegen, "set_env"):
            yield
            return
        codegen._library_class = _late_library(usual)
        try:
            yield
        finally:
            codegen._library_class = usual


class _Environments:
    """Stands for a library's code generator: keeps the places of Python objects until there is code that names them."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen
        self._waiting: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, environment: Any) -> None:
        self._waiting[name] = environment

    def set_all(self) -> None:
        for name, environment in self._waiting.items():
            self._codegen.set_env(name, environment)


@cache
def _late_library(usual: Any) -> Any:
    """Numba's class of libraries, with machine code made when somebody asks for an address."""

    class LateLibrary(usual):  # type: ignore[misc]
        _made = False
        _environments: Any = None

        @property
        def codegen(self) -> Any:
            if self._made:
                return super().codegen
            if self._environments is None:
                self._environments = _Environments(super().codegen)
            return self._environments

        def _optimize_final_module(self) -> None:
            if self._made:
                super()._optimize_final_module()

        def _finalize_final_module(self) -> None:
            if self._made:
                super()._finalize_final_module()
            else:
                self._finalize_dynamic_globals()
                self._finalized = True

        def get_pointer_to_function(self, name: str) -> Any:
            self._ensure_finalized()
            if not self._made:
                if all(name != function.name for function in self.get_defined_functions()):
                    return 0
                self._made = True
                self._optimize_final_module()
                self._finalize_final_module()
                if self._environments is not None:
                    self._environments.set_all()
            return super().get_pointer_to_function(name)

    return LateLibrary
