"""Arrow in every shape that a reader may hand over."""

import numpy as np
import pyarrow as pa
import pytest

from onewarm.calibration import CalibrationSummary

P = np.array([[0.75, 0.25], [0.5, 0.5], [0.125, 0.875]])
Y = np.array([0, 1, 1])


@pytest.mark.parametrize(
    "shape",
    [
        lambda: pa.FixedSizeListArray.from_arrays(pa.array(P.reshape(-1)), 2),
        lambda: pa.array(P.tolist()),
        lambda: pa.array([[0.0, 0.0], *P.tolist()])[1:],
        lambda: pa.chunked_array([pa.array(P[:1].tolist()), pa.array(P[1:].tolist())]),
        lambda: pa.table({"p0": P[:, 0], "p1": P[:, 1]}),
        lambda: pa.record_batch({"p0": P[:, 0], "p1": P[:, 1]}),
        lambda: pa.FixedShapeTensorArray.from_numpy_ndarray(P),
    ],
)
def test_arrow_predictions(shape):
    expected = CalibrationSummary().update(P, Y).to_bytes()
    assert CalibrationSummary().update(shape(), pa.array(Y)).to_bytes() == expected


def test_arrow_events_and_weights():
    got = CalibrationSummary().update(pa.array(P[:, 1]), pa.array([False, True, True]), weights=pa.array([1, 2, 1]))
    assert got.weight == 4


def test_nulls_and_ragged_lists_are_named():
    ragged = "probabilities[1] has 1 entries, but probabilities[0] 2: one for each class"
    for bad, text in (
        (pa.array([[0.5, 0.5], None, [0.5, 0.5]]), "probabilities[1] is null: fill it in or leave the row out"),
        (pa.array([[0.5, 0.5], [1.0], [0.5, 0.5]]), ragged),
    ):
        with pytest.raises(ValueError) as error:
            CalibrationSummary().update(bad, Y)
        assert str(error.value) == text
