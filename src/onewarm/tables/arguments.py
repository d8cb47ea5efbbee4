"""What Python passes (arrays, tensors, DataFrames, names of columns and files) as files or a source, and a choice."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.summary.inputs import to_numpy
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget
from onewarm.tables.columns.choice import Choice
from onewarm.tables.formats.memory import open_memory
from onewarm.tables.source import Source

_ROLES = ("labels", "probabilities", "logits", "votes", "weight", "group", "confidence", "correct")


class Given(NamedTuple):
    """The arguments as files or a source, the columns they name, and the names of classes, where they were given."""

    files: list[str] | Source
    choice: Choice
    classes: tuple[str, ...] | None = None


def given(
    predictions: Any,
    *,
    slices: Sequence[str] | Mapping[str, Any] = (),
    classes: Sequence[Any] | None = None,
    skip_missing: bool = False,
    positive: str | None = None,
    **roles: Any,
) -> Given:
    """Sort arguments into columns.

    Args:
        predictions: names of files, or globs; an array of probabilities (N, K), or (N,) of class 1; a DataFrame or
            table; or None, where ``roles`` hold arrays.
        slices: names of columns; or a mapping of names to arrays.
        classes: names of the classes of an array, in its order; labels may be these names then.
        skip_missing, positive: as in ``Choice``.
        roles: "labels", "probabilities", "logits", "votes", "weight", "group", "confidence", "correct": each the name
            of a column, or an array (N,) or (N, K); as labels also a SoftTarget.

    Raises:
        TypeError: arrays beside files.
        ValueError: no predictions, two kinds of truth, or a label that is none of ``classes``.
    """
    arrays = {role: value for role, value in roles.items() if value is not None and not isinstance(value, str | Path)}
    names = {role: str(value) for role, value in roles.items() if isinstance(value, str | Path)}
    if isinstance(slices, Mapping):
        arrays |= {f"slice {name}": values for name, values in slices.items()}
    chosen = Choice(
        **{role: names.get(role) for role in _ROLES},
        slices=() if isinstance(slices, Mapping) else tuple([slices] if isinstance(slices, str) else slices),
        skip_missing=skip_missing,
        positive=positive,
    )
    files = _files(predictions)
    if files is not None:
        if arrays or classes is not None:
            raise TypeError(
                f"{next(iter(arrays), 'classes')} is an array, but the predictions are files: name a column, or pass "
                "the predictions as an array or a DataFrame"
            )
        return Given(files, chosen)
    table = _columns(predictions, arrays)
    if predictions is not None and not isinstance(table, Mapping):
        if classes is not None:
            raise TypeError("classes names the columns of an array: the columns of a table have names")
        return Given(open_memory(table, name="predictions"), chosen)
    return _of_arrays(dict(table), arrays, chosen, classes)


@contextmanager
def in_words_of_python() -> Iterator[None]:
    """Around the reading of what is in memory: errors name arguments, not options of the command line.

    >>> with in_words_of_python():
    ...     raise InputError("pass --skip-missing")
    Traceback (most recent call last):
    onewarm.errors.InputError: pass skip_missing=
    """
    try:
        yield
    except InputError as error:
        text = re.sub(r"--([a-z]+)(-[a-z]+)?", lambda m: m[0][2:].replace("-", "_") + "=", str(error))
        raise InputError(text.replace("slice=", "slices=")) from None


def _files(predictions: Any) -> list[str] | None:
    if isinstance(predictions, str | Path):
        return [str(predictions)]
    if isinstance(predictions, list | tuple) and predictions and all(isinstance(p, str | Path) for p in predictions):
        return [str(p) for p in predictions]
    return None


def _columns(predictions: Any, arrays: Mapping[str, Any]) -> Any:
    """A table as it is; or with more arrays, or of arrays alone, a mapping of its columns."""
    if predictions is None:
        return {}
    if isinstance(predictions, Mapping):
        return dict(predictions)
    if not _is_table(predictions):
        return {"probabilities": _flat(predictions)}
    if not arrays:
        return predictions
    names = open_memory(predictions, name="predictions").columns
    return {name: predictions[name] for name in names}


def _is_table(value: Any) -> bool:
    """Whether a value has named columns, as a DataFrame or an Arrow table, not one array."""
    return hasattr(value, "__dataframe__") or (
        hasattr(value, "__arrow_c_stream__") and any(hasattr(value, of) for of in ("columns", "schema"))
    )


def _of_arrays(table: dict[str, Any], arrays: dict[str, Any], choice: Choice, classes: Sequence[Any] | None) -> Given:
    named: dict[str, Any] = {}
    for role, values in arrays.items():
        if role.startswith("slice "):
            table[role.removeprefix("slice ")] = values
            choice = replace(choice, slices=(*choice.slices, role.removeprefix("slice ")))
            continue
        if role == "labels":
            role, values = _truth(values, classes)
        table[role] = values if role == "votes" else _flat(values)
        named[role] = role
    if not table:
        raise InputError("there are no predictions: pass probabilities, logits=, or confidence= and correct=")
    if "votes" in named and "labels" in named:
        raise InputError("labels and votes are both given: pass one of them as the truth")
    known = None if classes is None else tuple(str(c) for c in classes)
    return Given(open_memory(table, name="arguments"), replace(choice, **named), known)


def _flat(values: Any) -> Any:
    """One column (N, 1), as Keras gives it, as (N,)."""
    shape: tuple[int, ...] = tuple(getattr(values, "shape", ()))
    return values[:, 0] if shape[1:] == (1,) else values


def _truth(values: Any, classes: Sequence[Any] | None) -> tuple[str, Any]:
    """Labels as they are, or as places in ``classes``; rows of votes, of shares, or of a SoftTarget as votes."""
    if isinstance(values, SoftTarget):
        mass = np.asarray(to_numpy(values.dense(), "labels"), np.float64)
        total = mass.sum(axis=1, keepdims=True)
        if not (total > 0).all():
            row = int((total[:, 0] <= 0).argmax()) + 1
            raise InputError(f"labels: row {row} of the SoftTarget has no mass: leave such rows out")
        return "votes", mass / total
    array = to_numpy(values, "labels")
    if array.ndim == 2 and array.shape[1] > 1:
        return "votes", array
    array = _flat(array)
    return "labels", array if classes is None else _places(array, classes)


def _places(labels: NDArray[Any], classes: Sequence[Any]) -> NDArray[np.int64]:
    """The place of each label among the classes, by value or by name; else whole numbers are places already."""
    known = np.asarray(classes).tolist()
    at: dict[Any, int] = {str(name): k for k, name in enumerate(known)} | {name: k for k, name in enumerate(known)}
    values, inverse = np.unique(labels, return_inverse=True)
    found: list[int] = [at.get(value, at.get(str(value), -1)) for value in values.tolist()]
    if max(found) < 0 and labels.dtype.kind in "iu" and not all(isinstance(name, int | float) for name in known):
        return np.asarray(labels, np.int64)
    if min(found) < 0:
        k = found.index(-1)
        row, text = int((inverse == k).argmax()) + 1, str(values[k])
        names = [str(name) for name in known]
        near = difflib.get_close_matches(text, names, n=1)
        hint = f"; nearest: {near[0]!r}" if near else ""
        raise InputError(f"labels: row {row} is {text!r}, none of the classes {', '.join(names[:5])}{hint}")
    return np.asarray(found, np.int64)[inverse]
