"""One action, why, and what it gains; to leave it always has a reason."""

import pytest

from onewarm.audit.findings import Finding
from onewarm.audit.remedies import Option
from onewarm.audit.wording.advice import action

LEAVE = Option("leave", {}, nll=0.5, brier=0.3, ece=0.04)


@pytest.fixture
def advised(question, asked):
    def make(*options, best=None, gap=(0.03, 0.07), kind="overconfident", spoilers=(), logits=True):
        found = asked(question("confidence", sum(gap) / 2, *gap), kind="multiclass", classes=tuple("abc"))
        return action(kind, found, spoilers, (LEAVE, *options), best, logits=logits)

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
            "raises the NLL of rows it was not fitted on by 0.0100 nats a row (-0.0100 to 0.0300): no remedy lowers "
            "it.",
        ),
    ],
)
def test_what_is_wrong_and_left_says_what_a_change_would_gain(advised, gain, interval, words):
    other = Option("temperature", {"temperature": 1.1}, nll=0.4995, gain=gain, interval=interval)
    found = advised(other, best=LEAVE)
    assert (found.key, found.sentence, found.gain, found.interval) == ("leave", "Leave it as it is.", gain, interval)
    start = "What is wrong is not worth a change: the best change (temperature, T = 1.1000) "
    assert found.why == (start + words,)
    assert advised(other, best=LEAVE, gap=(-0.01, 0.01), kind="calibrated").why == (
        "No question about its confidence is answered no.",
        "The best change (temperature, T = 1.1000) " + words,
    )


def test_a_remedy_where_no_single_question_is_answered_no_says_so(advised):
    best = Option("temperature", {"temperature": 2.0}, nll=0.4, ece=0.01, gain=0.1, interval=(0.08, 0.12))
    found = advised(best, best=best, gap=(-0.01, 0.01), kind="calibrated")
    assert found.why[-1] == "No single question is answered no, but all rows together show this gain."


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
