import json
import pickle
import re

import numpy as np
import pandas as pd
import pytest

from onewarm.errors import InputError
from onewarm.study.data.load import load

N = 60
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "u": RNG.normal(size=N),
        "part": np.repeat(["train", "valid", "test"], 20),
        "who": np.arange(N) // 5,
        "when": pd.date_range("2024-01-01", periods=N, freq="D"),
        "y": np.arange(N) % 2,
    }
)


def test_a_split_by_a_column_which_is_no_feature():
    data = load(FRAME, split="part")
    part = data.split(5)
    assert part.test.original.index.tolist() == list(range(40, 60)) and list(part.test.original.columns) == [
        "u",
        "who",
        "when",
    ]
    assert data.sizes == (20, 20, 20) and data.sampling == "fixed"
    assert data.notes[-1] == "Split: your own (column 'part'): 20 rows for training and 20 for validation, 20 for test."
    array = load(FRAME.drop(columns="part"), split=FRAME["part"])
    np.testing.assert_array_equal(array.split(0).train.x, part.train.x)
    places = load(FRAME.drop(columns="part"), split=(np.arange(20), np.arange(20, 40), np.arange(40, 60)))
    np.testing.assert_array_equal(places.split(0).test.x, part.test.x)


def test_whole_groups_and_time():
    groups = load(FRAME.drop(columns="part"), group="who")
    split = groups.split(1)
    who = [set((p.original.index // 5).tolist()) for p in (split.train, split.validation, split.test)]
    assert not (who[0] & who[1] or who[0] & who[2] or who[1] & who[2]) and groups.sampling == "resplit"
    assert "who" not in split.train.original
    times = load(FRAME.drop(columns="part"), time="when")
    assert times.split(2).test.original.index.tolist() == list(range(48, 60)) and times.sampling == "fixed"


def test_options_are_part_of_the_content():
    plain = FRAME.drop(columns="part")
    made = [load(plain), load(plain, group="who"), load(plain, time="when"), load(plain, split=FRAME["part"])]
    assert len({data.content for data in made}) == 4
    assert load(plain).content == made[0].content


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            {"split": "part", "group": "who"},
            "split and group are both given: rows are split in one way; give one of them",
        ),
        ({"group": "whom"}, "DataFrame: no column 'whom'; nearest: 'who'"),
        ({"group": np.arange(3)}, "group has 3 rows, and DataFrame 60: one value for each row"),
        ({"split": "u"}, "DataFrame: row 1, column 'u' is '"),
        ({"rare": "keep"}, "DataFrame: rare='keep': give 'error', 'merge' or 'drop'"),
        ({"votes": np.ones((3, 2), int)}, "votes has 3 rows, and DataFrame 60: one row for each example"),
        ({"votes": np.ones((60, 1), int)}, "votes have 1 columns, and DataFrame has 2 classes: a column for each"),
    ],
)
def test_options_that_are_refused(options, error):
    with pytest.raises(InputError, match="^" + re.escape(error)):
        load(FRAME, **options)


def test_votes_beside_labels_or_in_their_place():
    votes = np.column_stack([np.full(N, 2), RNG.integers(0, 6, N)])
    x = RNG.normal(size=(N, 2))
    beside = load(x, np.arange(N) % 2, votes=votes)
    alone, named = (
        load(x, votes=votes),
        load(pd.DataFrame({"u": x[:, 0], "v0": votes[:, 0], "v1": votes[:, 1]}), votes=["v0", "v1"]),
    )
    for data in (beside, alone, named):
        part = data.split(0).train
        assert part.votes.shape == (36, 2) and (part.votes[:, 0] == 2).all()
    part = alone.split(0).test
    assert (part.y == part.votes.argmax(1)).all() and alone.notes[0].startswith("Labels: the class with most votes")
    assert (named.split(0).test.y == part.y).all()


def test_votes_of_classes_that_no_row_has_are_left_out_and_rare_ones_added():
    votes = np.array([[5, 1, 0, 1]] * 20 + [[1, 0, 0, 5]] * 20 + [[0, 5, 1, 0]] * 2)
    x = RNG.normal(size=(42, 2))
    kept = load(x, votes=votes, rare="drop")
    assert kept.class_names == ("0", "3") and kept.split(0).train.votes.shape[1] == 2
    with pytest.raises(InputError, match=r"'1' \(2\); together they have 2: leave their rows out with rare='drop'$"):
        load(x, votes=votes, rare="merge")


def test_a_data_set_can_be_sent_to_other_processes():
    data = load(FRAME, split="part")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(data)).split(0).train.x, data.split(0).train.x)


def test_votes_of_a_class_without_rows_are_not_dropped_silently():
    votes = np.eye(4, dtype=int)[np.arange(60) % 3]
    votes[5, 3] = 2
    error = "votes: row 6 has 2 for class 3, which is the label of no row of X: add that column to another one"
    with pytest.raises(InputError, match="^" + re.escape(error)):
        load(RNG.normal(size=(60, 2)), np.arange(60) % 3, votes=votes)


def test_a_column_of_parts_that_is_not_named_is_said():
    frame = pd.DataFrame({"u": RNG.normal(size=60), "fold": ["train", "test", "val"] * 20, "label": [0, 1] * 30})
    said = [note for note in load(frame).notes if "--split-column fold" in note]
    assert len(said) == 1
    assert not [note for note in load(frame, split="fold").notes if "--split-column" in note]


def test_lists_of_texts_are_left_out(tmp_path):
    """A column of tags, as JSON Lines have them, ended in a traceback of Arrow's."""
    lines = [json.dumps({"u": i * 7 % 11, "tags": ["a", "b"][: i % 3], "label": "uv"[i % 2]}) for i in range(60)]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    data = load(tmp_path / "t.jsonl")
    assert data.split(0).train.x.shape == (36, 1)
    assert "Left out: 'tags': a type that no features are made of." in data.notes


def test_what_was_asked_for_is_kept_for_the_report(tmp_path):
    plain = FRAME.drop(columns="part")
    assert load(FRAME, split="part", drop="who").options == {"split": "part", "drop": "who"}
    assert load(plain, group=FRAME["who"]).options == {"group": None} and load(plain).options == {}
    assert load(plain, split=FRAME["part"].tolist(), rare="drop").describe()["options"] == {
        "split": None,
        "rare": "drop",
    }
    x = RNG.normal(size=(60, 3))
    np.savez(tmp_path / "t.npz", x_train=x[:40], y_train=np.arange(40) % 2, x_test=x[40:], y_test=np.arange(20) % 2)
    parts = load(tmp_path / "t.npz")
    assert parts.options == {} and parts.label is None
