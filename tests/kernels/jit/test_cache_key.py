"""The key of kept code: another one for everything that decides the code."""

from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest
from numba import types

from onewarm.kernels.cpu import compiled
from onewarm.kernels.jit import cache_key as keys
from onewarm.kernels.jit.decorators import inlined

INT = types.int64(types.int64)


def plus(number: Any) -> Callable[[int], int]:
    def add(x: int) -> int:
        return int(x + number)

    return add


def calls(helper: Any) -> Callable[[int], int]:
    def call(x: int) -> int:
        return int(helper(x))

    return call


def test_the_same_function_has_the_same_key() -> None:
    assert keys.cache_key(INT, plus(1)) == keys.cache_key(INT, plus(1))


def test_what_a_function_closes_over_is_in_its_key() -> None:
    numbers = [1, 2, 1.0, True, "1", (1, 2), np.float32, np.float64, np.dtype("f4"), np.dtype("f8"), len, None]
    found = {keys.cache_key(INT, plus(number)) for number in numbers}
    assert len(found) == len(numbers)
    helpers = [inlined(plus(1)), inlined(plus(2)), inlined(calls(plus(1))), inlined(calls(plus(2))), plus(1)]
    assert len({keys.cache_key(INT, calls(helper)) for helper in helpers}) == 4  # compiled or not: one function


def test_the_signature_is_in_the_key() -> None:
    assert keys.cache_key(INT, plus(1)) != keys.cache_key(types.float64(types.float64), plus(1))


@pytest.mark.parametrize("what", ["processor", "features", "numba", "setting"])
def test_the_machine_is_in_the_key(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.machine.cache_clear()
    before = keys.cache_key(INT, plus(1))
    if what == "processor":
        monkeypatch.setattr(llvm, "get_host_cpu_name", lambda: "another")
    elif what == "features":
        monkeypatch.setattr(llvm, "get_host_cpu_features", lambda: {"avx9": True})
    elif what == "numba":
        monkeypatch.setattr(numba, "__version__", "0.99")
    else:
        monkeypatch.setattr(numba.config, "OPT", 1)
    keys.machine.cache_clear()
    assert keys.cache_key(INT, plus(1)) != before
    monkeypatch.undo()
    keys.machine.cache_clear()
    assert keys.cache_key(INT, plus(1)) == before


def test_a_platform_whose_features_llvm_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Any:
        raise RuntimeError("not implemented")

    monkeypatch.setattr(llvm, "get_host_cpu_features", unknown)
    assert keys._features() == []


def test_every_python_file_beside_the_function_is_in_the_key(tmp_path: Path) -> None:
    def digest() -> str:
        keys.sources.cache_clear()
        return keys.sources(tmp_path)

    seen = {digest()}
    for name, text in (("a.py", "1"), ("a.py", "2"), ("b.py", "")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        seen.add(digest())
    (tmp_path / "notes.txt").write_text("of no account", encoding="utf-8")
    assert digest() in seen and len(seen) == 4
    (tmp_path / "folder.py").mkdir()  # cannot be read
    assert digest() in seen
    keys.sources.cache_clear()


def test_kernels_count_as_sources_of_every_function() -> None:
    assert {path.name for path in (keys._KERNELS / "cpu").glob("*.py")} >= {"rows.py", "tile.py"}
    assert {path.name for path in (keys._KERNELS / "jit").glob("*.py")} >= {"simd.py", "exp_log.py"}


def test_without_a_file_the_code_itself_counts() -> None:
    def one(x: int) -> int:
        return x + 1

    def two(x: int) -> int:
        return x + 2

    def nowhere(function: Callable[[int], int]) -> Callable[[int], int]:
        code: CodeType = function.__code__.replace(co_filename="<nowhere>", co_name="f", co_qualname="f")
        function.__code__ = code
        function.__qualname__ = "f"
        return function

    assert keys.cache_key(INT, nowhere(one)) != keys.cache_key(INT, nowhere(two))


def test_every_kernel_has_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numba's own cache gave all types of logits one index, and files could be swapped."""
    found = []
    monkeypatch.setattr(compiled, "c_function", lambda function: found.append(keys.cache_key(INT, function)))
    for kind in compiled.KINDS:
        for way in compiled.WAYS:
            compiled.kernel.__wrapped__(kind, *way)
    assert len(set(found)) == len(found) == len(compiled.KINDS) * len(compiled.WAYS)
