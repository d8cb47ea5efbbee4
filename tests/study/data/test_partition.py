import re

import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.study.data.partition import Stratified, grouped, indexed_parts, named_parts, timed

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 200)
ROWS = np.arange(200)
CLASSES = ("a", "b", "c")


def whole(parts):
    return sorted(np.concatenate(parts).tolist())


def test_stratified_by_seed():
    parts = Stratified(Y)(3)
    assert [len(p) for p in parts] == [120, 40, 40] and whole(parts) == ROWS.tolist()
    assert Stratified(Y).sampling == "resplit" and (Stratified(Y)(4)[0] != parts[0]).any()


@pytest.mark.parametrize(
    "spelling",
    [
        ("train", "validation", "test"),
        ("Training", " dev", "TE"),
        ("tr", "val", "holdout"),
        ("Training set", "Validation_set", "test.csv"),
    ],
)
def test_the_users_own_names_of_parts(spelling):
    codes = RNG.integers(0, 3, 200)
    made = named_parts("t", "split", [spelling[k] for k in codes], Y, ROWS, CLASSES)
    for seed in (0, 1):
        for k, part in enumerate(made(seed)):
            assert part.tolist() == np.flatnonzero(codes == k).tolist()
    assert made.sampling == "fixed" and "for validation" in made.sentence


def test_without_validation_rows_they_are_cut_from_the_training_rows_by_seed():
    names = np.where(ROWS < 150, "train", "test")
    made = named_parts("t", "split", names.tolist(), Y, ROWS, CLASSES)
    train, validation, test = made(0)
    assert (len(train), len(validation)) == (120, 30) and test.tolist() == list(range(150, 200))
    assert whole((train, validation)) == list(range(150)) and (made(1)[1] != validation).any()
    assert "a fifth of them held out by seed for validation" in made.sentence


def test_rows_that_are_not_used_keep_their_part():
    names = np.where(ROWS % 4 == 0, "test", "train").tolist()
    used = np.arange(10, 200)
    made = named_parts("t", "split", names, Y[used], used, CLASSES)
    assert (used[made(0)[2]] % 4 == 0).all() and len(made(0)[2]) == 47


def test_arrays_of_places_or_marks():
    places = RNG.permutation(200)
    given = places[:100], places[100:150], places[150:]
    made = indexed_parts("X", given, Y, ROWS, CLASSES)
    assert all((a == b).all() for a, b in zip(made(0), given, strict=True))
    marks = indexed_parts("X", [ROWS < 100, [], ROWS >= 100], Y, ROWS, CLASSES)
    assert marks(0)[2].tolist() == list(range(100, 200)) and len(marks(0)[1]) == 20


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        (([0, 1, 2], [1], [5]), "split: row 1 is in two parts, or twice in one"),
        (([0, 1, 200], [3], [5]), "split: the training part names row 200, and X has the rows 0 to 199"),
        (([0, 1, -1], [3], [5]), "split: the training part names row -1, and X has"),
        (([0.5], [3], [5]), "split: the training part has shape (1,) of float64: give places of rows"),
        ((ROWS, [], []), "X: split names no test rows"),
        (([], [], ROWS), "X: split names no training rows"),
    ],
)
def test_places_that_are_refused(parts, error):
    with pytest.raises(InputError, match="^" + re.escape(error)):
        indexed_parts("X", parts, Y, ROWS, CLASSES)


def test_names_of_parts_that_are_refused():
    with pytest.raises(
        InputError, match=r"^t: row 2, column 's' is 'no': name each row's part 'train', 'validation' or"
    ):
        named_parts("t", "column 's'", ["train", "no"], Y[:2], ROWS[:2], CLASSES)
    names = np.where(Y == 2, "test", "train").tolist()
    with pytest.raises(InputError, match=r"^t: by split, 1 class has no training rows: 'c'; leave them out, or move"):
        named_parts("t", "split", names, Y, ROWS, CLASSES)


def test_no_group_is_in_two_parts_and_classes_are_in_proportion():
    groups = RNG.integers(0, 40, 200)
    made = grouped("t", "column 'g'", groups, Y)
    for seed in range(5):
        parts = made(seed)
        assert whole(parts) == ROWS.tolist()
        of_part = [set(groups[p].tolist()) for p in parts]
        assert not (of_part[0] & of_part[1] or of_part[0] & of_part[2] or of_part[1] & of_part[2])
        for part in parts:
            assert np.abs(np.bincount(Y[part]) / len(part) - np.bincount(Y) / 200).max() < 0.15
        assert 90 < len(parts[0]) < 150
    assert (made(0)[2].tolist() == made(0)[2].tolist()) and made(0)[2].tolist() != made(1)[2].tolist()
    assert made.sampling == "resplit"


def test_groups_too_few():
    with pytest.raises(
        InputError, match=r"^t: column 'g' has 2 groups, and needs 3: one each for training, validation"
    ):
        grouped("t", "column 'g'", ROWS % 2, Y)
    parts = grouped("t", "column 'g'", ROWS % 3, Y)(0)
    assert [len(np.unique(p % 3)) for p in parts] == [1, 1, 1]


def test_a_class_that_is_in_few_groups_is_in_training():
    groups = RNG.integers(0, 20, 200)
    y = np.where(groups == 7, 2, RNG.integers(0, 2, 200))
    y[np.flatnonzero(groups == 8)[:2]] = 2
    made = grouped("t", "g", groups, y)
    for seed in range(20):
        assert set(y[made(seed)[0]]) == {0, 1, 2}


def test_by_time_the_past_predicts_the_future():
    times = RNG.integers(0, 50, 200).astype(float)
    made = timed("t", "column 'when'", times, Y, CLASSES)
    train, validation, test = made(0)
    assert whole((train, validation, test)) == ROWS.tolist()
    assert times[train].max() < times[validation].min() and times[validation].max() < times[test].min()
    assert abs(len(train) - 120) < 10 and abs(len(test) - 40) < 10
    assert made.sampling == "fixed" and (made(1)[0] == train).all()


def test_times_too_few_and_classes_of_the_future():
    with pytest.raises(
        InputError, match=r"^t: column 'when' has 2 different times, and needs 3: for training, validation"
    ):
        timed("t", "column 'when'", ROWS % 2.0, Y, CLASSES)
    late = np.where(ROWS > 180, 2, ROWS % 2)
    with pytest.raises(InputError, match=r"^t: by column 'when', 1 class has no training rows: 'c'; leave them out"):
        timed("t", "column 'when'", ROWS * 1.0, late, CLASSES)
    for few in range(3, 9):
        parts = timed("t", "w", np.arange(few) * 1.0, np.zeros(few, int), CLASSES)(0)
        assert all(len(part) for part in parts)


def test_the_only_training_row_of_a_class_stays_one():
    y = np.append(np.zeros(30, int), [1, 1])
    names = ["train"] * 31 + ["test"]
    made = named_parts("t", "split", names, y, np.arange(32), CLASSES)
    assert all(30 in made(seed)[0] for seed in range(20))


def test_few_rows_in_few_groups():
    parts = grouped("t", "g", np.arange(6) % 3, np.array([0, 1, 0, 1, 0, 1]))(0)
    assert [len(p) for p in parts] == [2, 2, 2]


def test_a_row_without_a_part_is_said_to_be_empty():
    with pytest.raises(InputError, match=r"^t: row 2, split is empty: name each row's part 'train', 'validation' or"):
        named_parts("t", "split", ["train", None, "test"], Y[:3], ROWS[:3], CLASSES)
