"""The verdict's kind and sentences, each from numbers made up for it."""

import pytest

from onewarm.audit.judge import judge
from onewarm.audit.measures import Measure
from onewarm.audit.remedies import Option
from onewarm.audit.slices import Slice

LEAVE = Option("leave", {}, nll=0.5, brier=0.3, ece=0.04)


def verdict(gap=0.05, interval=(0.03, 0.07), squared=None, ece=0.05, accuracy=0.8, **more):
    measures = {
        "mean_confidence": Measure(accuracy + gap),
        "accuracy": Measure(accuracy),
        "confidence_gap": Measure(gap, interval),
        "ece": Measure(ece, more.pop("ece_interval", None)),
    }
    if squared is not None:
        measures["squared_error"] = Measure(0.001, squared)
    numbers = {
        "rows": 1000,
        "num_classes": 3,
        "chance": 0.02,
        "options": (LEAVE,),
        "best": LEAVE,
        "fitted_on": 500,
        "scored_on": 500,
        "truth": {"kind": "labels"},
        "slices": (),
        "logits": True,
        "infinite": 0,
    }
    return judge(measures=measures, **numbers | more)


def findings(found):
    return [f.sentence for f in found.findings]


def advice(found):
    return (found.action.sentence, *found.action.why)


@pytest.mark.parametrize(
    ("gap", "interval", "kind"),
    [
        (0.05, (0.03, 0.07), "overconfident"),
        (-0.05, (-0.07, -0.03), "underconfident"),
        (0.05, (-0.01, 0.11), "calibrated"),
        (-0.05, (-0.11, 0.01), "calibrated"),
        (0.0, (0.0, 0.0), "calibrated"),
    ],
)
def test_the_side_is_that_of_the_whole_interval_of_the_gap(gap, interval, kind):
    assert verdict(gap, interval, squared=(-0.001, 0.001)).kind == kind


@pytest.mark.parametrize(("squared", "kind"), [((0.0001, 0.001), "miscalibrated"), ((-0.0001, 0.001), "calibrated")])
def test_right_on_average_is_miscalibrated_where_the_debiased_squared_error_is_above_0(squared, kind):
    assert verdict(0.0, (-0.01, 0.01), squared=squared).kind == kind


@pytest.mark.parametrize(("ece", "kind"), [(0.039, "calibrated"), (0.04, "calibrated"), (0.041, "miscalibrated")])
def test_without_that_interval_an_ece_of_twice_chance_decides(ece, kind):
    assert verdict(0.0, None, ece=ece, chance=0.02).kind == kind


def test_headlines():
    says = "it says 85.0\u00a0% on average and is right 80.0\u00a0% of the time"
    assert verdict().headline == f"Overconfident: {says}."
    says = says.replace("85", "75")
    assert verdict(-0.05, (-0.07, -0.03)).headline == f"Underconfident: {says}."
    says = says.replace("75", "80")
    assert verdict(0.0, (-0.01, 0.01), squared=(-1e-3, 1e-3)).headline == (
        f"Calibrated, as far as 1,000 rows can tell: {says}."
    )
    assert verdict(0.0, (-0.01, 0.01), squared=(1e-4, 1e-3)).headline == (
        f"Right on average, but not where it says so: {says}; single bins are off."
    )


@pytest.mark.parametrize(
    ("gap", "interval", "words"),
    [
        (0.05, (0.03, 0.07), "5.0 points more than the accuracy (95\u00a0% interval +3.0 to +7.0)"),
        (-0.05, (-0.07, -0.03), "5.0 points less than the accuracy (95\u00a0% interval -7.0 to -3.0)"),
        (0.0, (-0.01, 0.02), "0.0 points more than the accuracy (95\u00a0% interval -1.0 to +2.0)"),
        (0.05, None, "5.0 points more than the accuracy"),
    ],
)
def test_the_gap_and_its_interval_have_their_signs(gap, interval, words):
    assert findings(verdict(gap, interval))[0] == f"Over 1,000 rows and 3 classes the mean confidence is {words}."


def test_the_ece_stands_between_its_interval_and_chance():
    assert findings(verdict(ece=0.05, ece_interval=(0.03, 0.06), chance=0.0123))[1] == (
        "Expected calibration error (ECE) in 15 bins: 0.0500; the model's own, without the noise of finite rows, is "
        "within 0.0300 to 0.0600 (95\u00a0%). A perfectly calibrated model with these confidences would show about "
        "0.0123 by chance alone."
    )


@pytest.mark.parametrize(("accuracy", "asked"), [(0.28, True), (0.32, False), (0.34, False)])
def test_less_often_right_than_one_in_three_beyond_noise_asks_for_the_order(accuracy, asked):
    """Three standard errors at 1000 rows are 0.043."""
    assert any("in the same order?" in s for s in findings(verdict(accuracy=accuracy))) == asked


@pytest.mark.parametrize(("majority", "way"), [(1.2, "higher"), (2.5, "lower")])
def test_votes(majority, way):
    truth = {"kind": "votes", "majority_share": 0.9, "entropy": 0.3, "majority_temperature": majority}
    temperature = Option("temperature", {"temperature": 2.0}, nll=0.4, brier=0.2, ece=0.01)
    sentences = findings(verdict(truth=truth, options=(LEAVE, temperature)))
    assert sentences[2].startswith("The truth is votes: on average 10.0\u00a0% of the mass is on other classes")
    assert "0.3000 nats of entropy" in sentences[2]
    assert sentences[3].startswith(
        f"So the best temperature is 2.0000; with the favourite class as a plain label it "
        f"would be {majority:.4f}. It is {way}"
    )


