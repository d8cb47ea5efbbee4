"""Compiled functions: called from Python and from threads, kept on disk, and right whatever lies there."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import carray, types

from onewarm.kernels.jit import entry as jit
from onewarm.kernels.jit import object_cache

INT = types.int64(types.int64)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(object_cache, "_user_cache", lambda: tmp_path / "user")
    return tmp_path / "cache" / "onewarm"


def plus(number: int) -> Callable[[int], int]:
    def add(x: int) -> int:
        return x + number

    return add


def test_a_c_function_of_an_address(cache: Path) -> None:
    def add_one(address: Any) -> None:
        carray(address, 2, np.int64)[1] += 1

    for compiled in (jit.c_function(add_one), jit.c_function(add_one)):  # compiled, and from the disk
        words = np.array([5, 6])
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(compiled.address)(words.__array_interface__["data"][0])
        assert words.tolist() == [5, 7]
    assert len(list(cache.iterdir())) == 1


def test_kept_code_is_loaded_and_not_compiled(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert jit.entry(INT, plus(1))(1) == 2
    monkeypatch.setattr(jit, "_cfunc", None)
    assert jit.entry(INT, plus(1))(1) == 2
    with pytest.raises(TypeError):
        jit.entry(INT, plus(2))  # another function: nothing is found under its key


@pytest.mark.parametrize("damage", ["empty", "half", "bytes", "one bit", "another file", "folder", "full folder"])
def test_a_damaged_file_is_made_anew(cache: Path, damage: str) -> None:
    assert jit.entry(INT, plus(1))(1) == 2
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    if damage == "another file":
        assert jit.entry(INT, plus(7))(1) == 8
        (other,) = set(cache.iterdir()) - {path}
        path.write_bytes(other.read_bytes())  # whole, but of another key
    elif "folder" in damage:
        path.unlink()
        path.mkdir()
        if damage == "full folder":
            (path / "file").touch()
    else:
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 1
        content = {"empty": b"", "half": whole[:200], "bytes": os.urandom(300), "one bit": bytes(flipped)}
        path.write_bytes(content[damage])
    assert jit.entry(INT, plus(1))(1) == 2
    if damage != "full folder":
        assert list(object_cache.read(path.stem))  # a whole file again


def test_what_no_numba_understands_is_compiled_anew(cache: Path) -> None:
    """A file that is whole, with other content than this version writes."""
    assert jit.entry(INT, plus(1))(1) == 2
    (path,) = cache.iterdir()
    for content in (b"", b"[]\n", b'["a", "object", "f", 3, 0]\nabc', b'["a", "object", "f", 9, 0]\nabc'):
        object_cache.write(path.stem, content)
        assert jit.entry(INT, plus(1))(1) == 2


@pytest.mark.parametrize("name", ["_library", "serialize_using_object_code", "unserialize_library"])
def test_without_a_private_name_of_numba(cache: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept, or what is kept not read; the function is compiled and right."""
    from numba.core import codegen

    if name == "_library":
        whole = jit._as_object
        monkeypatch.setattr(jit, "_as_object", lambda compiled: whole(object()))
    else:
        owner = next(c for c in (codegen.CPUCodeLibrary, codegen.Codegen) if hasattr(c, name))
        monkeypatch.delattr(owner, name)
    for _ in range(2):
        assert jit.entry(INT, plus(1))(1) == 2


def test_compiles_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(object_cache, "folders", lambda: iter([tmp_path / "file" / "below"]))
    assert jit.entry(INT, plus(1))(1) == 2


MODULE = """
from numba import types
from onewarm.kernels.jit.entry import entry

def run(x):
    return x * {factor}

made = entry(types.float64(types.float64), run)
print(made(10.0))
"""


def test_other_sources_never_run_what_was_compiled_before(tmp_path: Path) -> None:
    """After a save that failed as well, which left Numba's own cache with old code under a new key."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": os.pathsep.join(sys.path)}

    def times(factor: float, before: str = "") -> str:
        (tmp_path / "m.py").write_text(MODULE.format(factor=factor), encoding="utf-8")
        command = f"{before}import m"
        done = subprocess.run(
            [sys.executable, "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    small_files = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (2000, 2000)); "
    assert times(2.0) == "20.0"
    if sys.platform != "win32":
        assert times(3.0, small_files) == "30.0"
        assert len(list((tmp_path / "cache" / "onewarm").iterdir())) == 1  # no part of a file stays behind
    assert times(3.0) == "30.0"
    assert times(2.0) == "20.0"


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
