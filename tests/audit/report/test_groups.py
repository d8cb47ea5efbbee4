"""Each measure is shown once, in the group of what it is read for."""

from onewarm.audit.measures import TITLES, Measure
from onewarm.audit.report.groups import groups, measured


def test_every_measure_is_in_one_group():
    named = [name for group in groups(TITLES, "binary") for name in group.names]
    assert sorted(named) == sorted(TITLES)


def test_a_measure_that_no_group_names_is_one_of_trust():
    assert groups(["nll", "new"], "confidence")[0].names == ("new",)


def test_two_classes_are_told_to_read_the_event():
    trust = groups(["ece", "event_ece", "calibration_slope"], "binary")[0]
    assert "ECE of P(y = 1)" in trust.read and trust.names[0] == "event_ece"


def test_values_and_intervals():
    assert measured("ece", Measure(0.05, (0.01, 0.06))) == ("0.0500", "0.0100 to 0.0600")
    assert measured("nll", Measure(None)) == ("infinite", "–")
    assert measured("cumulative_p", Measure(1e-9)) == ("< 0.0001", "–")
    assert measured("accuracy", Measure(None)) == ("infinite", "–")
    assert measured("confidence_gap", Measure(-0.02, (-0.03, 0.01))) == ("-2.0 points", "-3.0 to +1.0")
