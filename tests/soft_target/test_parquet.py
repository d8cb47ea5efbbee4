"""Columns of lists: other readers see them, and other files are refused."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onewarm.errors import InputError
from onewarm.soft_target import parquet

ARRAYS = {"index": np.arange(4).reshape(4, 1), "table": np.arange(14.0).reshape(7, 2)}
HEADER = json.dumps({"shapes": {name: array.shape for name, array in ARRAYS.items()}})


def test_a_table_longer_than_the_file_is_spread_over_its_rows():
    content = parquet.to_bytes(HEADER, ARRAYS)
    rows = pq.read_table(io.BytesIO(content)).column("table").to_pylist()
    assert [len(row) for row in rows] == [4, 4, 4, 2] and rows[1] == [4.0, 5.0, 6.0, 7.0]
    header, arrays = parquet.from_bytes(content)
    assert header == HEADER and all(np.array_equal(arrays[name], array) for name, array in ARRAYS.items())


def written(**columns) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata({b"onewarm.target": HEADER}), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no file of Parquet", "magic bytes"),
        (written(index=[[0], [1], [2], [3]], table=[1, 2, 3, 4]), "column table is int64, expected lists"),
        (written(index=[[0], [1], [2], []], table=[[0.0]] * 4), "does not hold the 4 x 1 numbers of the header"),
        (written(index=[[0], [1], [2], None], table=[[0.0]] * 4), "column index is list"),
    ],
)
def test_what_is_refused(content, message):
    with pytest.raises(InputError, match=message):
        parquet.from_bytes(content)
