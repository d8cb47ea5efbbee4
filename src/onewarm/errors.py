"""Errors meant for the user: the command line prints these as a sentence, any other as a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class InputError(ValueError):
    """The input is invalid: the message names the argument or file, the row, the value and the remedy."""


class MissingExtraError(ImportError):
    """A package from one of our extras is not installed: the message names the extra."""


@contextmanager
def needs(face: str, extra: str) -> Iterator[None]:
    """Around the imports that an extra brings: one that is not installed becomes a :class:`MissingExtraError`.

    >>> with needs("onewarm.example", "all"):
    ...     import no_such_package
    Traceback (most recent call last):
    onewarm.errors.MissingExtraError: onewarm.example needs no_such_package: pip install 'onewarm[all]'
    """
    try:
        yield
    except ImportError as error:
        found = isinstance(error, MissingExtraError) or (error.name and not isinstance(error, ModuleNotFoundError))
        if found:  # it says what is missing, or it is there and something else is wrong with it
            raise
        package = (error.name or "a package that is not installed").partition(".")[0]
        raise MissingExtraError(f"{face} needs {package}: pip install 'onewarm[{extra}]'") from error
