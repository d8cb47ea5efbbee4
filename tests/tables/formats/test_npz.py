"""NPZ archives."""

import numpy as np

from onewarm.tables.formats import open_source
from onewarm.tables.source import Column


def test_fortran_order_and_compression_in_npz(tmp_path, table, read):
    matrix = np.column_stack([table[f"p{k}"].to_numpy() for k in range(3)])
    np.savez_compressed(tmp_path / "a.npz", c=matrix, fortran=np.asfortranarray(matrix))
    columns = read(tmp_path / "a.npz", ["c", "fortran"])
    np.testing.assert_array_equal(columns["c"], matrix)
    np.testing.assert_array_equal(columns["fortran"], matrix)


def test_arrays_of_an_npz_that_are_no_columns(tmp_path, refused):
    np.savez(tmp_path / "a.npz", version=np.array(3), images=np.zeros((2, 2, 2)), y=np.zeros(2))
    assert open_source(tmp_path / "a.npz").columns == {"y": Column("float")}
    np.savez(tmp_path / "b.npz", version=np.array(3))
    assert refused(tmp_path / "b.npz") == "b.npz: holds no arrays with rows"
    np.savez(tmp_path / "c.npz", p=np.zeros((3, 2)), y=np.zeros(2))
    assert refused(tmp_path / "c.npz") == "c.npz: arrays differ in rows: 'p' 3, 'y' 2"
    np.savez(tmp_path / "d.npz", y=np.array([object()]))
    assert refused(tmp_path / "d.npz") == "d.npz: array 'y' holds Python objects; save plain arrays"
