"""The temperature against scipy's minimiser of the written-out NLL, its certificate, and where there is none."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from onewarm.calibration import CalibrationSummary, TemperatureError, fit_temperature, nll


def straight_nll(z, truth, temperature):
    """Mean over rows of -sum_k t_k log softmax(z / T)_k, by scipy."""
    t = np.eye(z.shape[1])[truth] if truth.ndim == 1 else truth / truth.sum(axis=1, keepdims=True)
    logs = log_softmax(z / temperature, axis=1)
    return -np.where(t > 0, t * np.where(t > 0, logs, 0), 0).sum(axis=1).mean()


def scipy_temperature(z, truth):
    found = minimize_scalar(
        lambda u: straight_nll(z, truth, math.exp(u)), bounds=(-4, 4), method="bounded", options={"xatol": 1e-10}
    )
    return math.exp(found.x)


def truth_of(case, kind):
    return dict(zip(["labels", "votes", "distributions"], case[1:], strict=True))[kind]


@pytest.mark.parametrize("kind", ["labels", "votes", "distributions"])
def test_temperature_is_the_minimiser(case, kind):
    z, truth = case[0], truth_of(case, kind)
    fit = fit_temperature(z, truth)
    assert fit.temperature == pytest.approx(scipy_temperature(z, truth), rel=1e-6)  # scipy compares values: 1e-8 ** .5
    assert fit.nll_before == pytest.approx(straight_nll(z, truth, 1.0), rel=1e-12)
    assert fit.nll_after == pytest.approx(straight_nll(z, truth, fit.temperature), rel=1e-12)
    assert fit.nll_after < fit.nll_before
    assert fit.rows == 400


def test_distributions_give_their_own_temperature_back(case):
    z, _, _, truth = case  # truth = softmax(z / 1.8)
    assert fit_temperature(z, truth).temperature == pytest.approx(1.8, rel=1e-9)


@pytest.mark.parametrize("scale", [0.02, 0.3, 1.0, 7.0, 60.0])
def test_certificate_holds(case, scale):
    z, labels = case[0] * scale, case[1]
    fit = fit_temperature(z, labels, bounds=(1e-3, 1e3))
    low, high = fit.bracket
    assert low <= fit.temperature <= high and (high - low) / low <= 1.01e-8
    assert abs(fit.gradient) < 1e-8  # tolerance times the curvature in log T
    assert 0 <= fit.excess < 1e-15

    # d NLL / d log T by central differences of the written-out NLL, on both sides and at T.
    def slope(t, h=1e-4):
        return (straight_nll(z, labels, t * math.exp(h)) - straight_nll(z, labels, t * math.exp(-h))) / (2 * h)

    assert slope(fit.temperature) == pytest.approx(fit.gradient, abs=1e-7)
    assert slope(low * 0.999) < 0 < slope(high * 1.001)
    assert fit.temperature == pytest.approx(scale * fit_temperature(case[0], labels).temperature, rel=1e-7)


def test_gradient_is_that_of_the_nll_where_the_bracket_is_wide(case):
    z, labels = case[0], case[1]
    fit = fit_temperature(z, labels, tolerance=0.5)
    h = 1e-5
    up, down = (straight_nll(z, labels, fit.temperature * math.exp(s)) for s in (h, -h))
    assert fit.gradient == pytest.approx((up - down) / (2 * h), abs=1e-8)
    exact = fit_temperature(z, labels)
    assert fit.bracket[0] <= exact.temperature <= fit.bracket[1]
    assert fit.nll_after - exact.nll_after <= fit.excess


def test_narrow_input_gives_the_same_temperature(case):
    z, labels, _, _ = case
    single = z.astype(np.float32)
    wide = fit_temperature(single.astype(np.float64), labels)
    assert fit_temperature(single, labels) == wide
    assert wide.temperature == pytest.approx(fit_temperature(z, labels).temperature, rel=1e-6)
    tensor = torch.tensor(single, requires_grad=True)
    assert fit_temperature(tensor, torch.tensor(labels)) == wide


def test_probabilities_are_their_logarithms(case):
    z, labels, _, _ = case
    p = np.exp(log_softmax(z, axis=1))
    fit = fit_temperature(p, labels, probabilities=True)
    assert fit.temperature == pytest.approx(fit_temperature(z, labels).temperature, rel=1e-8)
    single = fit_temperature(p.astype(np.float32), labels, probabilities=True)
    assert single.temperature == pytest.approx(fit.temperature, rel=1e-6)
    np.testing.assert_allclose(fit.apply(p, probabilities=True), fit.apply(z), rtol=1e-7)
    percent = 100 * p * np.linspace(0.5, 2, 400)[:, None]
    again = fit_temperature(percent, labels, probabilities=True, normalize=True)
    assert again.temperature == pytest.approx(fit.temperature, rel=1e-8)
    np.testing.assert_allclose(again.apply(percent, probabilities=True, normalize=True), fit.apply(z), rtol=1e-7)


@given(st.floats(-1e3, 1e3))
def test_a_constant_in_a_row_changes_nothing(shift):
    rng = np.random.default_rng(5)
    z, labels = rng.normal(size=(60, 3)), rng.integers(0, 3, 60)
    z[np.arange(60), labels] += 0.7
    moved = fit_temperature(z + shift, labels).temperature
    assert moved == pytest.approx(fit_temperature(z, labels).temperature, rel=1e-6)


def test_masked_classes_are_as_if_they_were_not_there(case):
    z, labels, votes, _ = case
    masked = np.concatenate([z, np.full((400, 2), -np.inf)], axis=1)
    assert fit_temperature(masked, labels).temperature == pytest.approx(
        fit_temperature(z, labels).temperature, rel=1e-9
    )
    more = np.concatenate([votes, np.zeros((400, 2), int)], axis=1)
    assert fit_temperature(masked, more).temperature == pytest.approx(fit_temperature(z, votes).temperature, rel=1e-9)
    assert (fit_temperature(masked, labels).apply(masked)[:, 5:] == 0).all()


def test_adversarial_scales():
    """Rows of margin 1e4 beside rows of margin 1e-4, one wrong in a thousand: bisection has to help."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(3000, 3)) * 10.0 ** rng.uniform(-4, 4, (3000, 1))
    labels = z.argmax(axis=1)
    labels[::10] = z[::10].argmin(axis=1)
    fit = fit_temperature(z, labels, bounds=(1e-6, 1e8))
    grid = [straight_nll(z, labels, t) for t in np.geomspace(1e-6, 1e8, 500)]
    assert fit.nll_after <= min(grid) + 1e-12
    assert fit.iterations < 60


