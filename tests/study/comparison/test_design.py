import pytest

from onewarm.study.comparison.design import Design


@pytest.mark.parametrize(("sampling", "ratio"), [("fresh", 0.0), ("resplit", 0.25), ("fixed", 0.0)])
def test_only_resplits_share_rows_across_seeds(sampling, ratio):
    assert Design(sampling, (600, 200, 200)).ratio == ratio


@pytest.mark.parametrize(
    ("sampling", "speaks"),
    [
        ("fresh", "of new data from the same source, 600 rows"),
        ("resplit", "of a new file of this size"),
        ("fixed", "of training again on these training rows, and of new test rows"),
    ],
)
def test_every_design_says_of_what_its_intervals_speak(sampling, speaks):
    """No text said of what an interval of resplits of one file speaks."""
    assert speaks in Design(sampling, (600, 200, 200)).scope


def test_the_scope_says_what_is_assumed_and_what_would_help():
    """Rows close in time were taken as independent without a word, and nothing said how to get narrower intervals."""
    fixed, resplit = (Design(s, (600, 200, 200)).scope for s in ("fixed", "resplit"))
    assert "Test rows are taken as independent" in fixed and "close in time" in fixed
    assert "Rows are taken as independent, or whole groups" in resplit
    assert "Four times the rows make the intervals half as wide; from 10 seeds to 30 they narrow by about a" in resplit
