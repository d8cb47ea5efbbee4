"""NPZ archives."""

import io
import struct
import zipfile

import numpy as np
import pytest

from onewarm.tables.formats import open_source
from onewarm.tables.source import Column


def test_fortran_order_and_compression_in_npz(tmp_path, table, read):
    matrix = np.column_stack([table[f"p{k}"].to_numpy() for k in range(3)])
    np.savez_compressed(tmp_path / "a.npz", c=matrix, fortran=np.asfortranarray(matrix))
    columns = read(tmp_path / "a.npz", ["c", "fortran"])
    np.testing.assert_array_equal(columns["c"], matrix)
    np.testing.assert_array_equal(columns["fortran"], matrix)


def test_arrays_of_an_npz_that_are_no_columns(tmp_path, refused):
    np.savez(tmp_path / "a.npz", version=np.array(3), images=np.zeros((2, 2, 3)), y=np.zeros(2))
    assert open_source(tmp_path / "a.npz").columns == {"images": Column("other", 6), "y": Column("float")}
    np.savez(tmp_path / "b.npz", version=np.array(3))
    assert refused(tmp_path / "b.npz") == "b.npz: holds no arrays with rows"
    np.savez(tmp_path / "c.npz", p=np.zeros((3, 2)), y=np.zeros(2))
    assert refused(tmp_path / "c.npz") == "c.npz: arrays differ in rows: 'p' 3, 'y' 2"
    np.savez(tmp_path / "d.npz", y=np.array([object()]))
    assert refused(tmp_path / "d.npz") == (
        "d.npz: array 'y' holds Python objects; save plain arrays, as with np.asarray(x, dtype=float)"
    )


def npy(array, shape=None):
    """An array in the format NPY, as if it had another shape."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        out, {"descr": array.dtype.str, "fortran_order": False, "shape": shape or array.shape}
    )
    return out.getvalue() + array.tobytes()


def archive(path, data, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as out:
        out.writestr("y.npy", data)
    return path


def test_more_rows_are_declared_than_there_are(tmp_path, refused):
    """An archive of 366 bytes that declares (1, 1e11) asked for 87 TiB."""
    for shape in ((1, 10**11), (10**11,), (5,), (3, 4), (-3,), (2**63, 2**63)):
        message = refused(archive(tmp_path / "a.npz", npy(np.zeros(3), shape)))
        assert message.startswith("a.npz: not a readable NumPy file, perhaps truncated: array 'y' declares ")
    assert refused(archive(tmp_path / "a.npz", npy(np.zeros(3, "U0"), (10**11,)))).startswith("a.npz: not a readable")


@pytest.mark.parametrize("damage", ["member", "stored", "method", "encrypted", "header", "directory", "text"])
def test_every_damage_is_an_error_of_the_file(tmp_path, refused, damage):
    """BadZipFile, zlib.error, NotImplementedError, RuntimeError and TokenError were tracebacks."""
    path = tmp_path / "a.npz"
    data = npy(np.random.default_rng(0).random(5000))
    archive(path, data, zipfile.ZIP_STORED if damage == "stored" else zipfile.ZIP_DEFLATED)
    raw = bytearray(path.read_bytes())
    central = raw.rindex(b"PK\x01\x02")
    if damage in ("member", "stored"):
        raw[3000:3010] = b"0123456789"
    elif damage == "method":
        for at in (8, central + 10):
            raw[at : at + 2] = struct.pack("<H", 99)
    elif damage == "encrypted":
        for at in (6, central + 8):
            raw[at] |= 1
    elif damage == "directory":
        raw[central : central + 60] = bytes(60)
    if damage in ("header", "text"):
        header = b"{'descr': '<f8', 'fortran_order': (((, 'shape'" if damage == "header" else b"not an array"
        archive(path, data[:10] + header + data[10 + len(header) :] if damage == "header" else header)
    else:
        path.write_bytes(raw)
    assert refused(path).startswith("a.npz: not a readable NPZ file, perhaps truncated: ")


@pytest.mark.parametrize("dtype", [">f2", ">f4", ">f8", ">i4", ">i8", "<f2", "longdouble"])
def test_numbers_of_any_byte_order_are_the_same(tmp_path, read, dtype):
    """Big-endian float16 was silently another number."""
    values = np.array([0.25, 1, 2, -3]) if "i" not in dtype else np.array([1, 2, 3, -4])
    np.savez(tmp_path / "a.npz", y=values.astype(dtype))
    y = read(tmp_path / "a.npz", ["y"])["y"]
    assert y.tolist() == values.tolist() and y.dtype.isnative and y.dtype.itemsize <= 8


def test_text_as_bytes_and_text_that_is_none(tmp_path, read, refused):
    np.savez(tmp_path / "a.npz", y=np.array(["é".encode(), b"b"]), z=np.array(["a", "ü"], ">U3"))
    assert {n: a.tolist() for n, a in read(tmp_path / "a.npz", ["y", "z"]).items()} == {
        "y": ["é", "b"],
        "z": ["a", "ü"],
    }
    codes = np.array([0x110000, 0xD800], np.uint32)
    for code in codes:
        archive(tmp_path / "b.npz", npy(np.full(2, code).view("<U1")))
        assert refused(tmp_path / "b.npz") == "b.npz: holds text that is not Unicode; save it as numbers, or anew"


def test_other_members_of_the_archive_are_left_alone(tmp_path, read):
    np.savez(tmp_path / "a.npz", y=np.arange(3))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as out:
        out.writestr("README.txt", "hello")
    assert list(open_source(tmp_path / "a.npz").columns) == ["y"]
