"""The kernel on PyTorch's threads: the same numbers as on ours, and a child process that does not hang."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from onewarm.kernels.cpu import rows as cpu
from onewarm.kernels.cpu import thread_pool as pool
from onewarm.torch.interop import openmp as threads


def case() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((5000, 60), np.float32)
    return z, rng.integers(0, 60, (5000, 1)), np.ones((5000, 1))


def test_both_ways_compute_the_same() -> None:
    ours = cpu.row_losses(*case(), threads=2, run=pool.run)
    theirs = cpu.row_losses(*case(), threads=2, run=threads.run)
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_array_equal(np.asarray(ours[1]), np.asarray(theirs[1]))


def test_falls_back_where_openmp_is_not_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(threads, "_parallel", lambda: None)
    monkeypatch.setattr(pool, "run", lambda *arguments: called.append(arguments))
    threads.run(1, 2, 2)
    assert called == [(1, 2, 2)]


def test_the_team_follows_pytorch() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        assert threads.team()["threads"] == 1
    finally:
        torch.set_num_threads(before)


def test_items_are_shared_and_the_first_error_is_raised() -> None:
    """Each once; the error is that of the first item that has one, whichever thread finds it."""
    before = torch.get_num_threads()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            out = torch.zeros(500, requires_grad=True)
            with torch.inference_mode():
                made = torch.zeros(500)
                threads.share(lambda i, made=made: made[i].add_(i), range(500))  # type: ignore[misc]
            assert made.tolist() == list(range(500))
            seen = []
            threads.share(lambda i, out=out, seen=seen: seen.append((out * i).requires_grad), range(9))  # type: ignore[misc]
            assert len(seen) == 9 and (count == 1 or not any(seen))

            def step(i: int) -> None:
                if i in (37, 38, 200):
                    raise ValueError(i)

            for _ in range(20):
                with pytest.raises(ValueError, match=r"^37$"):
                    threads.share(step, range(500))
            threads.share(step, [])
    finally:
        torch.set_num_threads(before)


FORK = """
import os, numpy as np, torch
import onewarm as ow
z, y = torch.randn(4000, 50), torch.randint(0, 50, (4000,))
wanted = ow.cross_entropy(z, y).item()
child = os.fork()
if child == 0:
    os._exit(0 if abs(ow.cross_entropy(z, y).item() - wanted) < 1e-6 else 1)
assert os.waitpid(child, 0)[1] == 0
print("same")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_computes_too() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", FORK], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "same", done.stderr
