import numpy as np
import pandas as pd
import pytest

from onewarm.tables.features.columns import typed
from onewarm.tables.features.encode import Encoder
from onewarm.tables.features.repeats import repeated, row_hashes

RNG = np.random.default_rng(0)
N = 300
Y = RNG.integers(0, 3, N)


def columns(rows):
    frame = pd.DataFrame(
        {
            "whole": RNG.integers(0, 4, N) * 1.0,
            "real": RNG.normal(size=N).round(2),
            "level": RNG.choice(["u", "v", "w"], N),
            "zero": RNG.choice([0.0, -0.0, 1.0], N),
        }
    ).iloc[rows]
    frame.loc[frame.index[::7], "real"] = np.nan
    return frame


def hashes(frame, *more):
    found = [typed(name, np.asarray(frame[name], None if name != "level" else "U"), "t") for name in frame]
    encoder = Encoder([*found, *more])
    return row_hashes(encoder, np.arange(len(frame)))


def test_rows_have_one_number_where_pandas_calls_them_duplicates():
    frame = columns(np.r_[np.arange(N - 60), np.arange(60)])
    expected = ~frame.duplicated(keep="first").to_numpy()
    _, first = np.unique(hashes(frame), return_index=True)
    assert sorted(first) == np.flatnonzero(expected).tolist()


def test_lists_of_numbers_count():
    frame, emb = columns(np.arange(N)), RNG.integers(0, 2, (N, 3)).astype(np.float32)
    both = frame.assign(**{f"e{j}": emb[:, j] for j in range(3)})
    made = hashes(frame[["whole"]], typed("emb", emb, "t"))
    assert len(np.unique(made)) == (~both[["whole", "e0", "e1", "e2"]].duplicated()).sum()


@pytest.mark.parametrize("name", ["copies", "few values", "by chance", "one"])
def test_copies_are_said_and_coincidences_are_not(name):
    x = np.arange(N)
    y = Y
    if name == "copies":
        x, y = np.r_[x[: N - 60], x[:60]], np.r_[Y[: N - 60], Y[:60]]
    elif name == "few values":
        x = x % 9
    elif name == "by chance":  # as rounded measurements
        x = RNG.integers(0, N, N)
    else:
        x = np.r_[x[: N - 1], x[:1]]
    said = repeated(x.astype(np.uint64), y, np.arange(180), np.arange(240, N))
    if name != "copies":
        assert said == ""
    else:
        assert said.startswith(
            "Warning: 60 rows hold the same as an earlier one, label included; of 60 test rows (seed 0), 60 are among "
            "the training rows too."
        )
