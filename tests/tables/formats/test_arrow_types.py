"""The type that a column of Arrow is declared as."""

import pyarrow as pa
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
    ],
    ids=lambda v: str(getattr(v, "type", "")),
)
def test_the_type_of_a_parquet_column(tmp_path, values, column):
    pyarrow.parquet.write_table(pa.table({"x": values}), tmp_path / "a.parquet")
    assert open_source(tmp_path / "a.parquet").columns == {"x": column}
