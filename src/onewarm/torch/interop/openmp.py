"""The CPU kernel on PyTorch's own threads: those of the OpenMP library that PyTorch was built with.

These threads spin between operations. A second pool would compete with them for the same cores, which costs about a
millisecond a call.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypedDict

import torch

from onewarm.kernels.cpu import thread_pool as pool

_forked = False
_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


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


def share(step: Callable[[Any], None], items: Sequence[Any]) -> None:
    """Call ``step`` with each of the items, on PyTorch's threads; one after the other where those are out of reach.

    PyTorch's operations start no threads of their own in there. Many small operations, each of which would share its
    work and wait for all threads, cost several times as much on a machine that is busy.

    Raises:
        Exception: what ``step`` raised for the first of the items that it raised for.

    >>> found = []
    >>> share(found.append, [3, 1, 2])
    >>> sorted(found)
    [1, 2, 3]
    """
    parallel, count = _parallel(), min(torch.get_num_threads(), len(items))
    if count <= 1 or parallel is None or _forked:
        for item in items:
            step(item)
        return
    inference, rest = torch.is_inference_mode_enabled(), iter(enumerate(items))
    errors: list[tuple[int, BaseException]] = []

    def work(_: int | None) -> None:
        number = -1
        try:
            with torch.inference_mode() if inference else torch.no_grad():
                for number, item in rest:  # noqa: B007  # taken from by all threads, each time under Python's lock
                    step(item)
                    if errors:
                        break
        except BaseException as error:
            errors.append((number, error))

    callback = _CALLBACK(work)
    parallel(ctypes.cast(callback, ctypes.c_void_p), None, count, 0)
    if errors:
        raise min(errors, key=lambda error: error[0])[1]


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
