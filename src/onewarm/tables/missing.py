"""Rows in which a value is missing: empty cells, NaN, and the words that stand for nothing in text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import needs
from onewarm.tables.source import Columns

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute

WORDS = frozenset({"", "na", "n/a", "#n/a", "nan", "-nan", "null", "<na>"})
"""Texts that say that there is no value, in lower case; also Python's ``None``, but "none" may be a class."""


def is_missing(column: Any) -> NDArray[np.bool_]:
    """Which rows of a column, NumPy's or Arrow's, have no value; (n,). A list without one of its numbers has none.

    >>> is_missing(pa.array([0.5, None, float("nan")])).tolist()
    [False, True, True]
    >>> is_missing(np.array(["cat", "NA", ""])).tolist()
    [False, True, True]
    """
    if isinstance(column, np.ndarray):
        if column.dtype.kind == "f":
            return np.asarray(np.isnan(column).reshape(len(column), -1).any(axis=1))
        if column.dtype.kind in "US":
            distinct, codes = np.unique(column.astype(str), return_inverse=True)
            return np.asarray([_is_word(text) for text in distinct.tolist()], bool)[codes].reshape(-1)
        return np.zeros(len(column), bool)
    kind = column.type
    out = column.is_null(nan_is_null=_floating(kind)).to_numpy(zero_copy_only=False)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column, kind = column.dictionary_encode(), pa.dictionary(pa.int32(), kind)
    if pa.types.is_dictionary(kind):
        texts = column.dictionary.cast(pa.string()).to_pylist()
        words = np.asarray([text is None or _is_word(text) for text in texts] + [True])
        return np.asarray(words[column.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        flat = column.flatten()
        parents = pyarrow.compute.list_parent_indices(column).to_numpy(zero_copy_only=False)
        out = np.asarray(out).copy()
        out[parents[flat.is_null(nan_is_null=_floating(flat.type)).to_numpy(zero_copy_only=False)]] = True
    return np.asarray(out)


def _floating(kind: Any) -> bool:
    return bool(pa.types.is_floating(kind))


def _is_word(text: str) -> bool:
    text = text.strip()
    return text == "None" or text.lower() in WORDS


def kept(columns: Columns, keep: NDArray[np.bool_]) -> Columns:
    """Only some rows of a batch of columns."""
    return {n: c[keep] if isinstance(c, np.ndarray) else c.filter(pa.array(keep)) for n, c in columns.items()}
