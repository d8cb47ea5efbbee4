"""The sentences of a study, read as its user reads them."""

from onewarm.study.verdict.sentences import sentences


def test_the_recommendation_is_last_and_has_the_accuracy(decided):
    said = sentences(decided({"smooth:0.1": {"nll": -0.1}}))
    assert said[-1].startswith("Train with smooth:0.1: against hard smooth:0.1 has lower NLL, -0.10")
    assert "no clear difference in accuracy" in said[-1] and " points (" in said[-1]
