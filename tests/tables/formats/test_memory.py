"""What is in memory is read as the same columns, whichever library holds it."""

import pickle

import jax.numpy as jnp
import numpy as np
import polars
import pyarrow as pa
import pytest
import torch

from onewarm.errors import InputError
from onewarm.tables.formats import open_memory
from onewarm.tables.source import Column

P = np.array([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]])


def read(value, names=None, rows=2):
    source = open_memory(value)
    values = {n: [] for n in names or source.columns}
    for columns, first, done in source.batches(list(values), rows):
        assert first == len(next(iter(values.values()))) and 0 < done <= source.size
        for name, column in columns.items():
            values[name] += column.tolist()
    return values


ARRAYS = {
    "lists": P.tolist(),
    "NumPy": P,
    "Fortran order": np.asfortranarray(P),
    "big-endian float16": P.astype(">f2"),
    "objects": P.astype(object),
    "a slice": np.repeat(P, 2, axis=0)[::2],
    "PyTorch, with a gradient": torch.tensor(P, requires_grad=True),
    "PyTorch, bfloat16": torch.tensor(P).bfloat16(),
    "JAX": jnp.asarray(P),
    "JAX, bfloat16": jnp.asarray(P, jnp.bfloat16),
    "Arrow": pa.array(P.tolist()),
    "Arrow, chunked": pa.chunked_array([pa.array(P[:1].tolist()), pa.array(P[1:].tolist())]),
    "polars": polars.Series(P.tolist()),
    "polars, arrays": polars.Series(P),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_an_array_is_a_column_with_the_name_of_the_argument(kind):
    assert open_memory(ARRAYS[kind]).columns["probabilities"].kind == "float"
    assert read(ARRAYS[kind]) == {"probabilities": P.tolist()}


FRAME = {"p0": P[:, 0].tolist(), "p1": P[:, 1].tolist(), "label": [1, 0, None], "name": ["a", None, "ü"]}
TABLES = {
    "a dict of lists": FRAME,
    "a dict of many kinds": {
        "p0": torch.tensor(P[:, 0]),
        "p1": P[:, 1],
        "label": pa.array([1, 0, None]),
        "name": np.array(["a", None, "ü"], object),
    },
    "polars": polars.DataFrame(FRAME),
    "polars, categories": polars.DataFrame(FRAME, schema_overrides={"name": polars.Categorical}),
    "Arrow": pa.table(FRAME),
    "a record batch": pa.RecordBatch.from_pydict(FRAME),
    "chunks": pa.concat_tables([pa.table(FRAME).slice(0, 1), pa.table(FRAME).slice(1)]),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_keeps_its_columns_and_what_is_missing(kind):
    source = open_memory(TABLES[kind], name="table")
    assert {n: c.kind for n, c in source.columns.items()} == {
        "p0": "float",
        "p1": "float",
        "label": "int",
        "name": "text",
    }
    assert read(TABLES[kind]) == FRAME
    assert pickle.loads(pickle.dumps(source)).columns == source.columns


def test_any_library_with_the_dataframe_interchange_protocol():
    class Frame:
        def __dataframe__(self, **options):
            return polars_like.__dataframe__(**options)

    polars_like = pa.table({"p": [0.5, 0.25]})
    assert read(Frame()) == {"p": [0.5, 0.25]}


def test_matrices_in_a_dict_have_their_width():
    assert open_memory({"logits": P, "y": [1, 0, 1], "seed": 3}).columns == {
        "logits": Column("float", 2),
        "y": Column("int"),
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((2, 2, 2)), "probabilities has shape (2, 2, 2): expected (N,) or (N, K), one row an example"),
        (3, "probabilities has shape (): expected (N,) or (N, K), one row an example"),
        ({"a": P, "b": [1]}, "probabilities: arrays differ in rows: 'a' 3, 'b' 1"),
        ([[1], [1, 2]], "probabilities: list cannot be read as an array: setting an array element with a sequence"),
        ({"a": [object()]}, "probabilities['a']: list cannot be read as an array: Could not convert <object object"),
        (np.ma.masked_equal(P, 0.5), "probabilities: row 2 is masked: fill it or leave it out"),
        (polars.LazyFrame(FRAME), "probabilities: LazyFrame is not computed yet: pass what its collect() gives"),
        (pa.table([[1], [2]], ["a", "a"]), "probabilities: column 'a' occurs twice; rename one"),
    ],
)
def test_what_is_no_table(value, message):
    with pytest.raises(InputError) as caught:
        read(value)
    assert str(caught.value).startswith(message)
