"""A comparison in words, for a terminal, a notebook and JSON: "better" only where the interval excludes 0."""

import json

import pytest

from onewarm.audit.comparison.comparison import Comparison, difference, headline, infinite


@pytest.mark.parametrize(
    ("name", "before", "after", "ends", "better", "words"),
    [
        (
            "nll",
            0.5,
            0.4,
            (-0.12, -0.08),
            "after",
            "NLL: 0.5000 to 0.4000, -0.1000 (-0.1200 to -0.0800); better.",
        ),
        ("nll", 0.4, 0.5, (0.08, 0.12), "before", "NLL: 0.4000 to 0.5000, +0.1000 (+0.0800 to +0.1200); worse."),
        (
            "brier",
            0.4,
            0.39,
            (-0.03, 0.01),
            "",
            "Brier score: 0.4000 to 0.3900, -0.0100 (-0.0300 to +0.0100); no difference beyond chance.",
        ),
        (
            "accuracy",
            0.8,
            0.82,
            (0.01, 0.03),
            "after",
            "Accuracy: 80.0\u00a0% to 82.0\u00a0%, +2.00 points (+1.00 to +3.00); better.",
        ),
        (
            "confidence_gap",
            0.05,
            0.01,
            (-0.05, -0.03),
            "",
            "Confidence gap: 5.0\u00a0% to 1.0\u00a0%, -4.00 points (-5.00 to -3.00).",
        ),
    ],
)
def test_a_difference_in_words(name, before, after, ends, better, words):
    found = difference(name, before, after, ends)
    assert (found.better, found.sentence) == (better, words)


def test_the_headline_names_what_is_better():
    better, worse = difference("nll", 0.5, 0.4, (-0.12, -0.08)), difference("accuracy", 0.8, 0.7, (-0.12, -0.08))
    assert headline([better, worse], ("old", "new")) == "new is better in NLL; old is better in accuracy."
    none = difference("nll", 0.5, 0.4, (-0.2, 0.1))
    assert headline([none], ("old", "new")) == "old and new do not differ beyond chance."
    assert headline([none], ("old", "new"), same=True) == "old and new have the same predictions."


def test_every_view_has_every_sentence():
    found = Comparison(
        "<old>",
        "new",
        1000,
        50,
        "<old> is better.",
        (difference("nll", 0.5, 0.4, (-0.12, -0.08)), infinite(("<old>", "new"), None, 0.4)),
    )
    for sentence in (found.headline, *(d.sentence for d in found.differences)):
        assert sentence in found.to_text()
        assert sentence.replace("<", "&lt;").replace(">", "&gt;") in found._repr_html_()
    assert "Paired, over 1,000 rows in 50 groups" in found.to_text()
    assert found["nll"].value == pytest.approx(-0.1)
    assert repr(found) == "Comparison('<old> is better.', rows=1,000)"
    assert json.loads(json.dumps(found.to_dict()))["differences"][0]["interval"] == [-0.12, -0.08]
