"""Which way the loss of rows takes on the CPU: compiled code, or its definition in NumPy.

``$ONEWARM_KERNEL`` chooses: ``auto`` (the default: compiled code, and the definition where it cannot be compiled),
``compiled`` or ``definition``. They agree to rounding, not to the byte.
"""

from __future__ import annotations

import os
import warnings
from typing import Literal

from onewarm.errors import InputError

Way = Literal["compiled", "definition"]

_SETTING = "ONEWARM_KERNEL"
_failure: str | None = None


def way() -> Way:
    """The way that the next call takes.

    Raises:
        InputError: $ONEWARM_KERNEL names no way.

    Example:
        >>> way()
        'compiled'
    """
    if _SETTING not in os.environ and _failure is None:  # the usual case, of every small call
        return "compiled"
    setting = os.environ.get(_SETTING) or "auto"
    if setting == "definition" or (setting == "auto" and _failure is not None):
        return "definition"
    if setting not in ("auto", "compiled"):
        raise InputError(f"{_SETTING} is {setting!r}: set it to 'auto', 'compiled' or 'definition'")
    return "compiled"


def why() -> str:
    """Why it takes that way, as a sentence.

    Example:
        >>> why().endswith(".")
        True
    """
    setting = os.environ.get(_SETTING) or "auto"
    if setting != "auto":
        return f"{_SETTING} is {setting!r}."
    return "Compiled code is the usual way on a CPU." if _failure is None else f"Compiling failed: {_failure}"


def compiling_failed(error: Exception) -> None:
    """From now on the definition is taken, and a warning says so; raises the error where compiled code is asked for."""
    global _failure
    if os.environ.get(_SETTING) == "compiled":
        raise error
    _failure = f"{type(error).__name__}: {error}"
    warnings.warn(
        f"onewarm: compiling the loss failed, and its definition in NumPy is taken, which is slower. {_failure}",
        RuntimeWarning,
        stacklevel=4,
    )
