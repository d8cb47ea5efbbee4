"""The CPU kernel on PyTorch's own threads: those of the OpenMP library that PyTorch was built with.

These threads spin between operations. A second pool would compete with them for the same cores, which costs about a
millisecond a call.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any, TypedDict

import torch

from onewarm.kernels.cpu import thread_pool as pool

_forked = False


class Team(TypedDict):
    """Arguments of :func:`onewarm.kernels.cpu.rows.row_losses`."""

    threads: int
    run: pool.Runner


def team() -> Team:
    """PyTorch's number of threads, and the way to run on them."""
    return {"threads": torch.get_num_threads(), "run": run}


def run(function: int, argument: int, count: int) -> None:
    """A :data:`onewarm.kernels.cpu.thread_pool.Runner` on PyTorch's threads, or on ours where they are out of reach."""
    parallel = _parallel()
    if count <= 1 or parallel is None or _forked:
        pool.run(function, argument, count)
    else:
        parallel(function, argument, count, 0)


@cache
def _parallel() -> Any:
    """OpenMP's function that calls a C function in every thread of a team, or None.

    The OpenMP libraries of GNU and LLVM export it.
    """
    try:
        parallel = ctypes.CDLL(torch._C.__file__).GOMP_parallel
    except (OSError, AttributeError):
        return None
    parallel.argtypes, parallel.restype = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint), None
    return parallel


def _after_fork() -> None:
    """Stop using OpenMP in a forked child: its threads are gone, and GNU's library would wait for them for ever."""
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
