"""Rows of the same subject are found; sorted files are innocent."""

import numpy as np
import pytest
from scipy.special import softmax

from onewarm.audit.audit import audit
from onewarm.audit.data_checks.runs import likeness, runs


@pytest.mark.parametrize("k", [2, 3, 10])
def test_near_equal_rows_of_patients_are_found_and_not_with_their_group(models, k, save):
    """Decision 10: 60 patients x 100 near-equal rows were called miscalibrated in 40 of 40 seeds, without a word."""
    for seed in range(5):
        p, y, patient = models.patients(np.random.default_rng(seed), k=k)
        assert models.keys(p, y) == ["runs"]
        assert models.keys(p, y, patient) == []
    sentences = [f.sentence for f in audit(save(p=p, label=y)).verdict.findings]
    assert any("times too narrow" in s for s in sentences)


def test_confidences_of_one_subject_are_found(models):
    p, y, _ = models.patients(np.random.default_rng(0))
    assert models.keys(p[:, 1], y.astype(float)) == ["runs"]


def test_the_width_that_is_missing_is_that_of_subjects(models):
    p, y, _ = models.patients(np.random.default_rng(0))
    _, wider = runs(models.view(p, y))
    assert 50 < wider < 200  # 100 rows each


ORDERS = {
    "by label": lambda p, y, rng: np.argsort(y, kind="stable"),
    "by score": lambda p, y, rng: np.argsort(p[:, 1]),
    "by confidence": lambda p, y, rng: np.argsort(-p.max(axis=1)),
    "by label and score": lambda p, y, rng: np.lexsort((p[:, 1], y)),
    "by answer": lambda p, y, rng: np.argsort(p.argmax(axis=1), kind="stable"),
    "by answer and label": lambda p, y, rng: np.lexsort((y, p.argmax(axis=1))),
    "as drawn": lambda p, y, rng: np.arange(len(y)),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("k", [2, 3, 10, 100])
def test_sorted_files_are_not_called_clustered(models, order, k):
    for seed in range(5):
        rng = np.random.default_rng([seed, k])
        q, y = models.calibrated(rng, 3000, k, rng.uniform(0.3, 3))
        p = softmax(np.log(q) * rng.uniform(0.5, 3), axis=1)
        at = ORDERS[order](p, y, rng)
        assert models.keys(p[at], y[at]) == []


def test_sites_one_after_the_other_are_not_called_clustered(models):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        site = np.sort(rng.integers(0, 10, 4000))
        q = softmax(rng.normal(size=(4000, 3)) + rng.normal(size=(10, 3))[site], axis=1)
        assert models.keys(q, models.labels(q, rng)) == []


def test_likeness_is_none_in_random_order_and_nearly_one_within_subjects(models):
    p, y = models.calibrated(np.random.default_rng(0), 20_000, 3)
    assert abs(likeness(models.view(p, y))[0]) < 0.05
    p, y, _ = models.patients(np.random.default_rng(0))
    assert likeness(models.view(p, y))[0] > 0.98
