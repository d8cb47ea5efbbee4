"""Numbers of a study: digits that can be read, real minus signs."""

import pytest

from onewarm.study.report.words import TITLES, difference, places, sentence, short_list, value
from onewarm.study.scoring import METRICS


@pytest.mark.parametrize("metric", [m for m in TITLES if m in METRICS])
def test_every_metric_has_a_value_in_words(metric):
    assert value(metric, 0.5) in ("0.500", "50.0\u00a0%", "0.50") and value(metric, None) == "–"


def test_large_and_negative_values():
    assert value("nll", 1234.5) == "1.23e+03" and value("confidence_gap", -0.012) == "\u22121.2\u00a0%"


def test_decimals_follow_the_intervals_of_the_column():
    rows = [{"interval": [-w, w]} for w in (0.0001, 0.02, 0.5)]
    assert places("nll", rows) == 3 and places("accuracy", rows) == 1
    assert places("nll", [{"interval": [0.0, 0.00002]}]) == 6 and places("nll", [{"interval": [0.0, 0.0]}]) == 3
    assert places("nll", [None, {"interval": None}]) == 3


def test_a_difference_with_and_without_an_interval():
    assert difference("nll", {"mean": -0.02, "interval": [-0.03, 0.0]}, 3) == "\u22120.020 (\u22120.030 to 0.000)"
    assert difference("accuracy", {"mean": 0.01, "interval": None}, 1) == "+1.0" and difference("nll", None, 3) == "–"


def test_a_sentence_is_escaped_and_its_numbers_have_minus_signs():
    assert sentence("<b> -0.5 (-1 to 2), negative:-0.1, class-conditional, 3-4") == (
        "&lt;b&gt; \u22120.5 (\u22121 to 2), negative:-0.1, class-conditional, 3-4"
    )


def test_a_short_list_keeps_the_last():
    assert short_list(["a", "b", "c"], 3) == "a, b, c" and short_list(["a", "b", "c", "d"], 3) == "a, b, ..., d"
