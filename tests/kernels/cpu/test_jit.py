"""What Numba is asked for: casts, bits, atomics, the cache's key, arrays without their count, entry points."""

import ctypes
import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import carray, njit, types
from numpy.typing import NDArray

from onewarm.kernels.cpu import jit


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


def kind_of(x: Any) -> int:
    raise NotImplementedError("compiled code only")


def _float_kind(x: Any) -> int:
    return 1


def _int_kind(x: Any) -> int:
    return 2


jit.chosen_by_type(kind_of, float64=_float_kind, int64=_int_kind)


@njit
def kinds(number: Any, array: Any) -> tuple[int, int]:
    return kind_of(number), kind_of(array)


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


def test_a_function_chosen_by_the_type_of_a_number_or_of_entries() -> None:
    assert kinds(1.0, np.zeros(2, np.int64)) == (1, 2)
    with pytest.raises(Exception, match="kind_of"):
        kinds(np.float32(1), np.zeros(2))  # there is none for float32


@pytest.mark.parametrize("fields", [jit._REFERENCE, ("no such field",)])
def test_an_array_without_its_count_is_the_same_array(fields: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the fields by which Numba counts references, and where another Numba has others."""
    monkeypatch.setattr(jit, "_REFERENCE", fields)

    @njit
    def doubled(array: NDArray[Any]) -> Any:
        view = jit.borrowed(array)
        view[0] *= 2
        return view[1:].sum()

    array = np.arange(1.0, 4)
    before = sys.getrefcount(array)
    assert doubled(array) == 5 and array.tolist() == [2, 2, 3]
    assert sys.getrefcount(array) == before


def test_a_c_function_of_an_address() -> None:
    def add_one(address: Any) -> None:
        carray(address, 2, np.int64)[1] += 1

    words = np.array([5, 6])
    compiled = jit.c_function(add_one)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(compiled.address)(words.__array_interface__["data"][0])  # type: ignore[attr-defined]
    assert words.tolist() == [5, 7]


MODULE = """
from onewarm.kernels.cpu.jit import entry, keyed_by

def made(checksum):
    def two(x):
        keyed_by(checksum)
        return x + 1
    return entry("int64(int64)", two)
"""


def test_another_checksum_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numba keeps one file a key: sources that changed never run what was compiled from the old ones."""
    path = tmp_path / "keyed.py"
    path.write_text(MODULE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("keyed", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "keyed", module)
    spec.loader.exec_module(module)
    kept = []
    for checksum in (1, 1, 2):
        assert module.made(checksum)(1) == 2
        kept.append(len(list((tmp_path / "__pycache__").glob("*.nbc"))))
    assert kept == [1, 1, 2]


def test_the_checksum_is_of_every_file_of_the_room() -> None:
    import zlib

    files = sorted(Path(jit.__file__).parent.glob("*.py"))
    assert {"jit.py", "rows.py", "arguments.py"} <= {file.name for file in files}
    assert zlib.crc32(b"".join(file.read_bytes() for file in files)) == jit.CHECKSUM


def test_compiles_where_nothing_can_be_written() -> None:
    """Numba refuses to cache when it finds no folder for it; the kernel then compiles in memory."""

    def two(x: int) -> int:
        return x + 1

    two.__code__ = two.__code__.replace(co_filename="<nowhere>")
    assert jit.entry("int64(int64)", two)(1) == 2


def test_a_note_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for more than a second is told why."""
    started: list[tuple[float, Any, Any]] = []

    class Timer:
        daemon = False

        def __init__(self, seconds: float, function: Any, arguments: Any = ()) -> None:
            started.append((seconds, function, arguments))

        def start(self) -> None: ...

        def cancel(self) -> None: ...

    class Terminal:
        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> None: ...

    terminal = Terminal()
    monkeypatch.setattr(jit, "Timer", Timer)
    monkeypatch.setattr(sys, "stderr", terminal)
    with jit._progress_note():
        pass
    ((seconds, function, arguments),) = started
    assert seconds == 1.0 and function == terminal.write and "compiling for this machine" in arguments[0]


def test_array_types() -> None:
    assert jit.array(np.float32, 2) == types.Array(types.float32, 2, "C", readonly=True)
    assert jit.array("int64", 1, written=True) == types.Array(types.int64, 1, "C")
