"""What all calibrators share as scikit-learn estimators: scikit-learn's own checks, input of every kind, refusals."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from onewarm.calibration import (
    TemperatureScaling,
    TemperatureUnsmooth,
    UnsmoothCalibrator,
)

MAPS = [TemperatureScaling(at_bound="keep"), UnsmoothCalibrator(), TemperatureUnsmooth(at_bound="keep")]
# Columns are classes: data of 3 classes and 2 columns are refused, as they should be.
NOT_OURS = {
    "check_estimators_overwrite_params": "3 classes, 2 columns",
    "check_estimators_fit_returns_self": "3 classes, 2 columns",
    "check_readonly_memmap_input": "3 classes, 2 columns",
}


@pytest.mark.parametrize("estimator", MAPS, ids=lambda e: type(e).__name__)
def test_scikit_learn_accepts_them(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, expected_failed_checks=NOT_OURS, on_fail="raise")
    assert sum(r["status"] == "passed" for r in results) > 40
    assert {r["check_name"] for r in results if r["status"] == "xfail"} == set(NOT_OURS)


def test_probabilities_or_their_logarithms(rows):
    _, pi, labels = rows
    for kind in (TemperatureScaling, UnsmoothCalibrator, TemperatureUnsmooth):
        a = kind(probabilities=True).fit(pi, labels).transform(pi)
        b = kind().fit(np.log(pi), labels).transform(np.log(pi))
        np.testing.assert_allclose(a, b, atol=1e-8)


def test_votes_names_and_pipelines(rows):
    z, pi, labels = rows
    votes = np.random.default_rng(0).multinomial(5, pi)
    assert TemperatureScaling().fit(z, votes).temperature_ == pytest.approx(1, abs=0.05)
    names = np.array(["ant", "bee", "cat", "dog"])[labels]
    found = make_pipeline(FunctionTransformer(), TemperatureScaling()).fit(z, names)
    assert set(found.predict(z[:50])) <= {"ant", "bee", "cat", "dog"}
    assert clone(TemperatureScaling(bounds=(0.5, 2.0))).bounds == (0.5, 2.0)


def test_bad_input_is_named(rows):
    z, pi, labels = rows
    for call, text in (
        (lambda: TemperatureScaling().fit(z, np.zeros(6000, int)), "y has one class, np.int64(0): a calibrator needs"),
        (lambda: TemperatureScaling().fit(z[:, :3], labels), "y has 4 classes, but X 3 columns: pass labels 0..2"),
        (lambda: UnsmoothCalibrator(probabilities=True).fit(2 * pi, labels), "X[0] sums to 2, not 1"),
        (lambda: TemperatureScaling().fit(z, labels[:5]), "y has 5 rows, but X 6000"),
        (lambda: TemperatureScaling().fit(z[:, :1], labels), "X has 1 feature(s), 1 class: pass the columns of both"),
        (
            lambda: TemperatureScaling().fit(z + np.nan, labels),
            "X contains NaN or infinity: logits are finite, or -inf",
        ),
        (
            lambda: TemperatureScaling().fit(z, None),
            "TemperatureScaling requires y to be passed, but the target y is None",
        ),
    ):
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value).startswith(text)


def test_output_as_a_data_frame_leaves_predictions_alone(rows):
    pytest.importorskip("pandas")
    z, _, labels = rows
    calibrator = TemperatureScaling().fit(z, labels).set_output(transform="pandas")
    frame = calibrator.transform(z[:5])
    assert list(frame.columns) == [f"temperaturescaling{k}" for k in range(4)]
    assert (calibrator.predict(z[:5]) == frame.to_numpy().argmax(axis=1)).all()


@pytest.mark.parametrize("kind", [TemperatureScaling, UnsmoothCalibrator, TemperatureUnsmooth])
def test_masked_classes_keep_probability_zero_or_the_floor(rows, kind):
    z, _, labels = rows
    masked = np.concatenate([z, np.full((6000, 1), -np.inf)], axis=1)
    q = kind(**({} if kind is TemperatureScaling else {"floor": 0.0})).fit(masked, labels).transform(masked)
    assert (q[:, 4] >= 0).all() and (q[:, 4] <= 0.05).all()
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-12)
