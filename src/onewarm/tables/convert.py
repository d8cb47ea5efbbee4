"""Columns of a batch, NumPy's or Arrow's, as NumPy arrays: one value a row, one row a matrix, codes of groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from onewarm.tables import row_checks as check
from onewarm.tables.columns import Layout


def values(at: check.Place, name: str, column: Any) -> NDArray[Any]:
    """One number or text a row; an empty place is an error."""
    if isinstance(column, np.ndarray):
        return column
    if column.null_count:
        row = column.is_null().to_numpy(zero_copy_only=False).argmax()
        raise at.error(int(row), name, "is empty", "fill it or drop the row")
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return np.asarray(column.to_numpy(zero_copy_only=False))


def matrix(at: check.Place, columns: dict[str, Any], names: tuple[str, ...], num_classes: int) -> NDArray[Any]:
    """(n, K) from one column of lists, or from a column a class."""
    if len(names) > 1:
        parts = [values(at, n, columns[n]) for n in names]
        for name, part in zip(names, parts, strict=True):
            if part.dtype.kind not in "fiub":
                raise ValueError(f"{at.file}: column {name!r} holds text, not numbers")
        matrix = np.column_stack(parts)
    else:
        matrix = _lists(at, names[0], columns[names[0]], num_classes)
    if matrix.dtype.kind not in "fiub":
        raise ValueError(f"{at.file}: column {names[0]!r} holds text, not numbers")
    if len(names) > 1 and matrix.shape[1] != num_classes:
        raise ValueError(f"{at.file}: {len(names)} columns from {names[0]!r}, but {num_classes} classes are predicted")
    return matrix


def _lists(at: check.Place, name: str, column: Any, num_classes: int) -> NDArray[Any]:
    if isinstance(column, np.ndarray):
        if column.ndim == 2 and column.shape[1] != num_classes:
            raise ValueError(
                f"{at.file}: {name!r} has {column.shape[1]} columns, but {num_classes} classes are predicted"
            )
        return column.reshape(len(column), -1)
    if not (
        pa.types.is_fixed_size_list(column.type) or pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
    ):
        return values(at, name, column).reshape(-1, 1)
    if column.null_count:
        row = column.is_null().to_numpy(zero_copy_only=False).argmax()
        raise at.error(int(row), name, "is empty", "fill it or drop the row")
    lengths = column.value_lengths().to_numpy(zero_copy_only=False)
    if (lengths != num_classes).any():
        row = int((lengths != num_classes).argmax())
        raise at.error(row, name, f"holds {lengths[row]} numbers", f"there are {num_classes} classes: one for each")
    flat = column.flatten()
    if flat.null_count:
        row = int(flat.is_null().to_numpy(zero_copy_only=False).argmax())
        raise at.error(row // num_classes, f"{name}[{row % num_classes}]", "is empty", "fill it or drop the row")
    return np.asarray(flat.to_numpy(zero_copy_only=False)).reshape(-1, num_classes)


def codes(column: Any) -> tuple[NDArray[np.int64], list[str]]:
    """A slice column as codes and the text of each; an empty place is a value of its own."""
    if isinstance(column, np.ndarray):
        found, inverse = np.unique(column, return_inverse=True)
        return inverse.astype(np.int64), [str(v) for v in found.tolist()]
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    said = [str(v) for v in column.dictionary.to_pylist()]
    places = column.indices.fill_null(len(said)).to_numpy(zero_copy_only=False).astype(np.int64)
    return places, [*said, "(empty)"]


def truth(at: check.Place, columns: dict[str, Any], layout: Layout, num_classes: int) -> NDArray[Any]:
    """The truth of a batch, checked: labels (n,), votes or distributions (n, K)."""
    if layout.votes:
        return check.votes(at, layout.truth, matrix(at, columns, layout.truth, num_classes))
    name = layout.truth[0]
    return check.labels(at, name, values(at, name, columns[name]), num_classes, layout.classes)