def test_apply_is_the_scaled_softmax(case):
    z, labels, _, _ = case
    fit = fit_temperature(z, labels)
    p = fit.apply(z)
    np.testing.assert_allclose(p, np.exp(log_softmax(z / fit.temperature, axis=1)), rtol=1e-12)
    assert nll(CalibrationSummary().update(p, labels)) == pytest.approx(fit.nll_after, rel=1e-12)
    assert p.dtype == np.float64
    assert fit.apply(z.astype(np.float32)).dtype == fit.apply(z.astype(np.float16)).dtype == np.float32


RIGHT = np.array([[2.0, 0.0, 1.0], [0.0, 3.0, 1.0], [0.5, 0.0, 0.7]])
LEAST = "the NLL still falls at the least temperature, T = "
GREATEST = "the NLL still falls at the greatest temperature, T = "


@pytest.mark.parametrize(
    ("z", "truth", "bounds", "text"),
    [
        (
            RIGHT,
            np.array([0, 1, 2]),
            (0.01, 100.0),
            LEAST + "0.01: all 3 rows are right (the truth has the largest logit), so that it falls without end "
            "as T -> 0; fit on more rows, or on rows that the model was not trained on",
        ),
        (
            RIGHT * 1e4,  # so far apart that every exponent underflows: the slope is exactly 0
            np.array([[9, 0, 0], [0, 9, 0], [0, 0, 9]]),
            (0.01, 100.0),
            LEAST + "0.01: all 3 rows are right (the truth has the largest logit), so that it falls without end "
            "as T -> 0; fit on more rows, or on rows that the model was not trained on",
        ),
        (
            RIGHT,
            np.array([[0.7, 0.1, 0.2], [0.1, 0.8, 0.1], [0.3, 0.1, 0.6]]),
            (5.0, 100.0),
            LEAST + "5: its minimum lies below; give lower bounds, or check the scale of the logits",
        ),
        (
            RIGHT,
            np.array([1, 0, 1]),
            (0.01, 100.0),
            GREATEST + "100: these logits are no better than uniform on these rows, so that it falls without end "
            "as T -> inf; check that rows and classes of logits and truth are in the same order",
        ),
        (
            RIGHT * 1000,
            np.array([[0.7, 0.1, 0.2], [0.1, 0.8, 0.1], [0.3, 0.1, 0.6]]),
            (0.01, 100.0),
            GREATEST + "100: its minimum lies above; give higher bounds, or check the scale of the logits",
        ),
        (
            np.ones((3, 3)),
            np.array([0, 1, 2]),
            (0.01, 100.0),
            "logits are equal within every row: the NLL is the same at every temperature; is this the right array?",
        ),
        (
            np.array([[0.0, 1.0, 2.0], [0.0, -np.inf, 2.0], [1.0, 1.0, 0.0]]),
            np.array([0, 1, 2]),
            (0.01, 100.0),
            "truth[1] has mass on a class of probability 0 (logit -inf): the NLL is infinite at every temperature; "
            "unmask that class or leave the row out",
        ),
    ],
)
def test_no_minimum_is_an_error_that_says_why(z, truth, bounds, text):
    with pytest.raises(TemperatureError) as error:
        fit_temperature(z, truth, bounds=bounds)
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"bounds": (2.0, 1.0)}, "bounds is (2.0, 1.0): expected 0 < least < greatest < inf"),
        ({"bounds": (0.0, 1.0)}, "bounds is (0.0, 1.0): expected 0 < least < greatest < inf"),
        ({"bounds": (1.0, math.nan)}, "bounds is (1.0, nan): expected 0 < least < greatest < inf"),
        ({"tolerance": 0.0}, "tolerance is 0.0: expected at least 1e-12 and less than 1"),
        (
            {"probabilities": True},
            "probabilities[0] sums to 3, not 1 (tolerance 0.001): pass normalize=True to scale the rows",
        ),
    ],
)
def test_bad_arguments(arguments, text):
    with pytest.raises(ValueError) as error:
        fit_temperature(RIGHT, np.array([0, 1, 2]), **arguments)
    assert str(error.value) == text


def test_bounds_that_leave_out_one(case):
    z, labels, _, _ = case
    whole = fit_temperature(z, labels)
    for bounds in ((1.5, 100.0), (1.2, 2.5)):
        assert fit_temperature(z, labels, bounds=bounds).temperature == pytest.approx(whole.temperature, rel=1e-8)
    small = fit_temperature(z / 10, labels, bounds=(0.01, 0.9))
    assert small.temperature == pytest.approx(whole.temperature / 10, rel=1e-8)
