"""Compile everything that this machine may need, in advance: for a container's image, or before a course begins.

Everything else compiles what it needs when it needs it. Processes share the work; each prints a line a function.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from onewarm.errors import InputError
from onewarm.kernels.cpu import compiled
from onewarm.kernels.cpu.thread_pool import threads
from onewarm.kernels.jit import object_cache

_PASSES = ("pass_labels", "pass_general", "pass_binary")
_DTYPES = ("float32", "float64")


class Warmed(NamedTuple):
    """What was done."""

    functions: int
    folder: Path  # where they are kept
    seconds: float


def warm(progress: Callable[[int, int], None] = lambda done, total: None, processes: int | None = None) -> Warmed:
    """Compile every function of the loss and of calibration that is not yet kept on disk.

    Args:
        progress: called with the number of functions done, and of all.
        processes: how many work at a time; by default one a core.

    Raises:
        InputError: there is no folder that can be written to.
        RuntimeError: a function could not be compiled.
    """
    folder = _folder()
    total = len(jobs())
    count = max(1, min(threads() if processes is None else processes, total))
    start = time.monotonic()
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "onewarm.warm", *map(str, range(i, total, count))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        for i in range(count)
    ]
    try:
        _follow(workers, lambda done: progress(done, total))
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    return Warmed(total, folder, time.monotonic() - start)


def _follow(workers: Sequence[subprocess.Popen[str]], progress: Callable[[int], None]) -> None:
    """Report each line that a worker prints; raise what ended one early."""
    done, lock = 0, threading.Lock()
    errors: list[str] = []

    def read(worker: subprocess.Popen[str]) -> None:
        nonlocal done
        assert worker.stdout is not None and worker.stderr is not None
        for _ in worker.stdout:
            with lock:
                done += 1
                progress(done)
        text = worker.stderr.read()
        if worker.wait() != 0:
            errors.append(text.strip())

    readers = [threading.Thread(target=read, args=(worker,), daemon=True) for worker in workers]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    if errors:
        raise RuntimeError(f"a function could not be compiled:\n{errors[0]}")


def _folder() -> Path:
    """Where compiled code will be kept."""
    probe = object_cache.write("probe", b"")
    if probe is None:
        places = " or ".join(map(str, object_cache.folders()))
        raise InputError(f"compiled code cannot be kept in {places}: set NUMBA_CACHE_DIR to a folder to write to")
    probe.unlink()
    return probe.parent


def jobs() -> list[Callable[[], object]]:
    """What compiles each function, or finds it on disk."""
    made: list[Callable[[], object]] = []
    for way, reads in compiled.WAYS:  # alike ones side by side: they take equally long, and processes take turns
        for kind in compiled.KINDS:
            made.append(lambda kind=kind, way=way, reads=reads: compiled.kernel(kind, way, reads))  # type: ignore[misc]
    for name in _PASSES:
        for dtype in _DTYPES:
            made.append(lambda name=name, dtype=dtype: _pass(name, dtype))  # type: ignore[misc]
    return made


def _pass(name: str, dtype: str) -> object:
    from onewarm.calibration.summary import pass_binary, pass_general, pass_labels

    modules = {"pass_labels": pass_labels, "pass_general": pass_general, "pass_binary": pass_binary}
    compile_pass: Callable[[str], object] = modules[name].compiled
    return compile_pass(dtype)


if __name__ == "__main__":
    every = jobs()
    for number in sys.argv[1:]:
        every[int(number)]()
        print(number, flush=True)
