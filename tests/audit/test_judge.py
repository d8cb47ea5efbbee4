"""The verdict from numbers made up for it: its parts cannot contradict each other."""

import pytest

from onewarm.audit.findings import Finding, Question
from onewarm.audit.judge import agreeing, judge
from onewarm.audit.measures import Measure
from onewarm.audit.remedies import Option, Remedies
from onewarm.audit.remedies.zeros import Zeros
from onewarm.audit.wording.headline import Asked

LEAVE = Option("leave", {}, nll=0.5, brier=0.3, ece=0.04)


def asked(low, high, kind="multiclass"):
    key = "mean" if kind == "binary" else "confidence"
    q = Question(key, "the top label", (low + high) / 2, (low, high), 0.0, 0.01, 1000)
    return Asked(kind, 1000, ("0", "1") if kind == "binary" else ("0", "1", "2"), (q,), 0.85, 0.8)


def measured(ece, gap=(-1.0, 1.0), **more):
    return {"confidence_gap": Measure(0.05, gap), "ece": Measure(0.05, ece), **more}


def test_every_end_of_the_ece_is_at_least_the_gap_at_that_end():
    """The gap was -15.4 to -3.8 points beside an ECE of 0 to .147; ECE >= |gap|."""
    found = agreeing(measured((0.0, 0.147)), asked(-0.154, -0.038))
    assert found["ece"].interval == (0.038, 0.154)
    assert found["confidence_gap"].interval == (-0.154, -0.038)


def test_the_ece_starts_at_0_where_nothing_is_wrong():
    """ "Calibrated" stood beside an ECE "within .0098 to .0291"."""
    assert agreeing(measured((0.0098, 0.0291)), asked(-0.02, 0.01))["ece"].interval == (0.0, 0.0291)
    assert agreeing(measured((0.0, 0.01)), asked(-0.02, 0.01))["ece"].interval == (0.0, 0.02)


def test_the_ece_of_the_event_is_bounded_by_the_mean_of_the_event():
    found = agreeing(measured((0.0, 0.01), event_ece=Measure(0.08, (0.0, 0.05))), asked(0.07, 0.09, "binary"))
    assert found["event_ece"].interval == (0.07, 0.09)
    assert found["confidence_gap"].interval == (-1.0, 1.0), "that of the top label is another question"


@pytest.mark.parametrize(
    ("ends", "ece", "gain", "small"),
    [
        ((0.001, 0.004), (0.001, 0.005), 0.0002, True),
        ((0.001, 0.02), (0.001, 0.02), 0.0002, False),
        ((0.001, 0.004), (0.001, 0.03), 0.0002, False),
        ((0.001, 0.004), (0.001, 0.005), 0.002, False),
        ((-0.001, 0.004), (0.0, 0.005), 0.0002, False),
    ],
)
def test_what_is_wrong_by_less_than_a_point_and_not_worth_a_change_is_small(ends, ece, gain, small):
    """A million rows with a gap of .15 points were "Overconfident" and no more."""
    option = Option("temperature", {"temperature": 1.1}, nll=0.49, ece=0.01, gain=gain, interval=(gain / 2, 2 * gain))
    best = option if gain >= 0.001 else LEAVE
    remedies = Remedies((LEAVE, option), best, option, False, Zeros(1e-9), 5, 800, 1000)
    found = judge(asked(*ends), measures=measured(ece), chance=0.01, remedies=remedies, truth={"kind": "labels"})
    assert small == found.headline.endswith("; this is real but small.")
    assert found.small == small


def test_wrong_rows_leave_nothing_else_to_be_said():
    spoiler = Finding("shifted", "Labels are those of the next row (agreement 96 %).", "wrong rows", remedy="Shift.")
    note = Finding("duplicates", "3 rows are there twice.", "note")
    found = judge(
        asked(0.03, 0.07),
        measures=measured((0.03, 0.1)),
        chance=0.01,
        spoilers=(note, spoiler),
        truth={"kind": "labels"},
    )
    assert found.kind == "wrong rows" and found.headline == spoiler.sentence
    assert found.findings == (spoiler,) and found.action.key == "check rows"


def test_what_spoils_comes_first_and_notes_come_last():
    spoils = Finding("clusters", "Rows come in runs.", "spoils")
    note = Finding("zeros", "3 probabilities are 0.", "note")
    found = judge(
        asked(0.03, 0.07),
        measures=measured((0.03, 0.1)),
        chance=0.01,
        spoilers=(note, spoils),
        truth={"kind": "labels"},
        infinite=3,
    )
    assert [f.key for f in found.findings] == ["clusters", "confidence", "ece", "zeros"]
