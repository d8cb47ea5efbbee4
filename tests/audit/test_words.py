"""What an audit calls its remedies."""

from onewarm.audit.words import fitted


def test_lists_of_more_than_four_numbers_are_left_out():
    assert fitted({"vector": [1.0] * 5}) == "" and fitted({"vector": [1.0] * 4, "rows": 1200}).endswith("rows = 1,200")
