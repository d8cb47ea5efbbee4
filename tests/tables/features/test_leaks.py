import numpy as np
import pytest

from onewarm.tables.features.columns import Column, typed
from onewarm.tables.features.leaks import determining

Y = np.random.default_rng(0).integers(0, 3, 60)
ROWS = np.arange(60)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([10.0, 30.0, 20.0])[Y], True),
        (np.array(["setosa", "virginica", "versicolor"])[Y], True),
        (np.array(["s", "t", "u", "v"])[np.where(ROWS % 2, Y, 3 * (Y == 0))], False),
        (np.where(Y == 1, np.nan, np.arange(60) * 0.5), False),
        (np.arange(60) * 0.5, False),
        (np.random.default_rng(1).integers(0, 3, 60), False),
    ],
    ids=["another code", "names", "mixed", "missing", "all different", "noise"],
)
def test_a_column_that_determines_the_label(values, expected):
    """A second coding of the label, as species_id beside species, was a feature without a word."""
    assert determining([typed("c", values, "t")], Y, ROWS) == (["c"] if expected else [])


def test_only_the_rows_that_are_used_count():
    values = np.append(np.array([10.0, 30.0, 20.0])[Y], 10.0)
    assert determining([typed("c", values, "t")], Y, ROWS) == ["c"]


def test_a_long_column_is_judged_by_all_of_its_rows():
    """What the first rows do not refute may be refuted by the last one; what they do refute is no leak."""
    y = np.arange(30_000) % 3
    codes = np.tile(np.arange(300), 100)
    told = [("all", codes), ("late", np.append(codes[:-1], 0)), ("early", np.append(1, codes[1:]))]
    columns = [Column(name, "levels", codes=c.astype(np.int32), levels=tuple(range(300))) for name, c in told]
    noise = np.random.default_rng(0).normal(size=len(y))
    columns += [
        Column(n, "numbers", numbers=v[:, None]) for n, v in (("sides", y + noise.clip(-3, 3) / 10), ("n", noise))
    ]
    assert determining(columns, y, np.arange(len(y))) == ["all", "sides"]
