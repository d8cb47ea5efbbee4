import numpy as np
import pytest

from onewarm.study.data.load import load
from onewarm.study.data.titanic import ROWS, passengers, probability


def test_survival_follows_the_stated_model():
    """Of 20,000 imagined passengers like these, as many survive as P(survived) says."""
    table = passengers()
    known = np.array([a is not None for a in table["age"]])
    age = np.array([30.0 if a is None else a for a in table["age"]])
    male, y = table["sex"] == "male", table["survived"] == "yes"
    p = probability(table["class"], male, age, table["siblings_spouses"], table["fare"])[known]
    assert y[known].mean() == pytest.approx(p.mean(), abs=0.04)
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 1)):
        some = (p > low) & (p <= high)
        assert y[known][some].mean() == pytest.approx(p[some].mean(), abs=0.07)


def test_a_raw_table_like_the_titanics():
    table = passengers()
    assert all(len(values) == ROWS for values in table.values())
    assert 0.35 < (table["survived"] == "yes").mean() < 0.45
    assert 0.15 < np.mean([a is None for a in table["age"]]) < 0.25
    assert 0.7 < np.mean([c is None for c in table["cabin"]]) < 0.85
    assert table["fare"].max() > 5 * np.median(table["fare"])
    assert passengers()["fare"].tobytes() == table["fare"].tobytes()


def test_it_goes_the_way_of_a_raw_file():
    data = load("titanic-like")
    assert data.label == "survived" and data.sampling == "resplit" and data.class_names == ("no", "yes")
    assert data.split(0).train.x.shape == (535, 14)
    said = " ".join(data.notes)
    for part in (
        "'sex' (2), 'embarked' (3)",
        "'boarded_at' (days, hour)",
        "'passenger_id', 'ticket'",
        "'cabin' (704 rows)",
    ):
        assert part in said
