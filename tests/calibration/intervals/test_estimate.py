"""Intervals: the same for the same seed, right about the truth as often as they say, and refused with a reason.

The model draws logits z; its softmax is q, the label is drawn from q, and the model says softmax(tau z): calibrated at
tau = 1. An error's truth is that of infinitely many rows in the same bins: 0 at tau = 1, else that of 2e6 rows with q.
"""

import functools
import inspect
import json

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, Estimate, estimate, metrics
from onewarm.calibration.intervals.estimate import INTERVALS

ERRORS = {"ece", "ece_equal_mass", "overconfidence", "squared_error", "smooth_ece", "classwise_ece", "top_label_ece",
          "brier_reliability", "mce"}  # fmt: skip
OPTIONS = {"coverage_at_risk": {"risk": 0.25}}
CLASSES = 4


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def logits(n, rng):
    return rng.normal(size=(n, CLASSES)) * 1.5 + np.linspace(0, 1, CLASSES)


def sample(n, tau, rng, classwise=True):
    z = logits(n, rng)
    labels = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    return CalibrationSummary(classwise=classwise).update(softmax(tau * z), labels)


@functools.cache
def population(tau):
    whole = CalibrationSummary(classwise=True)
    for i in range(8):
        z = logits(250_000, np.random.default_rng(1000 + i))
        whole.update(softmax(tau * z), softmax(z))
    return whole


def truth(name, tau):
    if tau == 1 and name in ERRORS:
        return 0.0
    return getattr(metrics, name)(population(tau), **OPTIONS.get(name, {}))


def study(names, n, tau, repetitions, level=0.9):
    """Share of intervals that hold the truth, and mean and standard error of value - truth, by metric."""
    rng = np.random.default_rng(7)
    classwise = any(name in ("classwise_ece", "top_label_ece") or name.startswith("brier_") for name in names)
    held = dict.fromkeys(names, 0)
    errors = {name: [] for name in names}
    for _ in range(repetitions):
        s = sample(n, tau, rng, classwise)
        for name in names:
            found, true = estimate(s, name, level=level, **OPTIONS.get(name, {})), truth(name, tau)
            held[name] += found.low - 1e-12 <= true <= found.high + 1e-12
            errors[name].append(found.value - true)
    return {
        name: (held[name] / repetitions, np.mean(errors[name]), np.std(errors[name]) / repetitions**0.5)
        for name in names
    }


MAIN = ("ece", "ece_equal_mass", "overconfidence", "squared_error", "accuracy", "mean_confidence", "confidence_gap",
        "nll", "brier", "auroc", "aurc", "coverage_at_risk")  # fmt: skip


def slack(level, repetitions):
    """Four standard errors of a share of so many repetitions."""
    return 4 * (level * (1 - level) / repetitions) ** 0.5


@pytest.mark.parametrize(
    ("names", "repetitions"), [(("nll", "accuracy", "brier"), 400), (("ece", "squared_error"), 40)]
)
@pytest.mark.parametrize("tau", [1.0, 1.5])
def test_ninety_percent_intervals_cover_quick(tau, names, repetitions):
    for name, (share, error, spread) in study(names, 500, tau, repetitions).items():
        assert share == pytest.approx(0.9, abs=slack(0.9, repetitions)), name
        if name != "ece":
            assert abs(error) <= 4 * spread, name


@pytest.mark.long
@pytest.mark.parametrize(
    ("n", "tau"), [(1000, 1.0), (1000, 1.1), (1000, 1.5), (1000, 0.7), (10_000, 1.0), (10_000, 1.5)]
)
def test_ninety_percent_intervals_cover(n, tau):
    names = tuple(
        name for name in MAIN if not (name == "overconfidence" and tau < 1)
    )  # 0, and far from it: always held
    for name, (share, error, spread) in study(names, n, tau, 500).items():
        assert share == pytest.approx(0.9, abs=slack(0.9, 500)), name
        if name in ("squared_error", "accuracy", "mean_confidence", "confidence_gap", "nll", "brier"):
            assert abs(error) <= 3 * spread, f"{name}: {error} +- {spread}"


@pytest.mark.long
@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("tau", [1.0, 1.5])
def test_intervals_cover_at_other_levels(level, tau):
    names = ("ece", "squared_error", "accuracy", "confidence_gap", "brier")
    for name, (share, _, _) in study(names, 1000, tau, 400, level=level).items():
        assert share == pytest.approx(level, abs=slack(level, 400) + 0.01), name


