"""Keeps bytes that take long to make, by what they were made from: the math font, a page's picture."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["kept"]

MOST = 64  # files of one kind; the oldest go first


def kept(folder: Path | None, kind: str, made_from: str, make: Callable[[], bytes]) -> bytes:
    """`make()`, or what it gave for the same `made_from` before; `folder` None keeps nothing.

    A file that was damaged is made again, and a folder that cannot be written is done without.

    >>> kept(None, "font", "abc", lambda: b"bytes")
    b'bytes'
    """
    if folder is None:
        return make()
    path = folder / f"{kind}-{hashlib.sha256(made_from.encode()).hexdigest()[:32]}"
    try:
        data = path.read_bytes()
        if hashlib.sha256(data[32:]).digest() == data[:32]:
            return data[32:]
    except OSError:
        pass
    made = make()
    try:
        _write(path, hashlib.sha256(made).digest() + made)
        _prune(folder, kind)
    except OSError:
        pass
    return made


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _prune(folder: Path, kind: str) -> None:
    files = sorted(folder.glob(f"{kind}-*"), key=lambda file: file.stat().st_mtime)
    for file in files[:-MOST]:
        file.unlink(missing_ok=True)
