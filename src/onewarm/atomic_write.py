"""Write a file atomically: completely or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from onewarm.errors import InputError


def atomic_write(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write ``content`` to ``path``: readers see the old file or the new one, never a part of it.

    The content goes to a new file in the same folder, is flushed to the disk and renamed. Missing folders are created,
    a symbolic link stays one, and a file that is replaced keeps its permissions. Text is written as UTF-8.

    Raises:
        InputError: ``path`` exists and is not a regular file: a folder, a device, a pipe.
        OSError: the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     atomic_write(Path(folder) / "new" / "report.txt", "all of it")
        ...     (Path(folder) / "new" / "report.txt").read_text()
        'all of it'
    """
    target = Path(os.path.realpath(path))
    mode = None
    if target.exists():
        status = target.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise InputError(f"{path} is {kind}: name a file to write")
        mode = stat.S_IMODE(status.st_mode)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None and error.filename is None:  # of a full disk
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise
