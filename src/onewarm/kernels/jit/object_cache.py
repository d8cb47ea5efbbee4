"""Machine code on disk: one file a key, written beside its place and renamed, with a digest of key and content.

A file is used only if it is whole: what is missing, cut, damaged, unreadable or a folder is as good as not there, and
is made anew. Whatever the disk does, nothing is raised: the code is then compiled in every process.

The first of these folders that can be written to takes new files; all of them are read:

1. ``$NUMBA_CACHE_DIR/onewarm``, if that variable is set; else ``__pycache__`` of this package;
2. ``onewarm`` in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_MAGIC = b"onewarm object 1\n"
_SUFFIX = ".onewarm"


def folders() -> Iterator[Path]:
    """Where files may be, the best place first."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    yield Path(chosen) / "onewarm" if chosen else Path(__file__).parent / "__pycache__"
    with suppress(RuntimeError):  # a user without a home
        yield _user_cache() / "onewarm"


def _user_cache() -> Path:
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def read(key: str) -> Iterator[bytes]:
    """What was kept under this key: each whole file, in the order of :func:`folders`."""
    for folder in folders():
        with suppress(OSError):
            content = (folder / (key + _SUFFIX)).read_bytes()
            start = len(_head(key, b""))
            if content[:start] == _head(key, content[start:]):
                yield content[start:]


def write(key: str, content: bytes) -> Path | None:
    """Keep ``content`` under this key; returns the file, or None if no folder takes it."""
    whole = _head(key, content) + content
    for folder in folders():
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            return _replace(folder / (key + _SUFFIX), whole)
    return None


def _head(key: str, content: bytes) -> bytes:
    return _MAGIC + hashlib.sha256(key.encode() + content).digest()


def _replace(path: Path, content: bytes) -> Path:
    """Readers see the old file, or the new one, or none: never a part of it."""
    if path.is_dir():
        path.rmdir()
    handle, temporary = tempfile.mkstemp(suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)  # as a compiled Python file: what one user prepared, another may use
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    return path
