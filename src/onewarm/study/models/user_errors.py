"""Errors that the user's own code raised, as one sentence that says where."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onewarm.errors import InputError, MissingExtraError
from onewarm.study.models.libraries import in_library


@contextmanager
def user_code(what: str) -> Iterator[None]:
    """Raise an error of the user's code as InputError: what ran, the error, and the last line that is the user's.

    Args:
        what: what was run, in words; the message begins with it.

    Example:
        >>> with user_code("your factory"):
        ...     1 / 0
        Traceback (most recent call last):
        onewarm.errors.InputError: your factory: ZeroDivisionError: division by zero (line 2, in <module>)
    """
    try:
        yield
    except (InputError, MissingExtraError, MemoryError):
        raise
    except Exception as error:
        raise InputError(f"{what}: {type(error).__name__}: {error}{where(error)}") from error


def first_line(error: BaseException) -> str:
    """The first line of what an error says, or its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def where(error: BaseException) -> str:
    """The innermost line of the traceback that is neither ours nor in a package: ` (model.py, line 3: x = 1 / 0)`.

    Of code without a file, as that of a notebook in a worker process, the number alone: ` (line 3, in forward)`.
    """
    if isinstance(error, SyntaxError):
        return ""  # it says so itself
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = frame.filename
        if path.startswith("<frozen") or in_library(path):
            continue
        if frame.line and not path.startswith("<"):  # a notebook's cell has lines too
            return f" ({Path(path).name}, line {frame.lineno}: {frame.line})"
        return f" (line {frame.lineno}, in {frame.name})"
    return ""
