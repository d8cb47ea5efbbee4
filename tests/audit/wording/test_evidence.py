"""Each finding has its number; the ECE never says that 0 is possible where something is wrong."""

import pytest

from onewarm.audit.measures import Measure
from onewarm.audit.remedies import Option
from onewarm.audit.slices import Slice
from onewarm.audit.wording import evidence


def sentences(found):
    return [f.sentence for f in found]


def test_the_average_comes_first_then_all_that_is_wrong(question, asked):
    bins = [question("bin", v, v - 0.01, v + 0.01, f"bin {i}") for i, v in enumerate((0.02, 0.05, 0.03, 0.04, 0.0))]
    found = evidence.of_questions(
        asked(question("mean", 0.08, 0.074, 0.086), question("slope", 0.5, 0.4, 0.6), *bins, classes=("a", "b"))
    )
    assert [(f.key, f.weight) for f in found] == [("mean", "wrong"), ("slope", "wrong"), ("bin", "wrong")]
    assert sentences(found) == [
        "The mean of P(y = b) is 50.0\u00a0%, the share of b 42.0\u00a0%: 8.0 points too high (7.4 to 8.6).",
        "P(y = b) is too close to 0 and 1: the slope of the log-odds is 0.50 (0.40 to 0.60); 1 is right.",
        "In 4 of 5 bins it is wrong: bin 1 is 5.0 points too high (4.0 to 6.0), bin 3 is 4.0 points too high (3.0 to "
        "5.0) and bin 2 is 3.0 points too high (2.0 to 4.0), the worst three.",
    ]
    assert sentences(evidence.of_questions(asked(question("confidence", 0.01, -0.01, 0.03), kind="confidence"))) == [
        "The mean confidence is 85.0\u00a0%, the accuracy 80.0\u00a0%: a difference of +1.0 points (-1.0 to +3.0), no "
        "error beyond chance."
    ]


@pytest.mark.parametrize(
    ("wrong", "low", "words"),
    [
        (True, 0.03, "within 0.0300 to 0.0600"),
        (True, 0.0, "at most 0.0600"),
        (False, 0.0, "within 0.0000 to 0.0600"),
    ],
)
def test_the_ece_with_its_interval_and_what_chance_gives(question, asked, wrong, low, words):
    q = question("confidence", 0.02, 0.01 if wrong else -0.01, 0.05)
    (found,) = evidence.of_ece(asked(q, kind="multiclass"), {"ece": Measure(0.05, (low, 0.06))}, 0.0123)
    assert found.sentence == (
        "Expected calibration error (ECE) of the top class in 15 bins: 0.0500; the model's own, without the noise of "
        f"finite rows, is {words} (95\u00a0%). A perfectly calibrated model with these confidences would show about "
        "0.0123 by chance alone."
    )


def test_two_classes_have_the_ece_of_the_event_first(asked):
    found = evidence.of_ece(asked(), {"ece": Measure(0.01), "event_ece": Measure(0.08, (0.07, 0.09))}, 0.01)
    assert [f.key for f in found] == ["event_ece", "ece"]
    assert found[0].sentence.startswith("ECE of P(y = 1) in 15 bins over 0..1: 0.0800; the model's own")


@pytest.mark.parametrize(("majority", "way"), [(1.2, "It is higher because"), (2.5, "It is no higher: ")])
def test_votes(majority, way):
    truth = {"kind": "votes", "majority_share": 0.9, "entropy": 0.3, "majority_temperature": majority}
    temperature = Option("temperature", {"temperature": 2.0}, nll=0.4, brier=0.2, ece=0.01)
    first, second = sentences(evidence.of_truth(truth, (temperature,)))
    assert first.startswith("The truth is votes: on average 10.0\u00a0% of the mass is on other classes")
    assert "0.3000 nats of entropy" in first
    assert second.startswith(
        f"The best temperature is 2.0000; with the favourite class as a plain label it would be {majority:.4f}. {way}"
    )
    assert evidence.of_truth({"kind": "labels"}, ()) == []


def test_rows_of_infinite_nll_are_counted_and_logits_are_suggested():
    (found,) = evidence.of_zeros(1234)
    assert found.sentence.startswith("In 1,234 rows the true class has a probability of exactly 0")
    assert "logits" in found.remedy
    assert evidence.of_zeros(1)[0].sentence.startswith("In 1 row the true class")
    assert evidence.of_zeros(0) == []


def slice_of(value, gap, half, *, looked=True):
    p = 0.5 if looked else None
    ends = (gap - half, gap + half)
    return Slice("g", value, f"g = {value}", 100, 0.8, 0.9, 0.9, 0.9 - gap, gap, ends, 0.1, 0.0, p, p)


def test_wrong_slices_are_named_three_at_most_of_those_that_were_looked_at():
    wrong = [slice_of(v, gap, 0.05) for v, gap in (("a", 0.2), ("b", -0.15), ("c", 0.1), ("d", 0.06))]
    rest = [slice_of("e", 0.04, 0.05), slice_of("f", 0.9, 0.01, looked=False)]
    (found,) = evidence.of_slices((*wrong, *rest))
    assert found.sentence == (
        "4 of 5 slices looked at are wrong on average, predicted minus observed, what is surely most wrong first: "
        "g = a (+20.0 points, +15.0 to +25.0), g = b (-15.0 points, -20.0 to -10.0) and g = c (+10.0 points, +5.0 to "
        "+15.0), and 1 more."
    )
    assert found.weight == "wrong" and found.value == 0.2


def test_slices_that_are_not_wrong_are_counted_in_plain_grammar():
    """There was "Of 0 slices none differs"."""
    fine, small = slice_of("a", 0.01, 0.05), slice_of("b", 0.5, 0.05, looked=False)

    def sentence(*slices):
        return evidence.of_slices(slices)[0].sentence

    assert sentence(fine, fine) == "Of 2 slices looked at none is wrong on average beyond chance."
    assert sentence(fine, small) == "The one slice that was looked at is not wrong on average beyond chance."
    assert sentence(small, small) == "None of the 2 slices has enough rows to be looked at."
    assert sentence(small) == "The one slice has too few rows to be looked at."
    assert sentence(slice_of("a", 0.2, 0.05)).startswith("The one slice that was looked at is wrong on average, ")
    assert evidence.of_slices(()) == []
