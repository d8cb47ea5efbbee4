"""What a call holds at its peak, and whether freed memory is kept: glibc's allocator on Linux."""

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
    except (OSError, TypeError):  # no such library to ask
        return None


def peaks(
    peers: dict[str, Callable[[], object]],
    unit: int,
    less: int = 0,
    what: str = "beyond the logits, in multiples of them",
) -> str:
    """The most memory that each peer held beyond what it started with and ``less``, in multiples of ``unit`` bytes."""
    trim = _libc("malloc_trim")
    if trim is None or not CLEAR.exists():
        return "peak memory: not measured, which needs Linux"
    shares = []
    for name, work in peers.items():
        work()
        trim(0)  # memory that is free but kept would hide what the next call takes
        CLEAR.write_text("5")  # the peak starts again from what is held now
        before = _status("VmRSS")
        work()
        shares.append(f"{name} {(_status('VmHWM') - before - less) / unit:.3f}")
    return f"peak memory {what}: " + ", ".join(shares)


def fresh() -> bool:
    """Freed memory goes back to the system, for all peers alike, from now on; whether that can be told."""
    mallopt = _libc("mallopt")
    return mallopt is not None and bool(mallopt(_MMAP, 2**17)) and bool(mallopt(_TRIM, 2**17))


@contextmanager
def kept() -> Iterator[None]:
    """Freed memory stays with the process and is used again, by all peers alike; where :func:`fresh` can be told."""
    mallopt, trim = _libc("mallopt"), _libc("malloc_trim")
    mallopt(_MMAP, 2**30)
    mallopt(_TRIM, 2**31 - 1)
    try:
        yield
    finally:
        fresh()
        trim(0)


def _status(field: str) -> int:
    """A size in bytes from the kernel's account of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))
