"""What all calibrators share as scikit-learn estimators: scikit-learn's own checks, input of every kind, refusals."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

import onewarm as ow
from onewarm.calibration import (
    BetaCalibration,
    InterceptCalibration,
    IsotonicCalibration,
    PlattScaling,
    TemperatureScaling,
    TemperatureUnsmooth,
    UnsmoothCalibrator,
    VectorScaling,
)

KINDS = [
    TemperatureScaling,
    UnsmoothCalibrator,
    TemperatureUnsmooth,
    InterceptCalibration,
    PlattScaling,
    VectorScaling,
    IsotonicCalibration,
    BetaCalibration,
]


@pytest.mark.parametrize("kind", [KINDS[0], *(pytest.param(kind, marks=pytest.mark.long) for kind in KINDS[1:])])
def test_scikit_learn_accepts_them(kind):
    """Three of its checks failed: two columns with three classes, and noise at the bound of the temperature."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(kind(), on_fail=None)
    assert not [(r["check_name"], r["exception"]) for r in results if r["status"] not in ("passed", "skipped")]
    assert sum(r["status"] == "passed" for r in results) > 40


@pytest.mark.parametrize("kind", KINDS)
def test_weights_stand_for_rows_and_soft_targets_for_labels(rows, kind):
    z, pi, labels = rows
    w = np.random.default_rng(0).integers(0, 3, len(z))
    repeated = kind().fit(np.repeat(2 * z, w, axis=0), np.repeat(labels, w))
    weighted = kind().fit(2 * z, labels, sample_weight=w)
    soft = kind().fit(2 * z, ow.one_hot(labels, num_classes=4).scale(w.astype(float)))
    for other in (weighted, soft):
        np.testing.assert_allclose(other.transform(z), repeated.transform(z), atol=1e-4)
    q = weighted.predict_proba(z)
    assert weighted.score(z, labels) == pytest.approx(np.log(q[np.arange(len(z)), labels]).mean())
    assert weighted.score(z, pi, w) == pytest.approx(np.average((pi * np.log(q)).sum(axis=1), weights=w))
    with pytest.raises(ValueError, match=r"y\[0\] is .*7.*: not in classes_"):
        weighted.score(z, np.full(len(z), 7))


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
