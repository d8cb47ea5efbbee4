"""Numbers as a report writes them."""

from onewarm.report.numbers import interval, number, p_value, percent, points


def test_numbers_in_words():
    assert (percent(0.5), percent(1.0)) == ("50.0\u00a0%", "100.0\u00a0%")
    assert [number(v) for v in (0.00005, -0.00004, 0.0, None)] == ["0.0001", "-4.0e-05", "0.0000", "infinite"]
    assert [p_value(p) for p in (None, 0.0001, 0.00009)] == ["-", "= 0.0001", "< 0.0001"]


def test_intervals_in_words():
    assert (interval(None), points(None)) == ("", "")
    assert points((-0.0123, 0.0)) == "-1.2 to +0.0"
