"""Columns from records, as JSON holds them: nested fields by dotted names, ragged and missing values without harm."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from onewarm.errors import InputError, needs
from onewarm.tables.source import Column

with needs("onewarm.tables", "audit"):
    import pyarrow as pa

Path = tuple[str, ...]
_DEEPEST = 8
_SCALARS = {bool: "bool", int: "int", float: "float", str: "text"}


def find_paths(records: Iterable[dict[str, Any]]) -> dict[str, Path]:
    """The fields of some records that are no records themselves: dotted names to paths, in order of appearance.

    >>> find_paths([{"id": 1, "doc": {"query": "a"}}, {"id": 2, "doc": None}])
    {'id': ('id',), 'doc.query': ('doc', 'query')}
    """
    found: dict[Path, None] = {}
    for record in records:
        _visit(record, (), found)
    inner = {path[:i] for path in found for i in range(1, len(path))}
    names: dict[str, Path] = {}
    for path in found:
        if path not in inner:  # a field that is sometimes null, sometimes a record
            names.setdefault(".".join(path), path)
    return names


def _visit(record: dict[str, Any], above: Path, found: dict[Path, None]) -> None:
    for key, value in record.items():
        path = (*above, key)
        if isinstance(value, dict) and value and len(path) < _DEEPEST:
            _visit(value, path, found)
        else:
            found.setdefault(path)


def values_at(records: Sequence[dict[str, Any]], path: Path) -> list[Any]:
    """The value of each record at a path; None where it has none."""
    values: list[Any] = list(records)
    for key in path:
        values = [value.get(key) if isinstance(value, dict) else None for value in values]
    return values


def column_of_values(values: Sequence[Any]) -> Column:
    """What a column that begins with these values is declared as."""
    depth, kinds = _shape(values)
    kind = {"bool": "int", "int": "int"}.get(_common(kinds), _common(kinds))
    if not depth:
        return Column(kind)
    lengths = {len(value) for value in values if value is not None}
    return Column(kind, lengths.pop() if len(lengths) == 1 and depth == 1 else None)


def _common(kinds: set[str]) -> str:
    """The type that values of these types are read as; of none at all: numbers."""
    if kinds <= {"bool"}:
        return "bool" if kinds else "float"
    if kinds <= {"bool", "int"}:
        return "int"
    return "float" if kinds <= {"bool", "int", "float"} else "text"


def _shape(values: Sequence[Any]) -> tuple[int, set[str]]:
    """How deep lists are nested, and the types of what is in them. Text where not all are nested alike."""
    depth = 0
    while True:
        present = [v for v in values if v is not None]
        lists = sum(isinstance(v, list) for v in present)
        if not lists:
            return depth, {_SCALARS.get(type(v), "text") for v in present}
        if lists < len(present) or depth == _DEEPEST:
            return 0, {"text"}
        values = [v for inner in present for v in inner]
        depth += 1


def to_array(file: str, name: str, values: Sequence[Any], first: int, *, numeric: bool, kind: str = "int") -> Any:
    """The values of a column as an Arrow array of the narrowest type that holds them.

    Args:
        file, name: of the column, for errors.
        values: numbers, booleans, texts, lists of them, or None.
        first: number of the first row in the file, from 0.
        numeric: whether they must be numbers, and are read as float64.
        kind: what the column was declared as: values are given as this or as a wider type.

    Raises:
        InputError: a value is no number; with its row.

    Example:
        >>> to_array("a.jsonl", "p", [[0.5, 1], None, []], 0, numeric=True).to_pylist()
        [[0.5, 1.0], None, []]
    """
    depth, kinds = _shape(values)
    common = _common(kinds | ({kind} if kind in ("float", "text") else set()))
    if numeric and common == "text":
        depths = [_shape([v])[0] for v in values if v is not None]
        bad = (i for i, v in enumerate(values) if v is not None and _common(_shape([v])[1]) == "text")
        other = (i for i, v in enumerate(values) if v is not None and _shape([v])[0] != depths[0])
        row = next(bad, None)
        row, what = (next(other), "as deep a list as in the rows before") if row is None else (row, "a number")
        raise InputError(
            f"{file}: row {first + row + 1}, column {name!r} is {json.dumps(values[row])[:60]}, not {what}; correct it "
            "or drop the row"
        )
    if common == "text" and depth == 0:
        return pa.array([None if v is None else _text(v) for v in values], pa.string())
    if common == "text":
        return pa.array(_texts(values), _nested(pa.string(), depth))
    leaf = {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}[common]
    if (numeric and common != "bool") or {"bool", "int"} <= kinds or "float" in kinds:
        values = _floats(values) if "bool" in kinds or "int" in kinds else list(values)
        leaf = pa.float64()
    try:
        return pa.array(values, _nested(leaf, depth))
    except (OverflowError, pa.ArrowInvalid):  # whole numbers beyond 64 bits
        return pa.array(_floats(values), _nested(pa.float64(), depth))


def _nested(kind: Any, depth: int) -> Any:
    for _ in range(depth):
        kind = pa.list_(kind)
    return kind


def _texts(values: Any) -> Any:
    if isinstance(values, list | tuple):
        return [_texts(v) for v in values]
    return None if values is None else _text(values)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value) if isinstance(value, list | dict) else str(value)
    return text.encode("utf-8", "backslashreplace").decode()  # JSON may hold half a character, "\\ud800"


def _floats(values: Any) -> Any:
    if isinstance(values, list | tuple):
        return [_floats(v) for v in values]
    try:
        return None if values is None else float(values)
    except OverflowError:
        return float("inf") if values > 0 else float("-inf")
