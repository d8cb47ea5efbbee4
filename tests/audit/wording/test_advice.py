"""One action, why, and what it gains; to leave it always has a reason."""

from dataclasses import replace

import pytest

from onewarm.audit.findings import Finding
from onewarm.audit.remedies import Option, Remedies
from onewarm.audit.remedies.zeros import Zeros
from onewarm.audit.wording.advice import action

NO_ZEROS = Zeros(1e-9)
LEAVE = Option("leave", {}, nll=0.5, brier=0.3, ece=0.04)


def remedies(*options, best=None, resting=False, zeros=NO_ZEROS):
    second = max((o for o in options if o.gain is not None), key=lambda o: o.gain, default=None)
    return Remedies((LEAVE, *options), best or LEAVE, second, resting, zeros, 5, 800, 1000)


@pytest.fixture
def advised(question, asked):
    def make(*options, best=None, gap=(0.03, 0.07), kind="overconfident", spoilers=(), logits=True, of="multiclass"):
        key = "mean" if of == "binary" else "confidence"
        found = asked(question(key, sum(gap) / 2, *gap), kind=of, classes=tuple("abc"))
        return action(kind, found, spoilers, remedies(*options, best=best), logits=logits)

    return make


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
    ],
)
def test_what_is_advised(advised, key, parameters, logits, words):
    best = Option(key, parameters, nll=0.4, brier=0.2, ece=0.01, gain=0.1, interval=(0.08, 0.12))
    found = advised(best, best=best, logits=logits)
    assert (found.key, found.sentence, found.gain, found.interval) == (key, words, 0.1, (0.08, 0.12))
    assert found.why == (
        "On rows it was not fitted on it lowers the NLL from 0.5000 to 0.4000, by 0.1000 nats a row (0.0800 to "
        "0.1200), and takes the ECE from 0.0400 to 0.0100.",
    )


@pytest.mark.parametrize(
    ("gain", "interval", "words"),
    [
        (
            0.0005,
            (-0.002, 0.003),
            "lowers the NLL of rows it was not fitted on by 0.0005 nats a row (-0.0020 to 0.0030), less than 0.001, "
            "which chance can give.",
        ),
        (
            0.0005,
            (0.0002, 0.0008),
            "lowers the NLL of rows it was not fitted on by 0.0005 nats a row (0.0002 to 0.0008), less than 0.001.",
        ),
        (
            0.01,
            (-0.01, 0.03),
            "lowers the NLL of rows it was not fitted on by 0.0100 nats a row (-0.0100 to 0.0300), which chance can "
            "give.",
        ),
        (
            -0.01,
            (-0.03, 0.01),
            "raises the NLL of rows it was not fitted on by 0.0100 nats a row (-0.0100 to 0.0300): none is seen to "
            "lower it.",
        ),
    ],
)
def test_what_is_wrong_and_left_says_what_a_change_would_gain(advised, gain, interval, words):
    other = Option("temperature", {"temperature": 1.1}, nll=0.4995, gain=gain, interval=interval)
    found = advised(other, best=LEAVE)
    assert (found.key, found.sentence, found.gain, found.interval) == ("leave", "Leave it as it is.", None, None)
    start = "What is wrong is not worth a change: the best change (temperature, T = 1.1000) "
    assert found.why == (start + words,)
    assert advised(other, best=LEAVE, gap=(-0.01, 0.01), kind="calibrated").why == (
        "Nothing was found to be wrong beyond chance.",
        "The best change (temperature, T = 1.1000) " + words,
    )


def test_a_remedy_where_no_single_question_is_answered_no_says_so(advised):
    best = Option("temperature", {"temperature": 2.0}, nll=0.4, ece=0.01, gain=0.1, interval=(0.08, 0.12))
    found = advised(best, best=best, gap=(-0.01, 0.01), kind="calibrated")
    assert found.why[-1] == "No single error is beyond chance, but all rows together show this gain."


def test_too_few_rows_says_how_many_are_needed(advised):
    found = advised(gap=(-0.06, 0.1), kind="too few rows")
    assert (found.key, found.sentence) == ("more rows", "Audit about 210,000 rows.")
    assert found.why == (
        "An average error of up to 10.0 points could be there; about 210,000 rows would show one of 5 points or "
        "exclude it.",
    )


