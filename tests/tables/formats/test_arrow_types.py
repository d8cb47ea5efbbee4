"""The type that a column of Arrow is declared as."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet
import pytest

from onewarm.tables.formats import open_source
from onewarm.tables.source import Column


@pytest.mark.parametrize(
    ("values", "column"),
    [
        (pa.array([True, False]), Column("int")),
        (pa.array([1, 2], pa.uint8()), Column("int")),
        (pa.array([1, 2], pa.float16()), Column("float")),
        (pa.array([1, 2]).cast(pa.decimal128(38, 2)), Column("float")),
        (pa.array([None, None]), Column("float")),
        (pa.array(["a", "b"]).dictionary_encode(), Column("text")),
        (pa.array(["a", "b"], pa.large_string()), Column("text")),
        (pa.array([b"a", b"b"]), Column("other")),
        (pa.array([[1.0], [2.0, 3.0]]), Column("float", None)),
        (pa.array([[1.0], [2.0]], pa.large_list(pa.float32())), Column("float", None)),
        (pa.array([[1, 2], [2, 3]], pa.list_(pa.int8(), 2)), Column("int", 2)),
        (pa.array([[["a", "b"]], []]), Column("text", None)),
    ],
    ids=lambda v: str(getattr(v, "type", "")),
)
def test_the_type_of_a_parquet_column(tmp_path, values, column):
    pyarrow.parquet.write_table(pa.table({"x": values}), tmp_path / "a.parquet")
    assert open_source(tmp_path / "a.parquet").columns == {"x": column}


@pytest.mark.parametrize(
    ("array", "column", "values"),
    [
        (pa.array(["a", None], pa.string_view()), Column("text"), ["a", None]),
        (pa.array([[1.0], None], pa.list_view(pa.float64())), Column("float", None), [[1.0], None]),
        (pa.array([1, 1, 2]).dictionary_encode(), Column("int"), [1, 1, 2]),
        (pc.run_end_encode(pa.array([0.5, 0.5])), Column("float"), [0.5, 0.5]),
        (
            pa.FixedShapeTensorArray.from_numpy_ndarray(np.array([[1.0, 2.0], [3.0, 4.0]])),
            Column("float", 2),
            [[1.0, 2.0], [3.0, 4.0]],
        ),
    ],
    ids=lambda v: str(getattr(v, "type", "")),
)
def test_types_that_few_libraries_write(tmp_path, array, column, values):
    table = pa.table({"x": array})
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema) as out:
        out.write_table(table)
    source = open_source(tmp_path / "a.arrow")
    assert source.columns == {"x": column}
    ((columns, _, _),) = source.batches(["x"], 10)
    assert columns["x"].to_pylist() == values
