"""Machine code of what is asked for alone; the same results; Numba's usual way where it has changed."""

from typing import Any

import numpy as np
import pytest
from numba import cfunc, njit, types
from numba.core.registry import cpu_target

from onewarm.kernels.jit import late_code as late
from onewarm.kernels.jit.decorators import loop


def compiled() -> Any:
    @loop
    def helper(x: float) -> float:
        return np.sqrt(x) + 1  # type: ignore[no-any-return]

    def function(x: float) -> float:
        return helper(x) * 2

    with late.late_code():
        made: Any = cfunc(types.float64(types.float64))(function)
    return made, helper


def library_class() -> Any:
    return cpu_target.target_context.codegen()._library_class


def test_it_computes_what_the_usual_way_computes() -> None:
    made, _ = compiled()
    assert made.ctypes(9.0) == 8.0


def test_only_what_is_called_becomes_machine_code() -> None:
    made, helper = compiled()
    (inner,) = helper.overloads.values()
    assert made._library._made and not inner.library._made


def test_a_helper_can_be_used_elsewhere_later() -> None:
    _, helper = compiled()

    @njit
    def other(x: float) -> float:
        return helper(x) - 1  # type: ignore[no-any-return]

    assert other(16.0) == 4.0


def test_a_function_with_a_python_entry_gets_its_code_when_asked() -> None:
    with late.late_code():

        @njit
        def with_entry(x: Any) -> Any:
            return [x, x * 2]  # needs Python objects

        assert with_entry(2.5) == [2.5, 5.0]
    assert with_entry(2.5) == [2.5, 5.0]


def test_numba_is_as_before_afterwards() -> None:
    before, within = library_class(), []

    def fail() -> None:
        with late.late_code():
            within.append(library_class())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert within[0] is not before
    assert library_class() is before


@pytest.mark.parametrize("name", late._USED)
def test_without_a_private_name_numba_does_as_it_always_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = library_class()
    monkeypatch.setattr(late, "_USED", (*late._USED, f"no_such_{name}"))
    with late.late_code():
        assert library_class() is before
    made, _ = compiled()
    assert made.ctypes(9.0) == 8.0


def test_without_the_class_of_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    codegen = cpu_target.target_context.codegen()
    monkeypatch.setattr(codegen, "_library_class", None)
    with late.late_code():
        assert codegen._library_class is None
