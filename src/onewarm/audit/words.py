"""What an audit calls its remedies and their parameters: the same in every sentence, table and view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REMEDY_TITLES = {
    "leave": "Leave it as it is",
    "intercept": "Intercept",
    "temperature": "Temperature",
    "platt": "Platt scaling",
    "vector": "Vector scaling",
    "isotonic": "Isotonic regression",
    "beta": "Beta calibration",
    "unsmooth": "Undo smoothing (affine inverse)",
    "temperature-unsmooth": "Temperature, then the affine inverse",
}
"""The title of each remedy, by its key, from simple to complex."""


_SYMBOLS = {"temperature": "T"}
_MANY = 4


def fitted(parameters: Mapping[str, Any]) -> str:
    """The fitted numbers of a remedy, as far as a sentence can hold them: lists of at most 4.

    >>> fitted({"temperature": 2.0678}), fitted({"slope": 0.5, "intercept": -1.25}), fitted({"intercept": [0.5, -0.5]})
    ('T = 2.0678', 'slope = 0.5000, intercept = -1.2500', 'intercept = [0.5000, -0.5000]')
    """
    shown = []
    for name, value in parameters.items():
        if isinstance(value, list):
            if len(value) <= _MANY:
                shown.append(f"{name} = [{', '.join(f'{v:.4f}' for v in value)}]")
        else:
            number = f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
            shown.append(f"{_SYMBOLS.get(name, name)} = {number}")
    return ", ".join(shown)
