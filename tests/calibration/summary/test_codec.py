"""Bytes of a summary: the same for the same numbers, readable again, and refused with a reason when damaged."""

import base64
import contextlib
import json
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.calibration import CalibrationSummary
from onewarm.errors import InputError


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


WRITTEN_BY_0_1 = (
    "c-n=Mze~eF6vtCha46#LcIe~@X)G#LOdZ9)phyX6@>&nlq+Ak85l2`51rbC?h2r3*|3PPQ(9O+)lZ$vwE+m&r^dP+4`+VQ8yYpNa"
    "nzX;+hyA`uM{_T8igJo9$MpRn@c}gg8UjXL0*>vY#_=(-z;O)A3*7)=v`2Oj-cnV(*~T0Vf%Hxy)|Hs$xm{v|Ye5;O6f7aQmP@St"
    "8EFi);$Y5Y>M}@JS1t)48K{O;juLq-6{i(aXWrGJ1Za^@j*i@UCp+}u!~i#--e8n6HD$R95gAahi4}k?UXNDi2bFU1jtT_wMHPyK"
    "+nOoj1E0Mfv4{GOinmfG*3ZEK^*UyUI3yUAD54|CvdwlIqaO9b0ehnwMsC<QA}PdsAHYV9?X&fYqCB&&%3e7$(aPJbhOcI9rh07O"
    "bXk+I4{l%e=Ss?C{c<knM9^pdS1%6UZypw!`%j;fmFsG=`gpl;bhjACH-F;z<@tDj^{wwR)0%aul+T#el+7q><QZETw#4&}dCVaz"
    "c3vs(q0E-$N%|7|O>E+y>i_i<uX{<K%p}e@iSmqjd~pv`{cCM{`wL$kCKU"
)
"""zlib, base 85: three weighted rows of two classes in two groups, as the first version with format 2 wrote them."""


def test_bytes_written_before_are_read_and_written_again():
    data = zlib.decompress(base64.b85decode(WRITTEN_BY_0_1))
    old = CalibrationSummary.from_bytes(data)
    p = np.array([[0.75, 0.25], [0.5, 0.5], [0.125, 0.875]])
    now = CalibrationSummary(classwise=True, groups=2, seed=7)
    now.update(p, np.array([0, 1, 0]), weights=np.array([1.0, 2.0, 0.5]))
    assert old.to_bytes() == now.to_bytes() == data
    assert repr(old) == repr(now) and (old.weight, old.groups, old.seed) == (3.5, 2, 7)


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


def with_header(data, **changes):
    """The bytes with another header and the checksum that belongs to it; a change to None leaves the key out."""
    length = int.from_bytes(data[16:20], "little")
    header = json.loads(data[20 : 20 + length])
    header = {k: v for k, v in {**header, **changes}.items() if v != "leave out"}
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    body = data[:16] + struct.pack("<I", len(text)) + text + data[20 + length : -4]
    return body + struct.pack("<I", zlib.crc32(body))


WHOLE = CalibrationSummary(3, classwise=True).update(np.full((4, 3), 1 / 3), np.array([0, 1, 2, 0])).to_bytes()
FIELDS = json.loads(WHOLE[20 : 20 + int.from_bytes(WHOLE[16:20], "little")])["fields"]


@pytest.mark.parametrize(
    "changes",
    [
        *({"num_classes": v} for v in (-5, 0, 1, 2, 1.5, 10**9, 10**30, "3", True, [3], "leave out")),
        *({"groups": v} for v in (0, -1, 1.5, 10**9, "x")),
        *({"seed": v} for v in (-1, 2**63, 0.5)),
        *({"classwise": v} for v in (1, "yes", None)),
        *({"fields": v} for v in ("leave out", None, 3, [], [3], [["a"]], [[1, "<i8", 3, 3]], FIELDS[:-1], FIELDS * 2)),
        *({"fields": [[*FIELDS[0][:2], *v], *FIELDS[1:]]} for v in ((-1, 0), (10**12, 1), (600, 601), (600.0, 1), ())),
        *({"fields": [["cell_count", v, 600, 1], *FIELDS[1:]]} for v in ("<f8", "O", "<i4", 3, "S1000000")),
    ],
)
def test_a_header_that_no_summary_has_is_an_error(changes):
    """With a right checksum such headers gave IndexError, KeyError, MemoryError, OverflowError, or were accepted."""
    with pytest.raises(ValueError, match=r"^data is a calibration summary "):
        CalibrationSummary.from_bytes(with_header(WHOLE, **changes))


def test_a_header_that_cannot_be_read_is_an_error():
    for text in (b"{", b"[" * 100_000, b"\xff\xfe", b"3", b""):
        body = WHOLE[:16] + struct.pack("<I", len(text)) + text
        with pytest.raises(ValueError, match=r"^data is a calibration summary "):
            CalibrationSummary.from_bytes(body + struct.pack("<I", zlib.crc32(body)))
    body = WHOLE[:16] + struct.pack("<I", 2**32 - 1) + WHOLE[20:-4]
    with pytest.raises(ValueError, match=r"^data is a calibration summary with a header of 4294967295 bytes"):
        CalibrationSummary.from_bytes(body + struct.pack("<I", zlib.crc32(body)))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


@given(st.sampled_from(["num_classes", "classwise", "groups", "seed", "fields", "more"]), JSON_VALUES)
def test_any_header_is_read_or_an_input_error(key, value):
    with contextlib.suppress(InputError):
        CalibrationSummary.from_bytes(with_header(WHOLE, **{key: value}))


@given(st.integers(0, len(FIELDS) - 1), st.integers(0, 3), JSON_VALUES)
def test_any_field_is_read_or_an_input_error(field, entry, value):
    fields = [list(f) for f in FIELDS]
    fields[field][entry] = value
    with contextlib.suppress(InputError):
        CalibrationSummary.from_bytes(with_header(WHOLE, fields=fields))


@given(st.integers(0, 10**9), st.binary(min_size=1, max_size=8))
def test_any_bytes_with_a_right_checksum_are_read_or_an_input_error(position, other):
    body = bytearray(WHOLE[:-4])
    at = position % len(body)
    body[at : at + len(other)] = other
    with contextlib.suppress(InputError):
        CalibrationSummary.from_bytes(bytes(body) + struct.pack("<I", zlib.crc32(bytes(body))))
