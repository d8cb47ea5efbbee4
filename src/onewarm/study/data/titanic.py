"""A raw table like that of the Titanic's passengers, generated: numbers, text, dates, ids, missing values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS = 891
_SEED = 1912

SOURCE = (
    f"generated: {ROWS} passengers drawn once; P(survived) = logistic(2.2 - 1.05 (class - 1) - 2.5 male - .025 "
    "(age - 30) + 1.6 child - .3 (siblings + spouses > 2) + .35 log(fare / 20)), child: below 12; "
    "a fifth of the ages and most cabins are missing"
)


def probability(
    pclass: NDArray[Any], male: NDArray[Any], age: NDArray[Any], sibsp: NDArray[Any], fare: NDArray[Any]
) -> NDArray[np.float64]:
    """P(survived) of passengers, as `SOURCE` states it; all (N,).

    >>> probability(*(np.array([v]) for v in (1, 0, 30.0, 0, 20.0))).round(3).tolist()
    [0.9]
    """
    z = 2.2 - 1.05 * (pclass - 1) - 2.5 * male - 0.025 * (age - 30) + 1.6 * (age < 12)
    z = z - 0.3 * (sibsp > 2) + 0.35 * np.log(fare / 20)
    return np.asarray(1 / (1 + np.exp(-z)))


def passengers() -> dict[str, Any]:
    """The columns of the table, raw: text as text, and None where something is missing.

    Ids count from 1; fares have a log-normal tail; cabins are known mostly of the first class; the day and hour of
    embarkation follow the port.
    """
    rng = np.random.default_rng(_SEED)
    pclass = rng.choice([1, 2, 3], ROWS, p=[0.24, 0.21, 0.55])
    male = rng.random(ROWS) < np.array([0.56, 0.59, 0.71])[pclass - 1]
    age = np.clip(rng.normal(np.array([38, 30, 25])[pclass - 1], 13.5), 0.4, 80)
    sibsp = np.minimum(rng.poisson(0.5, ROWS), 8)
    parch = np.minimum(rng.poisson(0.35 + 0.6 * (age < 12)), 6)
    fare = np.array([52, 16, 9.5])[pclass - 1] * np.exp(0.55 * rng.standard_normal(ROWS)) * (1 + 0.4 * (sibsp + parch))
    fare = np.clip(fare, 4, 512.33).round(2)
    port = rng.choice(3, ROWS, p=[0.72, 0.19, 0.09])
    survived = rng.random(ROWS) < probability(pclass, male, age, sibsp, fare)
    ages: list[float | None] = [round(a, 1) for a in age.tolist()]
    ages = _without(ages, rng.random(ROWS) < np.where(pclass == 3, 0.27, 0.1))
    cabins = [
        f"{'ABCDEFG'[int(deck)]}{int(number)}"
        for deck, number in zip(rng.integers(0, 7, ROWS), rng.integers(1, 150, ROWS), strict=True)
    ]
    cabins = _without(cabins, rng.random(ROWS) > np.array([0.8, 0.1, 0.03])[pclass - 1])
    ports: list[Any] = [("Southampton", "Cherbourg", "Queenstown")[k] for k in port]
    boarded = [("1912-04-10 {:02}:{:02}", "1912-04-10 {:02}:{:02}", "1912-04-11 {:02}:{:02}")[k] for k in port]
    hours = np.array([9, 18, 11])[port] + rng.integers(0, 2, ROWS)
    minutes = rng.integers(0, 60, ROWS)
    return {
        "passenger_id": np.arange(1, ROWS + 1),
        "survived": np.where(survived, "yes", "no"),
        "class": pclass,
        "name": [f"{'Mr' if m else 'Mrs'}. Passenger {i}" for i, m in enumerate(male.tolist(), 1)],
        "sex": np.where(male, "male", "female"),
        "age": ages,
        "siblings_spouses": sibsp,
        "parents_children": parch,
        "ticket": [
            f"{'PC ' if c == 1 else ''}{n}"
            for c, n in zip(pclass.tolist(), rng.permutation(390_000)[:ROWS], strict=True)
        ],
        "fare": fare,
        "cabin": cabins,
        "embarked": _without(ports, np.arange(ROWS) % 400 == 61),
        "boarded_at": [text.format(h, m) for text, h, m in zip(boarded, hours.tolist(), minutes.tolist(), strict=True)],
    }


def _without(values: Sequence[Any], missing: NDArray[np.bool_]) -> list[Any]:
    return [None if gone else value for value, gone in zip(values, missing.tolist(), strict=True)]
