"""What is a library's and what is the user's own: by where a file lies."""

from __future__ import annotations

import sysconfig
from pathlib import Path

_FOLDERS = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
_OURS = str(Path(__file__).parents[2])


def in_library(file: str) -> bool:
    """Whether a file is Python's own, an installed package's (for all users, one user or one environment), or ours.

    >>> in_library(sysconfig.__file__), in_library("/usr/lib/python3/dist-packages/six.py"), in_library("net.py")
    (True, True, False)
    """
    return file.startswith((*_FOLDERS, _OURS)) or not {"site-packages", "dist-packages"}.isdisjoint(Path(file).parts)
