"""Errors meant for the user: the command line prints these as a sentence, any other as a traceback."""

from __future__ import annotations


class InputError(ValueError):
    """The input is invalid: the message names the argument or file, the row, the value and the remedy."""


class MissingExtraError(ImportError):
    """A package from one of our extras is not installed: the message names the extra."""
