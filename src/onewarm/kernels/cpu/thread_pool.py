"""Rows shared over a plain thread pool: compiled loops run without the GIL, and the caller works too.

Numba's own ``parallel=True`` aborts the process when two Python threads enter it and does not survive a fork; a pool of
Python threads does neither.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

# (address of a C function, address of its argument, how many threads): calls it once in each, and waits for all.
Runner: TypeAlias = Callable[[int, int, int], None]

_CALL = ctypes.CFUNCTYPE(None, ctypes.c_void_p)  # calling one lets go of the GIL

_limit: int | None = None
_pool: ThreadPoolExecutor | None = None
_size = 0


def threads() -> int:
    """How many threads a call may use: by :func:`set_threads`, else ``OMP_NUM_THREADS``, else the cores we may use."""
    if _limit is not None:
        return _limit
    wish = os.environ.get("OMP_NUM_THREADS", "")
    if wish.isdigit() and int(wish) > 0:
        return int(wish)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_threads(count: int | None) -> None:
    """Use at most ``count`` threads for NumPy input; None for the default. PyTorch input follows PyTorch's setting.

    Raises:
        ValueError: a count below 1.
    """
    global _limit
    if count is not None and count < 1:
        raise ValueError(f"count is {count}: expected at least 1 thread, or None for the default")
    _limit = count


def split(work: Callable[[int, int], int], rows: int, width: int, least: int, limit: int | None = None) -> int:
    """Run ``work(lo, hi)`` over all rows, in pieces of about ``least`` entries or more, on several threads.

    ``work`` returns the first row at fault or -1; so does this function.
    """
    count = min(threads() if limit is None else limit, rows * width // least)
    if count <= 1:
        return work(0, rows)
    # Several pieces a thread, so that a thread that was interrupted does not hold up the others.
    piece = max(-(-rows // (8 * count)), -(-least // width), 1)
    starts = iter(range(0, rows, piece))
    faults: list[int] = []

    def take() -> None:
        for lo in starts:  # a range iterator's next is atomic under the GIL
            bad = work(lo, min(lo + piece, rows))
            if bad >= 0:
                faults.append(bad)

    _together(take, count)
    return min(faults, default=-1)


def run(function: int, argument: int, count: int) -> None:
    """A :data:`Runner`: the caller's thread and ``count - 1`` of ours."""
    call = _CALL(function)
    if count <= 1:
        call(argument)
    else:
        _together(lambda: call(argument), count)


def _together(work: Callable[[], None], count: int) -> None:
    """Call ``work`` here and on ``count - 1`` other threads, as far as they come in time; wait for those that did."""
    helpers = _helpers(work, count - 1)
    try:
        work()
    finally:
        for helper in helpers:
            if not helper.cancel():
                helper.result()


def _helpers(task: Callable[[], None], count: int) -> list[Future[None]]:
    """Start the task on other threads; on none when the interpreter is shutting down."""
    global _pool, _size
    try:
        if _pool is None or _size < count:
            _pool, _size = ThreadPoolExecutor(count, thread_name_prefix="onewarm"), count
        return [_pool.submit(task) for _ in range(count)]
    except RuntimeError:
        return []


def _forget() -> None:
    """In a forked child the threads are gone: start new ones."""
    global _pool, _size
    _pool, _size = None, 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
