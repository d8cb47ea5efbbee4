"""An archive that declares more than it holds, or that is compressed, is refused before memory is asked for."""

import io
import zipfile

import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.soft_target import npz

ARRAYS = {"index": np.arange(6).reshape(2, 3)}


def test_numpy_reads_what_was_written():
    content = npz.to_bytes("{}", ARRAYS)
    np.testing.assert_array_equal(np.load(io.BytesIO(content))["index"], ARRAYS["index"])
    header, arrays = npz.from_bytes(content)
    assert header == "{}" and np.array_equal(arrays["index"], ARRAYS["index"])


def archive(data: bytes, kind: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as writer:
        writer.writestr("target.json", "{}", zipfile.ZIP_STORED)
        writer.writestr("index.npy", data)
    return file.getvalue()


def member(shape, dtype="<i8") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (archive(member((1, 10**11))), r"an array of shape \(1, 100000000000\) and dtype int64 in \d+ bytes"),
        (archive(member((0,), "|O")), "an array of shape"),
        (archive(b"0" * 10**6, zipfile.ZIP_DEFLATED), "index.npy is compressed"),
        (archive(b"no array"), "magic"),
        (b"no archive", "not a zip file"),
    ],
    ids=["too large", "objects", "compressed", "no array", "no archive"],  # an archive has the time in it
)
def test_what_is_refused(content, message):
    with pytest.raises(ValueError, match=message) as error:
        npz.from_bytes(content)
    assert isinstance(error.value, (InputError, ValueError))
