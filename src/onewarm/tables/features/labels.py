"""The label column of a table, and its labels as classes."""

from __future__ import annotations

import difflib
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import visible
from onewarm.errors import InputError, needs
from onewarm.tables.columns.names import LABEL_NAMES, RARE_LABEL_NAMES, clean
from onewarm.tables.features.text import alike
from onewarm.tables.missing import WORDS

with needs("onewarm.tables", "audit"):
    import pyarrow as pa

MIN_PER_CLASS = 3
OTHER = "other"
_NAMED = 12

Rare = Literal["error", "merge", "drop"]


@dataclass(frozen=True)
class Classes:
    """Labels y (n,) in 0..K-1 of the rows `kept` (n,), the classes' names, and what was done, in sentences."""

    y: NDArray[np.int64]
    names: tuple[str, ...]
    kept: NDArray[np.int64]
    notes: tuple[str, ...] = ()


def find_label(file: str, names: Sequence[str], label: str | None) -> str:
    """The label column: the one that is asked for, or the only one with a usual name.

    Raises InputError where there is none, or several.
    """
    if label is not None:
        return named(file, label, names)
    found = _usual(names)
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(map(repr, found))
        raise InputError(f"{file}: {listed} could each be the label; name one with --label")
    shown = ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")
    raise InputError(
        f"{file}: no label column found (looked for {', '.join(LABEL_NAMES[:7])}, ...); name one with --label: {shown}"
    )


def named(file: str, name: str, names: Sequence[str]) -> str:
    """The column of this name; an accent may be written as one character or as two.

    Raises InputError where there is none.

    >>> named("t.csv", "gr\u00f6\u00dfe", ["gro\u0308\u00dfe"]) == "gro\u0308\u00dfe"
    True
    """
    if name in names:
        return name
    for known in names:
        if unicodedata.normalize("NFC", known) == unicodedata.normalize("NFC", name):
            return known
    raise no_column(file, name, names)


def no_column(file: str, name: str, names: Sequence[str]) -> InputError:
    """The error for a column that is not there.

    >>> no_column("t.csv", "labl", ["a", "label"])
    InputError("t.csv: no column 'labl'; nearest: 'label'")
    """
    near = difflib.get_close_matches(name, names, n=3)
    shown = ", ".join(map(repr, near or names[:8])) + (", ..." if not near and len(names) > 8 else "")
    return InputError(f"{file}: no column {name!r}; {'nearest' if near else 'it has'}: {shown}")


def has_label(names: Sequence[str]) -> bool:
    """Whether a column has a usual name of labels.

    >>> has_label(["age", "Survived"])
    True
    """
    return bool(_usual(names))


def _usual(names: Sequence[str]) -> list[str]:
    """The columns with a name of labels, of the most usual names that occur."""
    for usual in (LABEL_NAMES, RARE_LABEL_NAMES, ("survived", "churn", "default", "fraud")):
        found = [n for name in usual for n in names if clean(n) == name]
        if found:
            return found
    return []


def classes(file: str, name: str, column: Any, rare: Rare = "error", units: Any = None) -> Classes:
    """Labels of any type as 0..K-1 in sorted order.

    Args:
        file: for errors.
        name: of the label column.
        column: an array of NumPy (N,), or a chunked one of Arrow.
        rare: what to do with classes of fewer than ``MIN_PER_CLASS`` rows: "error", "merge" them into one class
            "other", or "drop" their rows.
        units: codes (N,) of the groups that stay together, of which each class then needs as many; or None.

    Raises InputError, all faults at once: rows without a label, measurements, one class, rare classes.
    """
    if rare not in ("error", "merge", "drop"):
        raise InputError(f"rare={rare!r}: give 'error', 'merge' or 'drop'")
    codes, values, faults = _values(file, name, column)
    if faults:
        raise InputError(f"{file}: " + "; ".join(faults))
    different = _sorted(set(values))
    if len(different) == 1:
        raise InputError(f"{file}: one class only: every row of {name!r} is {different[0]!r}")
    at = {value: k for k, value in enumerate(different)}
    y = np.asarray([at[v] for v in values], np.int64)[codes]
    found = _without_rare(file, name, y, [str(value) for value in different], rare, units)
    return replace(found, notes=(*_spellings(found.names), *found.notes))


def _spellings(names: Sequence[str]) -> list[str]:
    """A warning for classes that may be one, written in several ways."""
    groups = alike(names)
    if not groups:
        return []
    shown = "; ".join(", ".join(repr(visible(text)) for text in group) for group in groups[:3])
    more = f"; and {len(groups) - 3} more" if len(groups) > 3 else ""
    return [f"Warning: classes that differ only in case or spaces: {shown}{more}. Write them alike where they are one."]


