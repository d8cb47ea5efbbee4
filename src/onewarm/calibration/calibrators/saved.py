"""Calibration maps as files of JSON: versioned, never a pickle, and checked when they are read."""

from __future__ import annotations

import json
import os
from pathlib import Path

from onewarm.atomic_write import atomic_write
from onewarm.calibration.calibrators.calibration_map import CalibrationMap
from onewarm.checks import visible
from onewarm.errors import InputError

FORMAT = "onewarm calibrator"
VERSION = 1
"""Of the file; raised when a field changes its meaning or is removed."""
_MOST_BYTES = 1 << 28


def save_map(calibrator: CalibrationMap, path: str | os.PathLike[str]) -> None:
    """Write a map to a JSON file, whole or not at all; ``load_map`` reads it.

    Raises:
        InputError: the path is not that of a regular file.

    Example:
        >>> import tempfile
        >>> made = CalibrationMap("platt", 2, {"slope": 0.9, "intercept": -0.1})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_map(made, f"{folder}/calibrator.json")
        ...     load_map(f"{folder}/calibrator.json") == made
        True
    """
    values = {"format": FORMAT, "version": VERSION, **calibrator.to_dict()}
    atomic_write(path, json.dumps(values, indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def load_map(path: str | os.PathLike[str]) -> CalibrationMap:
    """Read a map that ``save_map`` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: it is damaged, or something else; with the file and what is wrong.
    """
    file = Path(path)
    name = visible(file.name)
    if file.is_dir():
        raise InputError(f"{name} is a folder: name the file that `onewarm audit FILE --save calibrator.json` wrote")
    if not file.exists():
        raise FileNotFoundError(f"no file {str(path)!r}: write one with `onewarm audit FILE --save {name}`")
    if not file.is_file() or file.stat().st_size > _MOST_BYTES:
        raise InputError(f"{name} is no calibrator: expected a regular file of at most {_MOST_BYTES >> 20} MB")
    try:
        values = json.loads(file.read_bytes(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not readable JSON, perhaps truncated: {visible(str(error))}") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise InputError(
            f'{name} is no calibrator: its "format" is not {FORMAT!r}; write one with onewarm audit --save'
        )
    if values.get("version") != VERSION:
        raise InputError(
            f"{name} has version {visible(str(values.get('version')))[:40]}, and this onewarm reads version {VERSION}: "
            "save it again, or update onewarm"
        )
    try:
        return CalibrationMap.from_dict(values)
    except InputError as error:
        raise InputError(f"{name}: {visible(str(error))}") from None


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
