"""Caches files of the site that take long to make, between builds: the math font, the Open Graph cards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from onewarm.atomic_write import atomic_write

__all__ = ["cached"]

LIMIT = 64  # files of one kind; the oldest are deleted first


def cached(folder: Path | None, kind: str, made_from: str, make: Callable[[], bytes]) -> bytes:
    """``make()``, or what it returned before for the same ``made_from``.

    A damaged file is made again; if the folder cannot be written, the result is returned without being stored.

    Args:
        folder: where the files are stored; None stores nothing.
        kind: what the file is, as the start of its name.
        made_from: everything that the result depends on.
        make: makes the result.

    >>> cached(None, "font", "abc", lambda: b"bytes")
    b'bytes'
    """
    if folder is None:
        return make()
    path = folder / f"{kind}-{hashlib.sha256(made_from.encode()).hexdigest()[:32]}"
    try:
        stored = path.read_bytes()
        if hashlib.sha256(stored[32:]).digest() == stored[:32]:
            return stored[32:]
    except OSError:
        pass
    data = make()
    try:
        atomic_write(path, hashlib.sha256(data).digest() + data)
        _prune(folder, kind)
    except (OSError, ValueError):  # ValueError: something that is no file has the path
        pass
    return data


def _prune(folder: Path, kind: str) -> None:
    files = sorted(folder.glob(f"{kind}-*"), key=lambda file: file.stat().st_mtime)
    for file in files[:-LIMIT]:
        file.unlink(missing_ok=True)
