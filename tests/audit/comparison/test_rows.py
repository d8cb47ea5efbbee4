"""Paired comparisons: known differences, other rows refused, coverage and false alarms by simulation."""

import numpy as np
import pytest

from onewarm.audit.comparison.rows import compare_rows
from onewarm.audit.row_sample import Rows


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def rows(p, y, **more):
    return Rows(np.arange(len(y)).astype(np.uint64), p, y, **more)


def compared(before, after, logits=(False, False)):
    return compare_rows(before, after, names=("old", "new"), logits=logits, files=("old.csv",))


def two_models(rng, n, first=1.0, second=1.0, noise=0.0):
    """P(y = 1) of two models of the same rows: log-odds scaled by a factor, each with noise of its own."""
    z = rng.normal(0, 1.5, n)
    y = (rng.random(n) < sigmoid(z)).astype(np.int64)
    models = [sigmoid(s * z + rng.normal(0, noise, n)) for s in (first, second)]
    return *(np.stack([1 - p, p], axis=1) for p in models), y


def test_differences_are_those_of_the_definitions():
    a, b, y = two_models(np.random.default_rng(0), 3000, 2.0, 1.0, 0.3)
    found = compared(rows(a, y), rows(b, y))
    n = np.arange(3000)
    for name, of in (
        ("nll", lambda p: -np.log(p[n, y])),
        ("brier", lambda p: ((p - np.eye(2)[y]) ** 2).sum(axis=1)),
        ("accuracy", lambda p: (p.argmax(axis=1) == y) * 1.0),
        ("confidence_gap", lambda p: p.max(axis=1) - (p.argmax(axis=1) == y)),
    ):
        one = found[name]
        change = of(b) - of(a)
        assert (one.before, one.after) == pytest.approx((of(a).mean(), of(b).mean()), abs=1e-12)
        assert one.value == pytest.approx(change.mean(), abs=1e-12)
        half = (one.interval[1] - one.interval[0]) / 2
        assert 2.2 < half / (change.std(ddof=1) / 3000**0.5) < 2.8, "between one and six independent measures"
    bins = np.ceil(a[:, 1] * 15).astype(int)
    assert found["event_ece"].before == pytest.approx(np.abs(np.bincount(bins, a[:, 1] - y)).sum() / 3000)


def test_a_known_difference_is_found_and_said_in_its_direction():
    a, b, y = two_models(np.random.default_rng(1), 4000, 2.0, 1.0)
    found = compared(rows(a, y), rows(b, y))
    assert [d.name for d in found.differences if d.better == "after"] == ["nll", "brier", "event_ece", "ece"]
    assert found["accuracy"].better == "" and found["accuracy"].value == 0
    back = compared(rows(b, y), rows(a, y))
    assert back["nll"].better == "before" and back["nll"].sentence.endswith("; worse.")
    assert found["nll"].value == -back["nll"].value


def test_the_same_predictions_differ_by_exactly_nothing():
    a, _, y = two_models(np.random.default_rng(2), 500)
    found = compared(rows(a, y), rows(a, y))
    assert found.headline == "old and new have the same predictions."
    assert all((d.value, d.interval, d.better) == (0.0, (0.0, 0.0), "") for d in found.differences)


def test_few_rows_without_a_difference_do_not_prove_that_there_is_none():
    a, b, y = two_models(np.random.default_rng(3), 20, 1.0, 1.2)
    assert compared(rows(a, y), rows(b, y))["accuracy"].interval[1] > 0.1


def test_groups_of_equal_rows_count_as_one_row_each():
    rng = np.random.default_rng(4)
    a, b, y = two_models(rng, 200, 1.0, 1.5, 0.3)
    group = np.repeat(np.arange(200), 10).astype(np.uint64)
    each = compared(rows(a, y), rows(b, y))
    copied = [rows(np.repeat(p, 10, axis=0), np.repeat(y, 10), groups=group) for p in (a, b)]
    clustered = compared(*copied)
    assert clustered.groups == 200 and clustered.rows == 2000
    for name in ("nll", "brier", "confidence_gap"):
        np.testing.assert_allclose(clustered[name].interval, each[name].interval, rtol=0.02)