@pytest.mark.parametrize("name", sorted(INTERVALS))
def test_every_metric_has_an_interval_that_a_seed_repeats(name):
    s = sample(2000, 1.5, np.random.default_rng(0))
    if name == "event_ece":  # of two classes
        c = np.random.default_rng(0).uniform(size=2000)
        s = CalibrationSummary(2, classwise=True).update(c, np.random.default_rng(1).integers(0, 2, 2000))
    found = estimate(s, name)
    assert isinstance(found, Estimate) and found.value == getattr(metrics, name)(s) == float(found)
    assert found.low <= found.corrected <= found.high
    assert estimate(CalibrationSummary.from_bytes(s.to_bytes()), getattr(metrics, name)) == found
    wider = estimate(s, name, level=0.99)
    assert wider.high - wider.low >= found.high - found.low
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["metric"] == name


def test_events_votes_and_weights_have_intervals_too():
    rng = np.random.default_rng(0)
    c = rng.uniform(size=2000)
    events = CalibrationSummary().update(c, rng.uniform(size=2000) < c)
    z = logits(2000, rng)
    votes = CalibrationSummary(classwise=True).update(softmax(z), rng.multinomial(9, softmax(z)))
    labels = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    heavy = CalibrationSummary(classwise=True).update(softmax(z), labels, weights=rng.uniform(size=2000))
    names = ("ece", "mce", "classwise_ece", "brier_reliability", "accuracy", "nll", "auroc", "brier_resolution")
    for s in (events, votes, heavy):
        for name in (*names, "brier_uncertainty", "top_label_ece"):
            found = estimate(s, name)
            assert found.low <= found.high, name
    for name in ("ece", "squared_error", "accuracy"):  # nine votes a row say more than one label
        wide, narrow = estimate(sample(2000, 1.0, rng), name), estimate(votes, name)
        assert narrow.high - narrow.low < wide.high - wide.low


def test_the_seed_is_the_summarys_unless_given():
    events = np.random.default_rng(0).uniform(size=(2, 500))
    three, four = (CalibrationSummary(seed=k).update(events[0], events[1] < events[0]) for k in (3, 4))
    for name in ("auroc", "ece", "brier_uncertainty"):
        assert estimate(three, name) == estimate(three, name, seed=3) == estimate(four, name, seed=3)
        assert estimate(three, name) != estimate(four, name)
        assert estimate(three, name, seed=0) == estimate(four, name, seed=0) != estimate(three, name)


def test_every_metric_draws_on_its_own():
    """Of events the top-label ECE is the ECE; their intervals differ by the noise of their draws, and by no more."""
    events = np.random.default_rng(0).uniform(size=(2, 500))
    s = CalibrationSummary().update(events[0], events[1] < events[0] ** 2)
    one, other = estimate(s, "ece"), estimate(s, "top_label_ece")
    assert one.value == other.value and one.high != other.high
    assert one.high == pytest.approx(other.high, rel=0.05)
    before = estimate(s, "auroc")
    estimate(s, "aurc")
    assert estimate(s, "auroc") == before


def test_every_line_of_the_table_is_a_metric():
    assert set(INTERVALS) <= {name for name in dir(metrics) if inspect.isfunction(getattr(metrics, name))}
    with pytest.raises(ValueError) as error:
        estimate(sample(20, 1.0, np.random.default_rng(0)), "l3_error")
    assert str(error.value) == f"metric is 'l3_error': expected one of {', '.join(sorted(INTERVALS))}"


def test_level_is_nine_tenths_by_default():
    s = sample(300, 1.0, np.random.default_rng(0))
    assert estimate(s, "brier") == estimate(s, "brier", level=0.9) and estimate(s, "brier").level == 0.9
    assert str(estimate(s, "accuracy", level=0.5)).startswith(f"{metrics.accuracy(s):.4f} [")


def test_what_cannot_be_known_is_nan():
    s = CalibrationSummary().update(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([1, 0]))
    found = estimate(s, "nll")
    assert found.value == found.low == found.high == np.inf and found.to_dict()["value"] is None
    right = CalibrationSummary().update(np.array([[0.75, 0.25]]), np.array([0]))
    assert np.isnan(estimate(right, "auroc").low)


def test_errors_about_arguments():
    s = sample(100, 1.0, np.random.default_rng(0))
    for call, text in (
        (lambda: estimate(s, "eec"), "metric is 'eec': expected one of accuracy, aurc,"),
        (lambda: estimate(s, "ece", level=90), "level is 90: expected a number between 0 and 1, such as .9"),
        (lambda: estimate(s, "ece", bins=7), "bins is 7, which does not divide the 600 cells kept"),
        (lambda: estimate(CalibrationSummary(), "ece"), "summary has no rows: update it first"),
    ):
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value).startswith(text)