def _values(file: str, name: str, column: Any) -> tuple[NDArray[np.int64], list[Any], list[str]]:
    """The labels as places (N,) among different values, these as Python's, and what is wrong with them."""
    if not isinstance(column, np.ndarray) and pa.types.is_nested(column.type):
        raise InputError(f"{file}: label column {name!r} holds {column.type}, not one class a row")
    codes, values = _distinct(column)
    values = [_label(v) for v in values]
    faults = []
    missing = np.isin(codes, [k for k, value in enumerate(values) if value is None])
    if missing.any():
        rows = (np.flatnonzero(missing)[:5] + 1).tolist()
        some = int(missing.sum())
        shown = ", ".join(map(str, rows)) + (", ..." if some > 5 else "")
        who = f"row {shown} has" if some == 1 else f"{some} rows ({shown}) have"
        hint = "; where NA or None is a class, write it otherwise" if some > max(4, len(codes) / 10) else ""
        faults.append(f"{who} no label (column {name!r}); fill it or drop the row{hint}")
    odd = np.isin(codes, [k for k, value in enumerate(values) if isinstance(value, float)])
    if odd.any():
        row = int(odd.argmax())
        faults.append(
            f"label column {name!r} holds measurements, not classes: row {row + 1} is {values[codes[row]]}; make "
            "classes of them, as with pandas.cut or pandas.qcut"
        )
    elif all(isinstance(v, str) for v in values) and len(values) > max(20, len(codes) / 2):
        faults.append(
            f"label column {name!r} holds {len(values)} different texts in {len(codes)} rows: ids or free text, not "
            "classes; name another with --label"
        )
    elif all(isinstance(v, int) for v in values if v is not None) and len(values) > max(20, len(codes) / 5):
        faults.append(
            f"label column {name!r} holds {len(values)} different numbers in {len(codes)} rows: measurements, not "
            "classes; make classes of them, as with pandas.cut or pandas.qcut"
        )
    return codes, values, faults


def _distinct(column: Any) -> tuple[NDArray[np.int64], list[Any]]:
    if isinstance(column, np.ndarray):
        values, codes = np.unique(column, return_inverse=True)
        return codes.reshape(-1), values.tolist()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries().combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    texts = [*column.dictionary.to_pylist(), None]
    codes = column.indices.cast(pa.int64()).fill_null(len(texts) - 1).to_numpy(zero_copy_only=False)
    used, codes = np.unique(codes, return_inverse=True)
    return codes.reshape(-1), [texts[k] for k in used.tolist()]


def _label(value: Any) -> Any:
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value.strip())
        return None if text.lower() in WORDS or text in ("?", "None") else text
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return int(value) if value.is_integer() else value
    return value


def _sorted(values: set[Any]) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:  # of several types
        return sorted(values, key=str)


def _without_rare(file: str, name: str, y: NDArray[np.int64], names: list[str], rare: Rare, units: Any) -> Classes:
    counts = np.bincount(y, minlength=len(names))
    what, enough = "row", counts
    if units is not None:
        pairs = np.unique(np.column_stack([y, units]), axis=0)
        what, enough = "group", np.bincount(pairs[:, 0], minlength=len(names))
    few = np.flatnonzero(enough < MIN_PER_CLASS)
    everything = np.arange(len(y))
    if not len(few):
        return Classes(y, tuple(names), everything)
    listed = ", ".join(f"{visible(names[k])!r} ({enough[k]})" for k in few[:_NAMED])
    listed += f" and {len(few) - _NAMED} more" if len(few) > _NAMED else ""
    needed = f"fewer than {MIN_PER_CLASS} {what}s of {name!r}, one each for training, validation and test"
    if rare == "error":
        raise InputError(
            f"{file}: {_classes_have(len(few))} {needed}: {listed}; merge them into {OTHER!r} with --rare merge, or "
            "leave their rows out with --rare drop"
        )
    is_rare = np.isin(y, few)
    if rare == "merge":
        merged = int(enough[few].sum())
        if merged < MIN_PER_CLASS:
            raise InputError(
                f"{file}: {_classes_have(len(few))} {needed}: {listed}; together they have {merged}: leave their rows "
                "out with --rare drop"
            )
        other = next(text for text in (OTHER, *(f"{OTHER} {i}" for i in range(2, len(names) + 3))) if text not in names)
        kept_names = [text for k, text in enumerate(names) if k not in set(few.tolist())] + [other]
        places = np.full(len(names), len(kept_names) - 1)
        places[np.setdiff1d(np.arange(len(names)), few)] = np.arange(len(kept_names) - 1)
        note = f"Merged into the class {other!r}: {len(few)} classes with {needed}: {listed}."
        y, kept = places[y], everything
    else:
        common = np.setdiff1d(np.arange(len(names)), few)
        kept_names = [names[k] for k in common.tolist()]
        places = np.zeros(len(names), np.int64)
        places[common] = np.arange(len(common))
        kept = np.flatnonzero(~is_rare)
        y = places[y[kept]]
        note = f"Left out: {int(is_rare.sum())} rows of {len(few)} classes with {needed}: {listed}."
    if len(kept_names) < 2:
        raise InputError(f"{file}: one class is left of {name!r} without those of {needed}: {listed}")
    return Classes(y, tuple(kept_names), kept, (note,))


def _classes_have(count: int) -> str:
    return f"{count} classes have" if count > 1 else "a class has"