def test_weights_stand_for_rows():
    a, b, y = two_models(np.random.default_rng(5), 400, 1.0, 1.5)
    w = np.random.default_rng(6).integers(0, 3, 400).astype(float)
    at = np.repeat(np.arange(400), w.astype(int))
    weighted = compared(rows(a, y, weights=w), rows(b, y, weights=w))
    repeated = compared(rows(a[at], y[at]), rows(b[at], y[at]))
    for name in ("nll", "brier", "accuracy", "ece", "event_ece"):
        assert weighted[name].value == pytest.approx(repeated[name].value, abs=1e-12)


def test_confidences_votes_and_logits():
    a, b, y = two_models(np.random.default_rng(7), 1000, 2.0, 1.0)
    events = compared(rows(a[:, 1], y * 1.0), rows(b[:, 1], y * 1.0))
    classes = compared(rows(a, y), rows(b, y))
    assert events["ece"].value == pytest.approx(classes["event_ece"].value, abs=1e-9)
    assert events["nll"].value == pytest.approx(classes["nll"].value, abs=1e-12)
    assert "event_ece" not in [d.name for d in events.differences]
    votes = compared(rows(a, np.eye(2, dtype=int)[y] * 3), rows(b, np.eye(2, dtype=int)[y] * 3))
    assert votes["ece"].value == pytest.approx(classes["ece"].value, abs=1e-9)
    logits = compared(rows(np.log(a), y), rows(b, y), logits=(True, False))
    assert logits["nll"].value == pytest.approx(classes["nll"].value, abs=1e-9)


def test_an_infinite_nll_is_said_and_not_compared():
    a, b, y = two_models(np.random.default_rng(8), 100, 1.0, 1.5)
    a[3] = np.eye(2)[1 - y[3]]
    found = compared(rows(a, y), rows(b, y))["nll"]
    assert found.value is None and found.interval is None and found.before is None
    assert found.sentence == (
        "NLL: infinite for old, where the true class has a probability of exactly 0; compare logits."
    )


def test_other_rows_are_refused():
    a, b, y = two_models(np.random.default_rng(9), 100)
    other = y.copy()
    other[41] = 1 - other[41]
    with pytest.raises(ValueError) as error:
        compared(rows(a, y), rows(b, other))
    assert str(error.value) == (
        f"old.csv: row 42 has the truth {y[41]} in one audit and {other[41]} in the other: compare audits of the same "
        "rows in the same order"
    )
    with pytest.raises(ValueError, match="the audits have other rows: compare audits of the same rows"):
        compared(rows(a, y), rows(b[:99], y[:99]))
    with pytest.raises(ValueError, match="one audit has weights that the other has not"):
        compared(rows(a, y, weights=np.ones(100)), rows(b, y))
    with pytest.raises(ValueError, match="compare models of the same classes"):
        compared(rows(a, y), rows(np.full((100, 3), 1 / 3), y))


@pytest.mark.long
@pytest.mark.parametrize(("n", "first", "second", "noise"), [(1000, 1, 1, 0.3), (1000, 1, 2, 0), (300, 1.5, 2, 0.2)])
def test_intervals_hold_together_in_95_percent_of_samples(n, first, second, noise):
    """And so does every sentence: "better" is said exactly where the interval excludes 0."""
    rng = np.random.default_rng(10)
    a, b, y = two_models(rng, 400_000, first, second, noise)
    true = {d.name: d.value for d in compared(rows(a, y), rows(b, y)).differences}
    missed, samples = 0, 150
    for _ in range(samples):
        a, b, y = two_models(rng, n, first, second, noise)
        found = compared(rows(a, y), rows(b, y)).differences
        missed += any(not d.interval[0] - 1e-9 <= true[d.name] <= d.interval[1] + 1e-9 for d in found)
    assert missed / samples <= 0.05 + 2 * (0.05 * 0.95 / samples) ** 0.5
