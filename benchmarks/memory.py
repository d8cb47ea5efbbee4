"""Peak memory of a call, and control of whether glibc's allocator on Linux keeps freed memory."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CLEAR = Path("/proc/self/clear_refs")
_TRIM, _MMAP = -1, -3  # mallopt's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD


def _libc(name: str) -> Any:
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # another C library
        return None


def peaks(
    peers: dict[str, Callable[[], object]],
    unit: int,
    less: int = 0,
    what: str = "beyond the logits, in multiples of them",
) -> str:
    """Peak memory of each peer beyond its initial memory and ``less``, in multiples of ``unit`` bytes."""
    trim = _libc("malloc_trim")
    if trim is None or not CLEAR.exists():
        return "peak memory: not measured, which needs Linux"
    shares = []
    for name, work in peers.items():
        work()
        trim(0)  # free memory kept by the allocator would hide the next call's use
        CLEAR.write_text("5")  # reset the peak to the current memory
        before = _status("VmRSS")
        work()
        shares.append(f"{name} {(_status('VmHWM') - before - less) / unit:.3f}")
    return f"peak memory {what}: " + ", ".join(shares)


def fresh() -> bool:
    """From now on freed memory is returned to the system, for all peers. Whether the allocator supports that."""
    mallopt = _libc("mallopt")
    return mallopt is not None and bool(mallopt(_MMAP, 2**17)) and bool(mallopt(_TRIM, 2**17))


@contextmanager
def kept() -> Iterator[None]:
    """Freed memory stays with the process and is reused, by all peers, if the allocator supports :func:`fresh`."""
    mallopt, trim = _libc("mallopt"), _libc("malloc_trim")
    mallopt(_MMAP, 2**30)
    mallopt(_TRIM, 2**31 - 1)
    try:
        yield
    finally:
        fresh()
        trim(0)


def _status(field: str) -> int:
    """A size in bytes from /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))
