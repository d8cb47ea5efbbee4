"""The files that a command will write: checked before it reads anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from onewarm.errors import InputError


def check_outputs(outputs: Mapping[str, Path | None]) -> list[Path]:
    """The outputs that were named, each a file of its own that can be written.

    Args:
        outputs: the option of each output, and its file; None where it was not given.

    Raises:
        InputError: two options name one file; or a folder on the way to a file is not one, or may not be written to.
    """
    named = [(option, path) for option, path in outputs.items() if path is not None]
    for i, (option, path) in enumerate(named):
        for other, earlier in named[:i]:
            if _same(path, earlier):
                raise InputError(f"{other} and {option} both name {path}: write to two files")
        folder = next(p for p in Path(os.path.realpath(path)).parents if p.exists())
        if not folder.is_dir():
            raise InputError(f"{option}: {folder} is a file, so {path} cannot be written")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise InputError(f"{option}: no permission to write to the folder {folder}")
    return [path for _, path in named]


def _same(a: Path, b: Path) -> bool:
    return os.path.realpath(a) == os.path.realpath(b) or (a.exists() and b.exists() and os.path.samefile(a, b))
