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

# (address of a C function, address of its argument, number of threads): call it once in each thread, wait for all.
Runner: TypeAlias = Callable[[int, int, int], None]

_CALL = ctypes.CFUNCTYPE(None, ctypes.c_void_p)  # ctypes releases the GIL during the call

_limit: int | None = None
_pool: ThreadPoolExecutor | None = None
_size = 0


def threads() -> int:
    """How many threads a call may use: by :func:`set_threads`, else ``OMP_NUM_THREADS``, else the available cores."""
    if _limit is not None:
        return _limit
    setting = os.environ.get("OMP_NUM_THREADS", "")
    if setting.isdigit() and int(setting) > 0:
        return int(setting)
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

    ``work`` returns the first bad row, or -1; so does this function.
    """
    count = min(threads() if limit is None else limit, rows * width // least)
    if count <= 1:
        return work(0, rows)
    # Several pieces for each thread, so that one that was interrupted does not delay the others.
    piece = max(-(-rows // (8 * count)), -(-least // width), 1)
    starts = iter(range(0, rows, piece))
    bad_rows: list[int] = []

    def take() -> None:
        for lo in starts:  # a range iterator's next is atomic under the GIL
            bad = work(lo, min(lo + piece, rows))
            if bad >= 0:
                bad_rows.append(bad)

    _together(take, count)
    return min(bad_rows, default=-1)


def run(function: int, argument: int, count: int) -> None:
    """A :data:`Runner`: on the caller's thread and on ``count - 1`` of the pool."""
    call = _CALL(function)
    if count <= 1:
        call(argument)
    else:
        _together(lambda: call(argument), count)


def _together(work: Callable[[], None], count: int) -> None:
    """Run ``work()`` on this thread and on up to ``count - 1`` pool threads.

    When ours ends, helpers that never started are cancelled, and the others are waited for.
    """
    helpers = _helpers(work, count - 1)
    try:
        work()
    finally:
        for helper in helpers:
            if not helper.cancel():
                helper.result()


def _helpers(task: Callable[[], None], count: int) -> list[Future[None]]:
    """Start the task on ``count`` pool threads; on none while the interpreter shuts down."""
    global _pool, _size
    try:
        if _pool is None or _size < count:
            _pool, _size = ThreadPoolExecutor(count, thread_name_prefix="onewarm"), count
        return [_pool.submit(task) for _ in range(count)]
    except RuntimeError:
        return []


def _forget() -> None:
    """In a forked child the pool's threads do not exist: the next call starts new ones."""
    global _pool, _size
    _pool, _size = None, 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
