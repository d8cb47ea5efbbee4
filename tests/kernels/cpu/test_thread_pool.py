"""Threads: any number gives the same bits, several callers share them, a fork gets its own."""

import os
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from onewarm.kernels.cpu import thread_pool as pool
from onewarm.kernels.cpu.rows import row_losses


def smoothed(rng: np.random.Generator, n: int, k: int) -> tuple[Any, ...]:
    zeros = np.zeros((n, 1), np.int64)
    return rng.integers(0, k, (n, 1)), np.full((n, 1), 0.9), np.full((1, k), 1 / k), zeros, np.full((n, 1), 0.1)


@pytest.mark.parametrize("k", [8, 2000])
def test_the_number_of_threads_changes_no_bit(k: int) -> None:
    rng = np.random.default_rng(6)
    n = 4_000_000 // k // 4
    z = rng.standard_normal((n, k)).astype(np.float32)
    parts = smoothed(rng, n, k)
    one = row_losses(z, *parts, threads=1)
    for threads in (2, 3, 8):
        for a, b in zip(one, row_losses(z, *parts, threads=threads), strict=True):
            np.testing.assert_array_equal(a, b)
    z[n - 3, 1] = np.nan
    z[n // 2, 1] = np.nan
    with pytest.raises(ValueError, match=rf"logits\[{n // 2}, 1\] is nan"):
        row_losses(z, *parts, threads=4)


def test_callers_on_several_threads() -> None:
    rng = np.random.default_rng(7)
    z = rng.standard_normal((400, 2000)).astype(np.float32)
    parts = smoothed(rng, 400, 2000)
    wanted = row_losses(z, *parts)[0]
    seen: list[NDArray] = []
    callers = [threading.Thread(target=lambda: seen.append(row_losses(z, *parts, threads=3)[0])) for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(seen) == 6 and all((one == wanted).all() for one in seen)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_forked_child_gets_threads_of_its_own() -> None:
    program = """
import os, sys, numpy as np
from onewarm.kernels.cpu.rows import row_losses
z = np.zeros((400, 2000), np.float32)
arguments = z, np.zeros((400, 1), np.int64), np.ones((400, 1))
row_losses(*arguments, threads=3)
child = os.fork()
if child == 0:
    os._exit(0 if abs(float(row_losses(*arguments, threads=3)[0][0]) - np.log(2000)) < 1e-5 else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", program], timeout=60).returncode == 0


def test_the_thread_count_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert pool.threads() == 3
    pool.set_threads(1)
    try:
        assert pool.threads() == 1
    finally:
        pool.set_threads(None)
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert pool.threads() >= 1
    with pytest.raises(ValueError, match="count is 0: expected at least 1 thread"):
        pool.set_threads(0)
