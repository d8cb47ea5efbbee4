"""Errors for the person who called: the command line prints these as a sentence, any other as a traceback."""

from __future__ import annotations


class InputError(ValueError):
    """What was given is at fault: the message names the argument or file, the row, the value and the remedy."""


class MissingExtraError(ImportError):
    """A package that comes with one of our extras is not installed: the message says which to install."""