def slice_of(value, p_holm, difference=0.1):
    return Slice("g", value, 100, 0.8, 0.9, 0.1, (0.0, 0.2), 0.1, difference, p_holm, p_holm)


def test_slices_below_5_percent_are_named_three_at_most():
    slices = tuple(slice_of(v, p, d) for v, p, d in (("a", 1e-9, 0.1), ("b", 0.01, -0.2), ("c", 0.02, 0.3)))
    assert findings(verdict(slices=(*slices, slice_of("d", 0.049), slice_of("e", 0.05), slice_of("f", None))))[-1] == (
        "Of 5 slices 4 differ from the other rows beyond chance (Holm-corrected, p < 0.05); the confidence gap of the "
        "strongest, against the others: g = a (+10.0 points, p < 0.0001), g = b (-20.0 points, p = 0.01), g = c (+30.0 "
        "points, p = 0.02)."
    )
    assert findings(verdict(slices=(slice_of("a", 0.05),)))[-1] == (
        "Of 1 slices none differs from the other rows beyond chance (Holm-corrected, p < 0.05)."
    )


def test_infinite_rows_are_counted():
    assert findings(verdict(infinite=1234))[-1] == (
        "In 1,234 rows a true class has a probability of exactly 0: their NLL is infinite, so is the mean."
    )


@pytest.mark.parametrize(
    ("key", "parameters", "logits", "words"),
    [
        ("temperature", {"temperature": 2.0}, True, "Divide the logits by T = 2.0000."),
        (
            "temperature",
            {"temperature": 2.0},
            False,
            "Divide the logits by T = 2.0000 (or raise the probabilities to the power 0.5000 and divide by their sum).",
        ),
        (
            "unsmooth",
            {"alpha": 0.1},
            True,
            "Undo its smoothing: replace p by (p - alpha / K) / (1 - alpha) with alpha = 0.1000. No temperature equals "
            "that.",
        ),
        (
            "temperature-unsmooth",
            {"temperature": 2.0, "alpha": 0.1},
            True,
            "Divide the logits by T = 2.0000, then replace p by (p - alpha / K) / (1 - alpha), alpha = 0.1000.",
        ),
        (
            "temperature-unsmooth",
            {"temperature": 2.0, "alpha": -0.25},
            True,
            "Divide the logits by T = 2.0000, then mix 0.2000 of the uniform row into the probabilities.",
        ),
        (
            "retrain",
            {"alpha": 0.1},
            True,
            "Retrain with label smoothing, alpha about 0.100; until then mix that much uniform into the probabilities, "
            "p (1 - alpha) + alpha / K, which is what was scored.",
        ),
    ],
)
def test_what_is_advised(key, parameters, logits, words):
    best = Option(key, parameters, nll=0.4, brier=0.2, ece=0.01, gain=0.1, interval=(0.08, 0.12))
    sentences = advice(verdict(options=(LEAVE, best), best=best, logits=logits))
    assert sentences[0] == words
    assert sentences[1] == (
        "Fitted on 500 rows, it lowers the NLL of 500 others from 0.5000 to 0.4000, by 0.1000 nats a row (0.0800 to "
        "0.1200), and takes their ECE from 0.0400 to 0.0100."
    )


def test_the_change_of_what_was_not_advised_has_the_sign_of_a_change():
    """A gain of 0.0005 (-0.002 to 0.003) changes the NLL by -0.0005 (-0.003 to 0.002)."""
    other = Option("temperature", {"temperature": 1.1}, nll=0.4995, gain=0.0005, interval=(-0.002, 0.003))
    assert advice(verdict(options=(LEAVE, other))) == (
        "Leave it as it is.",
        "The best alternative (temperature, T = 1.1000) changes the NLL of 500 held-out rows by -0.0005 nats (-0.0030 "
        "to 0.0020): less than 0.001, or not beyond chance.",
    )


def test_advice_where_the_nll_is_infinite_fails_to_fit_or_has_no_rows():
    leave = Option("leave", {}, nll=None, brier=0.6, ece=0.3, infinite=40)
    best = Option("retrain", {"alpha": 0.2}, nll=0.6, brier=0.4, ece=0.1)
    assert advice(verdict(options=(leave, best), best=best))[1] == (
        "40 of 500 held-out rows gave the true class a probability of exactly 0: their NLL is infinite. Brier score "
        "before and after: 0.6000, 0.4000."
    )
    failed = Option("temperature", {}, problem="all rows are right")
    assert advice(verdict(options=(LEAVE, failed)))[-1] == "Temperature could not be fitted: all rows are right."
    assert advice(verdict(options=(), best=None)) == ("Too few rows to fit and score anything: give at least two.",)


@pytest.mark.parametrize(("interval", "advised"), [((0.001, 0.01), True), ((-0.001, 0.01), False), (None, False)])
def test_smoothing_is_a_start_for_another_training_where_its_stand_in_gains(interval, advised):
    temperature = Option("temperature", {"temperature": 2.0}, nll=0.4, gain=0.1, interval=(0.08, 0.12), ece=0.01)
    retrain = Option("retrain", {"alpha": 0.1}, nll=0.45, gain=0.05, interval=interval)
    sentences = advice(verdict(options=(LEAVE, temperature, retrain), best=temperature))
    assert any("label smoothing with alpha about 0.100 is where to start" in s for s in sentences) == advised
