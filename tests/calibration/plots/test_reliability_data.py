"""The data of the diagram against loops over rows."""

import json

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, accuracy, ece, mean_confidence, reliability


def summary_of(case):
    return CalibrationSummary().update(case[0], case[1], logits=True)


@pytest.mark.parametrize("bins", [10, 15])
def test_bins_hold_the_means_of_their_rows(case, bins):
    z, labels, _, _ = case
    e = np.exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    data = reliability(summary_of(case), bins)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    for b in range(bins):
        rows = (confidence > b / bins) & (confidence <= (b + 1) / bins)
        assert (data.lower[b], data.upper[b]) == (b / bins, (b + 1) / bins)
        assert data.count[b] == rows.sum()
        if rows.any():
            assert data.confidence[b] == pytest.approx(confidence[rows].mean(), abs=1e-13)
            assert data.accuracy[b] == pytest.approx(right[rows].mean(), abs=1e-13)
        else:
            assert np.isnan([data.confidence[b], data.accuracy[b], *data.interval[b]]).all()
    assert data.ece == ece(summary_of(case), bins)
    assert data.overall_accuracy == accuracy(summary_of(case))
    assert data.mean_confidence == mean_confidence(summary_of(case))
    some = data.count > 0
    weighted = data.count[some] @ np.abs(data.accuracy[some] - data.confidence[some]) / data.rows
    assert weighted == pytest.approx(data.ece, abs=1e-13)


def test_to_dict_is_json_with_none_for_empty_bins(case):
    plain = json.loads(json.dumps(reliability(summary_of(case)).to_dict(), allow_nan=False))
    assert len(plain["bins"]) == 15
    assert plain["bins"][0] == {
        "lower": 0.0,
        "upper": 1 / 15,
        "count": 0,
        "confidence": None,
        "accuracy": None,
        "interval": None,
    }
    last = plain["bins"][-1]
    assert last["upper"] == 1.0 and last["interval"][0] < last["accuracy"] < last["interval"][1]
    assert plain["method"] == "wilson" and plain["level"] == 0.95 and plain["rows"] == 400
    assert set(plain["smooth"]) == {"width", "level", "x", "y", "low", "high"}
    assert set(plain) == {"bins", "smooth", "rows", "level", "method", "ece", "mean_confidence", "accuracy"}


def test_errors(case):
    with pytest.raises(ValueError) as error:
        reliability(CalibrationSummary(2))
    assert str(error.value) == "summary has no rows: update it first"
    with pytest.raises(ValueError) as error:
        reliability(summary_of(case), level=95)
    assert str(error.value) == "level is 95: expected a number between 0 and 1, such as .95"
    with pytest.raises(ValueError, match=r"^bins is 13, which does not divide the 600 cells kept"):
        reliability(summary_of(case), bins=13)


def test_weights_count_as_rows():
    p, labels = np.array([[0.9, 0.1], [0.95, 0.05], [0.6, 0.4]]), np.array([0, 1, 0])
    heavy = reliability(CalibrationSummary().update(p, labels, weights=np.array([3.0, 1.0, 1.0])), bins=5)
    assert heavy.accuracy[4] == 0.75 and heavy.count.tolist() == [0, 0, 1, 0, 2]
    assert heavy.confidence[4] == pytest.approx((3 * 0.9 + 0.95) / 4)
    equal = reliability(CalibrationSummary().update(p, labels, weights=np.full(3, 2.0)), bins=5)
    np.testing.assert_allclose(equal.interval, reliability(CalibrationSummary().update(p, labels), bins=5).interval)
