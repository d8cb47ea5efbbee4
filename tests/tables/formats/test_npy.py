"""One array in a file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from onewarm.tables.formats import open_source
from onewarm.tables.source import Column

dtypes = st.sampled_from(["<f2", ">f2", "<f4", ">f8", "<i8", ">i2", "u1", "?", "<U3", ">U2"])


@given(
    dtypes.flatmap(lambda d: arrays.arrays(d, st.tuples(st.integers(1, 9)) | st.tuples(st.integers(1, 9), st.just(3)))),
    st.booleans(),
    st.integers(1, 10),
)
def test_any_array_is_read_back_in_batches(tmp_path_factory, array, fortran, rows):
    path = tmp_path_factory.getbasetemp() / "probs.npy"
    if array.dtype.kind == "U" and any("\ud800" <= c < "\ue000" for text in array.ravel() for c in text):
        return
    np.save(path, np.asfortranarray(array) if fortran else array)
    batches = list(open_source(path).batches(["probs"], rows))
    assert [first for _, first, _ in batches] == list(range(0, len(array), rows))
    back = np.concatenate([columns["probs"] for columns, _, _ in batches])
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype.newbyteorder("=")
    assert batches[-1][2] == path.stat().st_size


def test_the_column_has_the_name_of_the_file(tmp_path):
    np.save(tmp_path / "labels.npy", np.array([1, 0]))
    assert open_source(tmp_path / "labels.npy").columns == {"labels": Column("int")}
    np.save(tmp_path / "probs.npy", np.zeros((4, 3), np.float32))
    assert open_source(tmp_path / "probs.npy").columns == {"probs": Column("float", 3)}


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 0)), "an array of shape (2, 0): save one of shape (N,) or (N, K), a row for each example"),
        (np.float64(3), "an array of shape (): save one of shape (N,) or (N, K), a row for each example"),
        (np.array([None]), "array 'a' holds Python objects; save plain arrays, as with np.asarray(x, dtype=float)"),
    ],
)
def test_what_has_no_rows(tmp_path, refused, array, message):
    np.save(tmp_path / "a.npy", array)
    assert refused(tmp_path / "a.npy") == f"a.npy: {message}"


def test_a_file_cut_short_is_refused_before_anything_is_allocated(tmp_path, refused):
    np.save(tmp_path / "a.npy", np.zeros(1000))
    data = (tmp_path / "a.npy").read_bytes()
    for keep in (5, 40, 100, 5000, len(data) - 1):
        (tmp_path / "a.npy").write_bytes(data[:keep])
        assert refused(tmp_path / "a.npy").startswith("a.npy: not a readable NumPy file, perhaps truncated: ")
    (tmp_path / "a.npy").write_bytes(data.replace(b"(1000,)", b"(10**9)"))
    assert refused(tmp_path / "a.npy").startswith("a.npy: not a readable NumPy file, perhaps truncated: ")
