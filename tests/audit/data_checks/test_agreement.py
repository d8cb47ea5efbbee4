"""Labels of other rows are found; models that are only bad are not accused."""

import numpy as np
import pytest

from onewarm.audit.audit import audit
from onewarm.audit.data_checks.agreement import other_rows, reversed_labels, shifted, skill


@pytest.mark.parametrize("k", [2, 3, 10, 100])
def test_labels_in_another_order_are_said_to_be_those_of_other_rows(models, k):
    """Decision 6: accuracy at chance with a confidence of 96.5 % gave "Retrain with label smoothing, alpha 1.000"."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        p, y = models.good(rng, 6000, k)
        assert models.keys(p, rng.permutation(y)) == ["other rows"]
        assert models.keys(p, y) == []


def test_a_shift_is_named_with_what_agrees_after_it(models, save):
    rng = np.random.default_rng(0)
    p, y = models.good(rng, 3000, 3)
    accuracy = f"{(p.argmax(axis=1) == y).mean() * 100:.1f}"
    for by, words in ((1, "one row"), (-1, "one row"), (7, "7 rows"), (-50, "50 rows")):
        found = shifted(models.view(p, np.roll(y, by)))
        assert found.weight == "wrong rows" and found.value == by
        assert found.sentence.startswith(f"The labels look shifted by {words}: after that {accuracy[:-1]}")
        assert found.remedy.startswith(f"Move the labels {'up' if by > 0 else 'down'} by {words}, ")
    verdict = audit(save(p=p, label=np.roll(y, 1))).verdict
    assert verdict.kind == "wrong rows" and "shifted by one row" in verdict.headline


def test_a_reversed_order_is_found_where_all_rows_of_the_file_are_known(models):
    p, y = models.calibrated(np.random.default_rng(0), 2000, 4)
    assert "reversed" in reversed_labels(models.view(p, y[::-1]), 2000).sentence
    assert reversed_labels(models.view(p, y), 2000) is None
    assert reversed_labels(models.view(p, y[::-1]), 5000) is None


def test_confidences_of_other_rows_are_found_by_a_shift(models):
    rng = np.random.default_rng(0)
    c = rng.beta(2, 1, 5000)
    right = (rng.random(5000) < c).astype(float)
    assert models.keys(c, np.roll(right, 2)) == ["shifted rows"] and models.keys(c, right) == []


def test_skill_is_one_for_a_calibrated_model_and_zero_for_labels_of_other_rows(models):
    rng = np.random.default_rng(1)
    p, y = models.calibrated(rng, 200_000, 3)
    u, v = p - p.mean(axis=0), np.eye(3)[y] - np.eye(3)[y].mean(axis=0)
    assert skill(u, v).value == pytest.approx(1, abs=0.02)
    z = [skill(u[:1000], rng.permutation(v[:1000])).z for _ in range(400)]
    assert np.std(z) == pytest.approx(1, abs=0.12) and abs(np.mean(z)) < 0.2


@pytest.mark.parametrize(("n", "k"), [(300, 2), (1000, 2), (3000, 3), (3000, 10), (10_000, 2)])
def test_a_model_barely_better_than_chance_is_not_accused(models, n, k):
    for seed in range(20):
        assert models.keys(*models.barely_better_than_chance(np.random.default_rng([seed, n, k]), n, k)) == []


def test_a_model_that_promises_nothing_is_not_accused(models):
    rng = np.random.default_rng(0)
    p = np.full((5000, 3), 1 / 3) + rng.uniform(-0.01, 0.01, (5000, 3))
    assert other_rows(models.view(p, rng.integers(0, 3, 5000))) is None
