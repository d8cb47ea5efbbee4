"""Named values: numbers of a page that values.py computes, filled into its texts as `{{ value:NAME FORMAT }}`.

values.py is a Python file of the concept folder. It finds `ow` (onewarm) and `np` (NumPy); every name that it assigns
and that does not start with an underscore is a value of the page, if it is a number or a text. FORMAT is Python's, as
in `{{ value:loss .4f }}`; without one a number is written with four significant digits. The name `picture` is the
picture of the demo's first state, for paper and for readers without JavaScript (see `onewarm.notebook.page.still`).
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import onewarm as ow
from onewarm.notebook.concept.walk import markdown_texts
from onewarm.notebook.concept.yaml import Document, Fault, Place, nearest, read_text

__all__ = ["Values", "ValuesFile", "filled_document", "filled_text", "read_values", "reference_faults_in"]

Values = Mapping[str, float | int | str]
VALUES_NAME = "values.py"
REFERENCE = re.compile(r"\{\{\s*value:([A-Za-z]\w*)(?:\s+([^{}\s]+))?\s*\}\}")
_UNDERSTOOD = re.compile(r"\{\{[^{}]*\}\}")


@dataclass(frozen=True)
class ValuesFile:
    """What values.py assigns, and its faults; without the file there is nothing of either."""

    values: dict[str, float | int | str] = field(default_factory=dict)
    picture: dict[str, Any] | None = None
    faults: tuple[Fault, ...] = ()


def read_values(file: Path) -> ValuesFile:
    """What values.py assigns. It is run."""
    if not file.is_file():
        return ValuesFile()
    scope: dict[str, Any] = {"__name__": "__values__", "np": np, "ow": ow}
    try:
        exec(compile(read_text(file), str(file), "exec"), scope)
    except SyntaxError as error:
        return ValuesFile(faults=(Fault(file, error.lineno or 1, "", error.msg, "Correct the code."),))
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        problem = f"{type(error).__name__}: {error}".splitlines()[0]
        fault = Fault(file, (lines[-1] if lines else None) or 1, "", problem, "Correct the code.")
        return ValuesFile(faults=(fault,))
    values = {name: value for name, given in scope.items() if (value := _value(name, given)) is not None}
    picture = scope.get("picture")
    return ValuesFile(values, picture if isinstance(picture, dict) else None)


def _value(name: str, given: Any) -> float | int | str | None:
    if name.startswith("_") or isinstance(given, bool):
        return None
    if isinstance(given, int | float | str):
        return given
    if isinstance(given, np.number | np.ndarray) and np.ndim(given) == 0:
        return float(given)
    return None


def filled_text(text: str, values: Values) -> str:
    """The text with its values filled in. A name that is not among them stays as it is.

    A minus sign is a hyphen in formulas and in code, where they expect one, and a minus sign in prose.

    >>> filled_text("{{ value:loss .3f }} nats, ${{ value:low .0f }}$, {{ value:other }}.", {"loss": 0.17, "low": -2})
    '0.170 nats, $-2$, {{ value:other }}.'
    """

    def one(match: re.Match[str]) -> str:
        if match[1] not in values:
            return match[0]
        value, before = values[match[1]], text[: match.start()]
        filled = written(value, match[2])
        marked = any(before.count(mark) % 2 for mark in "$`")
        return filled if marked or isinstance(value, str) else filled.replace("-", "−")

    return REFERENCE.sub(one, text)


def written(value: float | int | str, form: str | None) -> str:
    """A value as text, in Python's format; zero has no sign."""
    if isinstance(value, str):
        return format(value, form or "")
    text = format(value, form or (".4g" if isinstance(value, float) else ""))
    return re.sub(r"^-(?=[0.]+%?$)", "", text)


def filled_document(value: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """A concept.yaml's value with the texts filled in, but for its exercises: they have values of their own."""
    filled: dict[str, Any] = _copied(value)
    for place, text in markdown_texts(filled):
        if place[0] != "practice":
            _put(filled, place, filled_text(text, values))
    for state in (filled.get("demo") or {}).get("states") or ():
        state["state"] = _numbers(state.get("state"), values)
    return filled


def _numbers(value: Any, values: Values) -> Any:
    """A demo state in which "{{ value:NAME }}" stands for the number itself."""
    if isinstance(value, dict):
        return {key: _numbers(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item, values) for item in value]
    match = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[1] not in values:
        return value
    number = values[match[1]]
    return float(format(number, match[2])) if match[2] else number


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _put(value: Any, place: Place, text: str) -> None:
    *path, last = place
    for part in path:
        value = value[part]
    value[last] = text


def reference_faults_in(
    document: Document, values: Values, scopes: Mapping[int, Sequence[str]], page: Path, page_text: str
) -> Iterator[Fault]:
    """References to values that there are not, and formats that do not fit, in concept.yaml and page.md.

    Args:
        document: concept.yaml.
        values: the page's values.
        scopes: for each exercise, the names that it has besides.
        page: page.md, and its text.
        page_text: the text of page.md.
    """
    for place, text in markdown_texts(document.value):
        own = scopes.get(place[1], ()) if place[0] == "practice" and isinstance(place[1], int) else ()
        for problem, remedy in _problems(text, values, own):
            yield document.fault(place, problem, remedy)
    for i, line in enumerate(page_text.splitlines(), start=1):
        for problem, remedy in _problems(line, values, ()):
            yield Fault(page, i, "", problem, remedy)


def _problems(text: str, values: Values, own: Sequence[str]) -> Iterator[tuple[str, str]]:
    for braces in _UNDERSTOOD.findall(text):
        match = REFERENCE.fullmatch(braces)
        if match is None:
            yield f"`{braces}` is not a value", "Write {{ value:NAME .3f }}."
        elif match[1] not in values and match[1] not in own:
            yield f"no value '{match[1]}' in values.py", nearest(match[1], [*values, *own])
        elif match[1] in values and match[2]:
            try:
                written(values[match[1]], match[2])
            except ValueError:
                yield f"'{match[2]}' is not a format of {values[match[1]]!r}", "Use one of Python's, such as .3f."
