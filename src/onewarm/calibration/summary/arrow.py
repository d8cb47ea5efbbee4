"""Arrow arrays, lists, record batches and tables as NumPy arrays, without importing PyArrow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError


def from_arrow(values: Any, name: str) -> NDArray[Any]:
    """An Arrow array as (N,); lists of equal length, or the columns of a record batch or table, as (N, K).

    Without a copy if Arrow holds one buffer. Raises ValueError, naming ``name`` and the row, for nulls and for lists of
    different lengths.

    >>> import pyarrow as pa
    >>> from_arrow(pa.array([[0.75, 0.25], [0.5, 0.5]]), "probabilities")
    array([[0.75, 0.25],
           [0.5 , 0.5 ]])
    """
    if hasattr(values, "columns"):  # record batch, table
        return np.stack([from_arrow(column, f"{name}.{key}") for key, column in _named(values)], axis=1)
    if hasattr(values, "combine_chunks"):
        values = values.combine_chunks()
        if hasattr(values, "chunks"):
            values = values.chunk(0)
    if values.null_count:
        at = values.is_null().to_numpy(zero_copy_only=False).argmax()
        raise InputError(f"{name}[{at}] is null: fill it in or leave the row out")
    if hasattr(values, "to_numpy_ndarray"):  # fixed-shape tensors
        return np.asarray(values.to_numpy_ndarray())
    if not hasattr(values, "flatten") or not hasattr(values.type, "value_type"):
        return np.asarray(values.to_numpy(zero_copy_only=False))
    flat = from_arrow(values.flatten(), name)
    rows = len(values)
    width = len(flat) // rows if rows else 0
    if hasattr(values, "offsets"):
        lengths = np.diff(values.offsets.to_numpy())
        if (lengths != width).any():
            at = int((lengths != lengths[0]).argmax())
            raise InputError(f"{name}[{at}] has {lengths[at]} entries, but {name}[0] {lengths[0]}: one for each class")
    return flat.reshape(rows, width)


def _named(table: Any) -> list[tuple[str, Any]]:
    return list(zip(table.schema.names, table.columns, strict=True))
