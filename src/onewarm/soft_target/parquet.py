"""Targets as Parquet: a row of the target is a row of the file, in columns of lists.

``index`` and ``weight`` hold the named classes, ``table_index`` and ``table_weight`` the table rows taken. The table
has R rows, the file N: row i of the column ``table`` holds those from ``i ceil(R / N)`` on, one after the other. So a
teacher's row i is in row i, and a single prior in the first.
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from onewarm.errors import InputError, MissingExtraError

_KEY = b"onewarm.target"


def to_bytes(header: str, arrays: dict[str, Any]) -> bytes:
    """A Parquet file of these arrays."""
    pa, pq = _pyarrow()
    rows = len(arrays["index"])
    columns = {}
    for name, array in arrays.items():
        ends = np.minimum(np.arange(rows + 1) * _rows_each(len(array), rows), len(array)) * array.shape[1]
        columns[name] = pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), pa.array(array.reshape(-1)))
    file = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata({_KEY: header}), file, write_page_checksum=True)
    return file.getvalue()


def from_bytes(content: bytes) -> tuple[str, dict[str, Any]]:
    """The header and the arrays.

    Raises:
        ValueError: not Parquet, or columns that do not hold what the header says.
    """
    pa, pq = _pyarrow()
    try:
        table = pq.read_table(pa.BufferReader(content), page_checksum_verification=True)
        table.validate(full=True)
        header = (table.schema.metadata or {})[_KEY].decode()
    except (pa.ArrowException, OSError, KeyError) as error:
        raise InputError(str(error) or type(error).__name__) from None
    arrays = {}
    for name, shape in json.loads(header)["shapes"].items():
        column = table.column(name)
        if column.null_count or not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
            raise InputError(f"column {name} is {column.type}, expected lists")
        values = pa.concat_arrays([chunk.flatten() for chunk in column.chunks]) if column.chunks else None
        flat = np.zeros(0, column.type.value_type.to_pandas_dtype()) if values is None else values.to_numpy(False)
        each = _rows_each(shape[0], table.num_rows) * shape[1]
        lengths = np.concatenate([chunk.value_lengths().to_numpy(False) for chunk in column.chunks] or [[]])
        ends = np.minimum(np.arange(table.num_rows + 1) * each, shape[0] * shape[1])
        if len(flat) != shape[0] * shape[1] or not np.array_equal(lengths, np.diff(ends)):
            raise InputError(f"column {name} does not hold the {shape[0]} x {shape[1]} numbers of the header")
        arrays[name] = flat.reshape(shape).copy()
    return header, arrays


def _rows_each(count: int, rows: int) -> int:
    """How many of ``count`` rows a row of the file holds."""
    return -(-count // rows) if rows else 0


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("Parquet needs PyArrow: pip install 'onewarm[parquet]'") from None
    return pyarrow, pyarrow.parquet
