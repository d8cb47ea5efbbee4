"""LLVM instructions that Numba does not have: casts, bits, atomics, prefetches."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from onewarm.kernels.jit import intrinsics as jit


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
