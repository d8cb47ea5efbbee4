"""Converts columns of a batch, NumPy's or Arrow's, to NumPy arrays: vectors, matrices, and codes of groups."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError, needs
from onewarm.tables.missing import is_missing
from onewarm.tables.row_checks import Place
from onewarm.tables.source import Columns

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute


EMPTY = "fill it, or leave such rows out with --skip-missing"


def values(at: Place, name: str, column: Any) -> NDArray[Any]:
    """A column with one number or text in each row, as an array (n,).

    Raises:
        ValueError: with the first empty row.
    """
    column = unnested(column)
    if isinstance(column, np.ndarray):
        return column
    if column.null_count:
        row = column.is_null().to_numpy(zero_copy_only=False).argmax()
        raise at.error(int(row), name, "is empty", EMPTY)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return np.asarray(column.to_numpy(zero_copy_only=False))


def matrix(at: Place, columns: Columns, names: tuple[str, ...], num_classes: int) -> NDArray[Any]:
    """A matrix (n, K) from one column of lists, or from one column for each class. One column of numbers gives (n, 1).

    Args:
        at: the batch's place, for errors.
        columns: the batch.
        names: the columns to take, in the order of the classes.
        num_classes: K.

    Raises:
        ValueError: text, an empty cell, a list of another length than K; with file, row and column.
    """
    if len(names) > 1:
        parts = [values(at, n, columns[n]) for n in names]
        for name, part in zip(names, parts, strict=True):
            if part.dtype.kind not in "fiub":
                raise InputError(f"{at.file}: column {name!r} holds text, not numbers")
        matrix = np.column_stack(parts)
    else:
        matrix = _lists(at, names[0], columns[names[0]], num_classes)
    if matrix.dtype.kind not in "fiub":
        raise InputError(f"{at.file}: column {names[0]!r} holds text, not numbers")
    if len(names) > 1 and matrix.shape[1] != num_classes:
        raise InputError(f"{at.file}: {len(names)} columns from {names[0]!r}, but {num_classes} classes are predicted")
    return matrix


def _lists(at: Place, name: str, column: Any, num_classes: int) -> NDArray[Any]:
    column = unnested(column)
    if isinstance(column, np.ndarray):
        if column.ndim == 2 and column.shape[1] != num_classes:
            raise InputError(
                f"{at.file}: {name!r} has {column.shape[1]} columns, but {num_classes} classes are predicted"
            )
        return column.reshape(len(column), -1)
    if not (
        pa.types.is_fixed_size_list(column.type) or pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
    ):
        return values(at, name, column).reshape(-1, 1)
    if column.null_count:
        row = column.is_null().to_numpy(zero_copy_only=False).argmax()
        raise at.error(int(row), name, "is empty", EMPTY)
    lengths = column.value_lengths().to_numpy(zero_copy_only=False)
    if (lengths != num_classes).any():
        row = int((lengths != num_classes).argmax())
        raise at.error(row, name, f"holds {lengths[row]} numbers", f"there are {num_classes} classes: one for each")
    flat = column.flatten()
    if flat.null_count:
        row = int(flat.is_null().to_numpy(zero_copy_only=False).argmax())
        raise at.error(row // num_classes, f"{name}[{row % num_classes}]", "is empty", EMPTY)
    return np.asarray(flat.to_numpy(zero_copy_only=False)).reshape(-1, num_classes)


def codes(column: Any) -> tuple[NDArray[np.int64], list[str]]:
    """A column of groups as codes (n,) and the text of each code; empty cells are a group, "(empty)".

    >>> codes(pa.array(["fr", None, "fr", "de"]))
    (array([0, 2, 0, 1]), ['fr', 'de', '(empty)'])
    """
    column = unnested(column)
    if isinstance(column, np.ndarray):
        distinct, inverse = np.unique(column, return_inverse=True)
        return inverse.astype(np.int64), [str(v) for v in distinct.tolist()]
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    texts = [str(v) for v in column.dictionary.to_pylist()]
    row_codes = column.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False).astype(np.int64)
    return row_codes, [*texts, "(empty)"]


def unnested(column: Any) -> Any:
    """A column with one value a row, also where each value is in a list, or in a row (n, 1), of its own."""
    if isinstance(column, np.ndarray):
        return column.reshape(-1) if column.ndim == 2 and column.shape[1] == 1 else column
    if not (pa.types.is_list(column.type) or pa.types.is_fixed_size_list(column.type)) or column.null_count:
        return column
    alone = pa.compute.all(pa.compute.equal(column.value_lengths(), 1)).as_py()
    return column.flatten() if alone else column


def plain(text: str) -> str:
    """The text of a value as labels are compared: without spaces around it, whole numbers without a decimal point.

    >>> plain(" cat "), plain("3.0"), plain("-1")
    ('cat', '3', '-1')
    """
    text = text.strip()
    match = re.fullmatch(r"([-+]?\d+)\.0*", text)
    return str(int(match[1])) if match else text


def hashes(at: Place, name: str, column: Any) -> NDArray[np.uint64]:
    """A column as 64-bit hashes of the text of its values, (n,): equal where the values are, in any file or batch.

    Raises:
        ValueError: with the first empty row.
    """
    empty = is_missing(column)
    if empty.any():
        raise at.error(int(empty.argmax()), name, "is empty", EMPTY)
    row_codes, texts = codes(column)
    digests = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, "<u8").astype(np.uint64)[row_codes]
