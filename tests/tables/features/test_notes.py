import numpy as np

from onewarm.tables.features.columns import typed
from onewarm.tables.features.notes import names_of, sentences

RNG = np.random.default_rng(0)


def test_one_sentence_for_each_kind_of_thing():
    numbers = np.where(RNG.random(60) < 0.2, np.nan, RNG.normal(size=60))
    columns = [
        typed("age", numbers, "t"),
        typed("fare", np.append(RNG.random(59), np.inf), "t"),
        typed("share", np.array(["12 %", "7 %", "9 %"] * 20), "t"),
        typed("sex", np.array(["m", "f"] * 30), "t"),
        typed("when", np.array(["24.12.2024", "01.03.2024"] * 30), "t"),
        typed("id", np.arange(60), "t"),
        typed("nothing", np.full(60, np.nan), "t"),
        typed("one", np.ones(60), "t"),
    ]
    assert sentences(columns, ["sex"]) == (
        "Warning: 'sex' alone determines the class of every row: where it is the label under another coding, or was "
        "made from it, leave it out: --drop sex (drop='sex').",
        "Numbers: 'age', 'fare', 'share', 'when', standardised by the training rows' mean and deviation, and kept "
        "within 10 deviations.",
        "Infinite numbers, which count as 10 deviations: 'fare'.",
        "Categories, a column for each value: 'sex' (2).",
        "Dates as numbers: 'when' (days, month, weekday; read as day.month.year).",
        f"Missing values: 'age' ({np.isnan(numbers).sum()} rows); numbers become the median of the training rows, and "
        "a column says where something is missing.",
        "Read as numbers: 'share' (without %).",
        "Left out: 'id': a different value in every row, as of an id or an index.",
        "Left out: 'one': the same value in every row.",
        "Left out: 'nothing': no value in any row.",
    )


def test_500_columns_take_no_500_sentences():
    columns = [typed(f"c{i}", RNG.normal(size=20), "t") for i in range(500)]
    columns += [typed(f"k{i}", np.ones(20), "t") for i in range(500)]
    found = sentences(columns, [f"c{i}" for i in range(9)])
    assert len(found) == 3 and all(len(sentence) < 250 for sentence in found)
    assert "'c4' and 495 more" in found[1] and found[0].startswith("Warning: 9 columns determine the label exactly: ")


def test_control_characters_of_names_are_made_visible():
    assert names_of(["a\x1b[31m"]) == r"'a\\x1b[31m'"
