"""LLVM instructions that Numba does not have: casts, bits, atomics, prefetches, arrays without their count."""

from typing import Any

import numpy as np
import pytest
from numba import njit, types
from numpy.typing import NDArray

from onewarm.kernels.jit import intrinsics as jit
from onewarm.kernels.jit.intrinsics import view


@njit
def reinterpreted(x: Any, y: Any) -> Any:
    return (
        jit.float32_bits(np.float32(x)),
        jit.bits_float32(jit.float32_bits(np.float32(x))),
        jit.float64_bits(np.float64(y)),
        jit.bits_float64(jit.float64_bits(np.float64(y))),
    )


@njit
def as_entry(value: Any, like: Any) -> Any:
    return jit.cast(value, like)


@njit
def larger_of(a: Any, b: Any) -> Any:
    return jit.larger(a, b)


@njit
def changed(words: NDArray[np.int64]) -> tuple[int, int, int]:
    return jit.fetch_add(words, 1, 5), jit.fetch_min(words, 2, -3), jit.fetch_min(words, 2, 8)


@njit
def fetched(array: NDArray[Any]) -> None:
    jit.prefetch_read(array, 10**6)
    jit.prefetch_write(array, -(10**6))


def test_bits_there_and_back() -> None:
    assert reinterpreted(-1.5, np.pi) == (
        np.float32(-1.5).view(np.int32),
        -1.5,
        np.float64(np.pi).view(np.int64),
        np.pi,
    )


def test_cast_to_the_type_of_a_number_or_of_entries() -> None:
    assert as_entry(0.1, np.zeros(1, np.float32)) == np.float32(0.1)
    assert as_entry(3.7, 1) == 3


def test_the_larger_of_two() -> None:
    assert larger_of(1.0, 2.0) == larger_of(2.0, 1.0) == 2.0
    assert larger_of(-np.inf, -5.0) == -5.0


def test_words_that_threads_share() -> None:
    words = np.array([0, 1, 2])
    assert changed(words) == (1, 2, -3)
    assert words.tolist() == [0, 6, -3]


def test_a_prefetch_beyond_the_array_does_nothing() -> None:
    array = np.arange(3.0)
    fetched(array)
    assert array.tolist() == [0, 1, 2]


@njit
def parts(address: int, array: NDArray[np.float64]) -> Any:
    whole = jit.array_at(address, np.float64, 5)
    inner = view(whole, 1, 3)
    inner[0] *= 10
    return whole.size, inner.size, inner.sum(), view(array, 2, 2)[1]


def test_arrays_of_an_address_and_parts_of_them() -> None:
    array = np.arange(1.0, 6)
    assert parts(array.__array_interface__["data"][0], array) == (5, 3, 20 + 3 + 4, 4)
    assert array.tolist() == [1, 20, 3, 4, 5]


def test_the_way_around_fields_of_numba_s_arrays() -> None:
    """Slices and ``carray``, documented, where a Numba makes its arrays in another way."""

    @njit
    def parts(address: int, array: NDArray[np.float64]) -> Any:
        whole = jit._array_of_pointer(address, np.float64, 5)
        inner = jit._slice(whole, 1, 3)
        inner[0] *= 10
        return whole.size, inner.size, inner.sum(), jit._slice(array, 2, 2)[1]

    array = np.arange(1.0, 6)
    assert parts(array.__array_interface__["data"][0], array) == (5, 3, 20 + 3 + 4, 4)


def test_which_way_is_found_by_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    assert jit._arrays_are_known() and jit._QUICK
    monkeypatch.setattr(jit, "_FIELDS", {"data", "size"})
    assert not jit._arrays_are_known()
    monkeypatch.undo()
    from numba.core import datamodel

    monkeypatch.delattr(datamodel, "default_manager")
    assert not jit._arrays_are_known()


def test_the_address_of_an_entry_without_the_field_data(monkeypatch: pytest.MonkeyPatch) -> None:
    real = jit._structure

    def without(kind: Any, *rest: Any) -> Any:
        if isinstance(kind, types.Array) and kind.ndim == 1 and kind.dtype == types.int64:
            raise AttributeError("data")
        return real(kind, *rest)

    monkeypatch.setattr(jit, "_structure", without)

    @njit
    def added(words: NDArray[np.int64]) -> int:
        return jit.fetch_add(words, 2, 5)

    words = np.arange(4)
    assert added(words) == 2 and words.tolist() == [0, 1, 7, 3]
