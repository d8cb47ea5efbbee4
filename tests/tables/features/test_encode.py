import numpy as np
import pyarrow as pa
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from onewarm.tables.features.columns import typed
from onewarm.tables.features.encode import FEWEST_ROWS, MOST_LEVELS, Encoder

RNG = np.random.default_rng(0)


def test_features_are_those_of_scikit_learns_pipeline():
    """Numbers imputed by the median and standardised, levels one-hot, a column of what is missing: as scikit-learn."""
    numbers = RNG.normal(size=(60, 2)).round(3)
    numbers[::7, 0] = np.nan
    levels = RNG.choice(["u", "v", "w"], 60)
    columns = [typed("a", numbers[:, 0], "t"), typed("b", numbers[:, 1], "t"), typed("c", levels, "t")]
    encoder, rows = Encoder(columns), np.arange(40)
    x = encoder.transform(np.arange(60), encoder.fit(rows))
    filled = SimpleImputer(strategy="median").fit(numbers[rows]).transform(numbers)
    expected = [
        StandardScaler().fit(filled[rows]).transform(filled),
        OneHotEncoder(sparse_output=False).fit_transform(levels[:, None]),
        np.isnan(numbers[:, :1]),
    ]
    # Mean and deviation are those of the known numbers, not of the imputed ones.
    known = numbers[rows, 0][~np.isnan(numbers[rows, 0])]
    expected[0][:, 0] = (filled[:, 0] - known.mean()) / known.std()
    np.testing.assert_allclose(x, np.hstack(expected), atol=1e-5)
    assert x.dtype == np.float32 and encoder.width == x.shape[1] == 6


def test_two_levels_are_one_column_and_missing_is_a_level():
    encoder = Encoder([typed("a", pa.chunked_array([["no", "yes", "yes", "no"] * 3]), "t")])
    assert encoder.transform(np.arange(4), encoder.fit(np.arange(4))).ravel().tolist() == [0, 1, 1, 0]
    missing = Encoder([typed("a", pa.chunked_array([["no", "yes", None, "?"] * 3]), "t")])
    assert missing.transform(np.arange(4), missing.fit(np.arange(12))).tolist() == [
        [0, 1, 0],
        [0, 0, 1],
        [1, 0, 0],
        [1, 0, 0],
    ]


def test_rare_levels_and_all_but_the_most_frequent_are_one_column():
    many = np.repeat([f"l{i:02}" for i in range(50)], np.arange(10, 60))
    assert Encoder([typed("a", many, "t")]).width == MOST_LEVELS + 1
    few = np.array(["u"] * 30 + ["v"] * 30 + ["r"] * (FEWEST_ROWS - 1) + ["s"])
    encoder = Encoder([typed("a", few, "t")])
    x = encoder.transform(np.arange(len(few)), encoder.fit(np.arange(len(few))))
    assert x.shape == (63, 4) and x[60:].tolist() == [[1, 0, 0, 0]] * 3


def test_the_training_rows_alone_decide_which_levels_have_a_column():
    """Of 40 levels the 30 most frequent, and of few levels those that are not rare: in the training rows."""
    many = np.concatenate([np.repeat([f"l{i:02}" for i in range(40)], 4), np.repeat(["l39"], 200)])
    rows = np.concatenate([np.arange(i, 160, 4) for i in range(3)])  # three of each level, none of the 200
    encoder = Encoder([typed("a", many, "t")])
    x = encoder.transform(np.arange(len(many)), encoder.fit(rows))
    assert x.shape[1] == MOST_LEVELS + 1
    own = x[:160:4].argmax(axis=1).tolist()
    assert own == [*range(30), *[30] * 10]  # equal numbers: the first ones; l39 is one of the others, where it is rare
    few = np.array(["u"] * 30 + ["v"] * 30 + ["w"] * 30)
    encoder = Encoder([typed("a", few, "t")])
    x = encoder.transform(np.arange(90), encoder.fit(np.arange(62)))  # two of w, which is no longer rare in all rows
    assert x.shape == (90, 3) and x[88].tolist() == [0, 0, 1]  # alone among the rare ones, it keeps its column
    x = encoder.transform(np.arange(90), encoder.fit(np.r_[0:2, 30:32, 60:90]))
    assert x[0].tolist() == x[30].tolist() == [1, 0, 0] and x[60].tolist() == [0, 0, 1]


def test_every_seed_has_the_same_columns():
    """Levels and what is missing are known from all rows, also where the training rows have none of them."""
    values = np.arange(40.0) ** 1.5
    values[35:] = np.nan
    encoder = Encoder([typed("a", values, "t"), typed("b", np.array(["u", "v"] * 18 + ["w"] * 4), "t")])
    for rows in (np.arange(20), np.arange(20, 40)):
        assert encoder.transform(rows, encoder.fit(rows)).shape == (20, 1 + 3 + 1)


def test_what_only_test_rows_have_is_no_feature():
    """A level, or a gap, of test rows alone had weights of its own, which no training row had moved from chance."""
    numbers, levels = RNG.normal(size=60), np.repeat(["u", "v", "w"], 20)
    numbers[55:] = np.nan
    encoder = Encoder([typed("a", numbers, "t"), typed("b", levels, "t")])
    fit = encoder.fit(np.arange(40))
    assert encoder.transform(np.arange(40), fit).any(axis=0).tolist() == [True, True, True, False, False]
    assert not encoder.transform(np.arange(40, 60), fit)[:, 1:].any()


def test_a_row_is_encoded_alike_whatever_the_other_rows_are_that_are_not_in_training():
    """What is imputed, standardised and learnt of comes of the training rows alone."""
    numbers, levels = RNG.normal(size=(60, 1)), RNG.choice(["u", "v"], 60)
    other, rows = numbers.copy(), np.arange(40)
    other[40:] *= 1e6
    many = np.array([f"l{i:02}" for i in range(40)] + ["l00"] * 20)
    moved = np.append(many[:40], ["l39"] * 20)
    tables = [(numbers, levels, many), (other, np.append(levels[:40], ["u"] * 20), moved)]
    made = [Encoder([typed("a", a[:, 0], "t"), typed("b", b, "t"), typed("c", c, "t")]) for a, b, c in tables]
    first, second = (encoder.transform(rows, encoder.fit(rows)) for encoder in made)
    np.testing.assert_array_equal(first, second)
