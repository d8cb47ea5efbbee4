"""The kind and the headline follow from the questions; every headline has its number and its interval."""

import pytest

from onewarm.audit.findings import Finding
from onewarm.audit.measures import Measure
from onewarm.audit.wording.headline import headline, kind_of, reach, rows_needed


def said(asked, spoilers=()):
    kind = kind_of(asked, spoilers)
    return kind, headline(kind, asked, spoilers)


def test_two_classes_too_high_and_too_low(question, asked):
    high = asked(question("mean", 0.08, 0.074, 0.086), question("slope", 0.99, 0.9, 1.1))
    assert said(high) == (
        "too high",
        "P(y = 1) is 8.0 points too high on average (7.4 to 8.6): it says 50.0\u00a0%, and 42.0\u00a0% are 1.",
    )
    low = asked(question("mean", -0.08, -0.086, -0.074), classes=("No", "Yes"))
    assert said(low)[1].startswith("P(y = Yes) is 8.0 points too low on average (7.4 to 8.6)")


def test_two_classes_too_extreme_and_too_even(question, asked):
    over = asked(question("mean", 0.01, -0.01, 0.03), question("slope", 0.52, 0.48, 0.56))
    assert said(over) == (
        "overconfident",
        "Overconfident: P(y = 1) is too close to 0 and 1; the slope of its log-odds is 0.52 (0.48 to 0.56), and 1 is "
        "right.",
    )
    assert said(asked(question("slope", 1.5, 1.2, 1.8)))[0] == "underconfident"
    top = asked(question("mean", 0.01, -0.01, 0.03), question("confidence", 0.05, 0.03, 0.07))
    assert said(top)[1] == (
        "Overconfident: for the more probable class it says 85.0\u00a0% on average and is right 80.0\u00a0% of the "
        "time, 5.0 points less (3.0 to 7.0)."
    )


@pytest.mark.parametrize(("ece", "kind"), [(0.02, "too high"), (0.2, "overconfident")])
def test_where_average_and_slope_are_wrong_the_greater_part_of_the_ece_leads(question, asked, ece, kind):
    both = asked(
        question("mean", 0.02, 0.01, 0.03),
        question("slope", 0.5, 0.4, 0.6),
        event_ece=Measure(ece, (0.0, 1.0), ece),
    )
    assert kind_of(both, ()) == kind
    if kind == "too high":
        assert said(both)[1].endswith(
            "; and it is too close to 0 and 1, with a slope of 0.50 (0.40 to 0.60) in the place of 1."
        )


def test_several_classes(question, asked):
    three = {"kind": "multiclass", "classes": ("ant", "bee", "cat")}
    over = asked(question("confidence", 0.05, 0.03, 0.07), question("class", 0.03, 0.02, 0.04, "class cat"), **three)
    assert said(over) == (
        "overconfident",
        "Overconfident: it says 85.0\u00a0% on average and is right 80.0\u00a0% of the time, 5.0 points less (3.0 to "
        "7.0).",
    )
    assert said(asked(question("confidence", -0.05, -0.07, -0.03), **three))[0] == "underconfident"
    worse = asked(question("confidence", 0.05, 0.03, 0.07), question("class", 0.1, 0.05, 0.15, "class cat"), **three)
    assert said(worse)[1].endswith(
        "5.0 points less (3.0 to 7.0); and class cat is predicted 10.0 points too often (5.0 to 15.0)."
    )
    classes = [
        question("class", -0.01, -0.02, -0.005, "class ant"),
        question("class", 0.031, 0.02, 0.042, "class cat"),
        question("class", 0.0, -0.01, 0.01, "class bee"),
    ]
    assert said(asked(question("confidence", 0.0, -0.01, 0.01), *classes, **three)) == (
        "miscalibrated",
        "2 of 3 classes are predicted too often or too rarely: class cat is predicted 3.1 points too often (2.0 to "
        "4.2) and class ant is predicted 1.0 points too rarely (0.5 to 2.0).",
    )


def test_single_bins(question, asked):
    of = "P(y = 1) from 0.40 to 0.47"
    found = asked(question("mean", 0.0, -0.01, 0.01), question("bin", 0.061, 0.02, 0.102, of))
    assert said(found) == (
        "miscalibrated",
        f"Right on average, but not everywhere: {of} is 6.1 points too high (2.0 to 10.2).",
    )


def test_nothing_wrong(question, asked):
    assert said(asked(question("mean", 0.002, -0.008, 0.012))) == (
        "calibrated",
        "Calibrated, as far as 20,000 rows can tell: on average P(y = 1) is off by +0.2 points (-0.8 to +1.2).",
    )
    few = asked(question("mean", 0.02, -0.06, 0.1))
    assert said(few) == (
        "too few rows",
        "Too few rows to tell: 20,000 rows show no error, but on average P(y = 1) is off by +2.0 "
        "points (-6.0 to +10.0).",
    )
    assert reach(few) == 0.1
    assert rows_needed(few) == 210_000, "(.16 / .05)^2 = 10.24 times as many"
    assert said(asked())[0] == "too few rows", "no question could be asked"


def test_rows_that_do_not_belong_together_come_first(question, asked):
    wrong = Finding("permuted classes", "Columns 0 and 1 are exchanged: 5.0 % are right.", "wrong rows")
    assert said(asked(question("mean", 0.08, 0.07, 0.09)), [wrong]) == ("wrong rows", wrong.sentence)
