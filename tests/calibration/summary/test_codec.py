"""Bytes of a summary: the same for the same numbers, readable again, and refused with a reason when damaged."""

import json
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.calibration import CalibrationSummary


def test_bytes_are_the_same_bytes_and_come_back(case):
    z, labels, votes, _ = case
    for truth in (labels, votes):
        summary = CalibrationSummary().update(z, truth, logits=True)
        data = summary.to_bytes()
        again = CalibrationSummary.from_bytes(data)
        assert data == summary.to_bytes() == again.to_bytes()
        assert again.num_classes == 5
    empty = CalibrationSummary.from_bytes(CalibrationSummary().to_bytes())
    assert (empty.num_classes, empty.count) == (None, 0)


def test_the_head_of_format_2_is_pinned():
    """A change here is a new format."""
    data = CalibrationSummary(2).update(np.array([[0.75, 0.25]]), np.array([0])).to_bytes()
    assert data[:16] == b"onewarm-summary\x02"
    header = json.loads(data[20 : 20 + int.from_bytes(data[16:20], "little")])
    assert header["num_classes"] == 2
    assert header["fields"][:2] == [["cell_count", "<i8", 600, 1], ["cell_weight", "<f8", 600, 1]]


def format_1(summary):
    """The bytes that the first release wrote."""
    names = (
        "cell_count",
        "cell_confidence",
        "cell_correct",
        "nll_infinite",
        "nll",
        "brier",
        "truth_entropy",
        "truth_brier",
    )
    arrays = [summary[name] for name in names]
    fields = [[name, a.dtype.str, a.size] for name, a in zip(names, arrays, strict=True)]
    text = json.dumps({"num_classes": 5, "fields": fields}, sort_keys=True, separators=(",", ":")).encode()
    body = b"".join([b"onewarm-summary", struct.pack("<BI", 1, len(text)), text, *(a.tobytes() for a in arrays)])
    return body + struct.pack("<I", zlib.crc32(body))


def test_format_1_is_read(case):
    z, labels, votes, _ = case
    summary = CalibrationSummary().update(z, labels, logits=True)
    old = CalibrationSummary.from_bytes(format_1(summary))
    for name in summary.statistics.keys() - {"nll2", "brier2"}:
        np.testing.assert_allclose(old[name], summary[name], rtol=1e-15, err_msg=name)
    assert np.isnan(old["nll2"]) and np.isnan(old["brier2"])
    assert old.merge(summary).count == 800
    # Of votes the squares are not known: at most the shares themselves.
    summary = CalibrationSummary().update(z, votes, logits=True)
    old = CalibrationSummary.from_bytes(format_1(summary))
    assert (old["cell_correct2"] >= summary["cell_correct2"]).all()


@given(st.integers(0, 10**9), st.integers(1, 255))
def test_one_damaged_byte_is_an_error(position, flip):
    data = bytearray(CalibrationSummary(3).to_bytes())
    data[position % len(data)] ^= flip
    with pytest.raises(ValueError, match=r"^data is "):
        CalibrationSummary.from_bytes(bytes(data))


@given(st.integers(0, 10**9))
def test_bytes_cut_short_are_an_error(length):
    data = CalibrationSummary(3).to_bytes()
    with pytest.raises(ValueError, match=r"^data is "):
        CalibrationSummary.from_bytes(data[: length % len(data)])


def test_errors_about_bytes():
    data = CalibrationSummary(3).to_bytes()
    for bad, text in (
        (b"PK\x03\x04", "data is not a calibration summary: it begins with b'PK\\x03\\x04'"),
        (data[:18], "data is a calibration summary cut short after 18 bytes: write it again"),
        (data[:15] + b"\x03" + data[16:], "data is a calibration summary of format 3: this onewarm reads 1 and 2"),
        (data[:-1], "data is a calibration summary that is cut short or damaged: its checksum differs"),
    ):
        with pytest.raises(ValueError) as error:
            CalibrationSummary.from_bytes(bad)
        assert str(error.value) == text
    with pytest.raises(TypeError) as error:
        CalibrationSummary.from_bytes("text")
    assert str(error.value) == "data is a str: expected the bytes of a summary"