def test_wrong_rows_have_no_other_advice(advised):
    best = Option("temperature", {"temperature": 2.0}, nll=0.4, gain=0.1, interval=(0.08, 0.12))
    spoiler = Finding("shifted", "Labels are those of the next row.", "wrong rows", remedy="Shift the labels by one.")
    found = advised(best, best=best, kind="wrong rows", spoilers=(spoiler,))
    assert (found.key, found.sentence, found.gain) == ("check rows", "Shift the labels by one.", None)


def test_each_reason_why_a_fit_failed_is_said_once(advised):
    failed = [Option(k, {}, problem="all rows are right") for k in ("temperature", "temperature-unsmooth")]
    found = advised(*failed, best=LEAVE)
    assert found.why == ("Temperature, Temperature, then the affine inverse could not be fitted: all rows are right.",)


@pytest.mark.parametrize(
    ("of", "key", "parameters", "words"),
    [
        ("binary", "intercept", {"intercept": -0.41}, "Add -0.4100 to the log-odds of P(y = 1)."),
        ("confidence", "intercept", {"intercept": 0.5}, "Add +0.5000 to the log-odds of the confidence."),
        (
            "multiclass",
            "intercept",
            {"intercept": [0.5, -0.5, 0.0]},
            "Add to each class's logit a number of its own: +0.5000, -0.5000, +0.0000.",
        ),
        (
            "binary",
            "platt",
            {"slope": 0.5, "intercept": 0.1},
            "Multiply the log-odds of P(y = 1) by 0.5000 and add +0.1000 (Platt scaling).",
        ),
        (
            "multiclass",
            "vector",
            {"scale": [1.0], "shift": [0.0]},
            "Multiply each class's logit by a number of its own and add another (vector scaling).",
        ),
        ("binary", "isotonic", {"steps": 7}, "Map P(y = 1) by the fitted non-decreasing curve (isotonic regression)."),
        (
            "multiclass",
            "beta",
            {"a": [1.0]},
            "Map each class's probability, and divide by their sum, by beta calibration: logistic regression on log p "
            "and log (1 - p).",
        ),
    ],
)
def test_what_each_remedy_does(advised, of, key, parameters, words):
    best = Option(key, parameters, nll=0.4, ece=0.01, gain=0.1, interval=(0.08, 0.12), code="q = p")
    found = advised(best, best=best, of=of)
    assert (found.sentence, found.code) == (words, "q = p")


def test_what_a_remedy_leaves_is_for_another_training(advised):
    best = Option("temperature", {"temperature": 2.0}, 0, 0.4, 0.2, 0.03, (0.02, 0.04), gain=0.1, interval=(0.08, 0.12))
    best = replace(best, problem=None)
    assert any("It leaves an ECE within 0.0200 to 0.0400" in why for why in advised(best, best=best).why)
    little = replace(best, ece_interval=(0.005, 0.03))
    assert not any("It leaves" in why for why in advised(little, best=little).why)


def test_advice_does_not_rest_on_a_row_of_probability_0(question, asked):
    option = Option("temperature", {"temperature": 2.0}, nll=0.4, gain=0.1, interval=(0.02, 0.18))
    found = action(
        "calibrated",
        asked(question("confidence", 0.0, -0.01, 0.01), kind="multiclass"),
        (),
        remedies(option, resting=True, zeros=Zeros(1e-9, true=1)),
        logits=False,
    )
    assert found.key == "leave"
    assert found.why[-1] == (
        "The best change (temperature, T = 2.0000) gains 0.1000 nats a row (0.0200 to 0.1800), but only because of the "
        "row whose true class has a probability of exactly 0: save logits, and audit again."
    )


@pytest.mark.parametrize("code", ["q = p ** 2", 'q = onewarm.calibration.load_map("calibrator.json").apply(p)'])
def test_a_remedy_that_is_loaded_from_a_file_comes_with_the_command_that_saves_it(advised, code):
    best = Option("beta", {}, nll=0.4, brier=0.2, ece=0.01, gain=0.1, interval=(0.08, 0.12), code=code)
    command = advised(best, best=best).command
    if "load_map" not in code:
        assert command == ""
        return
    audited, applied = command.split("\n")
    assert audited == "onewarm audit FILE --save calibrator.json"
    assert applied == "onewarm calibrate NEW.csv --with calibrator.json --out CALIBRATED.csv"


def test_more_rows_of_the_same_groups_are_not_asked_for(asked, question):
    rows = replace(asked(question("mean", 0.0, -0.1, 0.1)), grouped=True)
    assert action("too few rows", rows, (), None, logits=False).sentence.endswith(
        "rows of other groups (more rows of these tell little)."
    )
