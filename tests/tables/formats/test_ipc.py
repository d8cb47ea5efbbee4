"""Arrow files and streams."""

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from onewarm.errors import InputError
from onewarm.tables.formats import open_source


def test_an_arrow_stream_cut_short(tmp_path, write_table, table, refused):
    path = write_table(tmp_path / "a.arrow", table)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "a.arrow: not a readable Arrow file, perhaps truncated: after row " in refused(path)


def test_a_damaged_file_is_an_error_and_no_crash(tmp_path, table):
    """Buffers were used as they came: an offset or a code out of bounds ended the process."""
    path = tmp_path / "a.arrow"
    table = table.set_column(4, "group", table["group"].dictionary_encode())
    with pa.ipc.new_file(path, table.schema) as out:
        out.write_table(table, max_chunksize=100)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(300):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), rng.integers(1, 30)):
            data[at] = rng.integers(256)
        path.write_bytes(data)
        try:
            source = open_source(path)
            for columns, _, _ in source.batches(list(source.columns), 64):
                [column.to_pylist() for column in columns.values()]
        except InputError as error:
            errors.append(str(error))
    assert len(errors) > 50 and all(text.startswith("a.arrow: ") for text in errors)


def test_more_rows_than_there_can_be(tmp_path, refused):
    """A column of only empty cells has no buffer: nothing but the number of rows says how many there are."""
    schema = pa.schema({"x": pa.null()})
    options = pa.ipc.IpcWriteOptions(allow_64bit=True)
    with pa.ipc.new_file(tmp_path / "a.arrow", schema, options=options) as out:
        out.write_batch(pa.record_batch([pa.Array.from_buffers(pa.null(), 2**50, [None])], schema=schema))
    assert refused(tmp_path / "a.arrow").startswith(
        "a.arrow: not a readable Arrow file, perhaps truncated: after row 0"
    )
