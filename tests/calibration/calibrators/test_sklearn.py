"""The calibration maps: scikit-learn's own checks, known truths, and what they refuse."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from onewarm.calibration import (
    CalibrationSummary,
    TemperatureError,
    TemperatureScaling,
    TemperatureUnsmooth,
    UnsmoothCalibrator,
    fit_temperature,
    nll,
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


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(6000, 4)) * 1.5
    pi = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return z, pi, np.array([rng.choice(4, p=row) for row in pi])


def test_temperature_is_the_certified_fit(rows):
    z, _, labels = rows
    found = TemperatureScaling().fit(2 * z, labels)
    fit = fit_temperature(2 * z, labels)
    assert found.temperature_ == fit.temperature and found.fit_.bracket == fit.bracket
    np.testing.assert_allclose(found.transform(2 * z), fit.apply(2 * z), rtol=1e-14)
    assert found.temperature_ == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("alpha", [0.1, 0.3, -0.25])
def test_alpha_of_a_smoothed_or_oversure_model(rows, alpha):
    _, sharp, _ = rows
    if alpha > 0:
        p, pi = (1 - alpha) * sharp + alpha / 4, sharp
    else:
        p, pi = sharp, (sharp - alpha / 4) / (1 - alpha)
    labels = (np.log(pi) + np.random.default_rng(1).gumbel(size=pi.shape)).argmax(axis=1)
    exact = UnsmoothCalibrator(probabilities=True).fit(p, pi)
    assert exact.alpha_ == pytest.approx(alpha, abs=1e-6)
    np.testing.assert_allclose(exact.transform(p), pi, atol=1e-6)
    drawn = UnsmoothCalibrator(probabilities=True).fit(p, labels)
    assert drawn.alpha_ == pytest.approx(alpha, abs=0.06)
    before, after = (nll(CalibrationSummary().update(q, labels)) for q in (p, drawn.transform(p)))
    assert after < before


def test_both_are_at_least_as_good_as_either(rows):
    _, pi, _ = rows
    model = 0.9 * pi + 0.1 / 4
    logits = 1.7 * np.log(model)
    scores = []
    for estimator in (TemperatureUnsmooth(), TemperatureScaling(), UnsmoothCalibrator()):
        q = estimator.fit(logits, pi).transform(logits)
        scores.append(nll(CalibrationSummary().update(q, pi)))
    assert scores[0] <= min(scores[1:]) + 1e-9
    both = TemperatureUnsmooth().fit(logits, pi)
    assert (both.temperature_, both.alpha_) == pytest.approx((1.7, 0.1), abs=1e-3)


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


def test_every_row_right_is_an_error_or_kept(rows):
    z = rows[0]
    with pytest.raises(TemperatureError, match="rows are right"):
        TemperatureScaling().fit(z, z.argmax(axis=1))
    kept = TemperatureScaling(at_bound="keep").fit(z, z.argmax(axis=1))
    assert kept.temperature_ == 1 and kept.fit_ is None and "rows are right" in kept.why_kept_


def test_bad_input_is_named(rows):
    z, pi, labels = rows
    for call, text in (
        (lambda: TemperatureScaling().fit(z, np.zeros(6000, int)), "y has one class, np.int64(0): a calibrator needs"),
        (lambda: TemperatureScaling().fit(z[:, :3], labels), "y has 4 classes, but X 3 columns: pass labels 0..2"),
        (lambda: UnsmoothCalibrator(probabilities=True).fit(2 * pi, labels), "X[0] sums to 2, not 1"),
        (lambda: TemperatureScaling(at_bound="no").fit(z, labels), 'at_bound is \'no\': expected "error" or "keep"'),
        (lambda: UnsmoothCalibrator(floor=0.5).fit(z, labels), "floor is 0.5: expected at least 0 and less than 1/K"),
    ):
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value).startswith(text)
