"""Copies of rows are counted; coarse predictions are not copies."""

import numpy as np
import pytest
from scipy.special import softmax

from onewarm.audit.data_checks.copies import copies, row_hash


@pytest.mark.parametrize("k", [2, 3, 10])
def test_copies_are_counted_with_what_they_do_to_intervals(models, k):
    rng = np.random.default_rng(0)
    p, y = models.calibrated(rng, 1000, k)
    found = copies(models.view(np.concatenate([p, p]), np.concatenate([y, y])), 2000)
    assert found.key == "duplicates" and found.weight == "spoils" and found.value == 0.5
    assert "1,000 of 2,000 rows" in found.sentence and "1.4 times too narrow" in found.sentence
    some = rng.choice(1000, 150, replace=False)
    order = rng.permutation(1150)
    assert (
        copies(models.view(np.concatenate([p, p[some]])[order], np.concatenate([y, y[some]])[order]), 1150).value > 0.1
    )


def test_coarse_predictions_that_are_all_doubled_are_found_by_their_even_numbers(models):
    p, y = models.calibrated(np.random.default_rng(0), 3000, 2)
    p = np.round(p, 2)
    assert copies(models.view(p, y), 3000) is None
    assert copies(models.view(np.concatenate([p, p]), np.concatenate([y, y])), 6000) is not None


@pytest.mark.parametrize("k", [2, 3, 10])
@pytest.mark.parametrize("n", [300, 3000, 20_000])
def test_coarse_predictions_are_no_copies(models, n, k):
    for seed in range(8):
        rng = np.random.default_rng([seed, n, k])
        q, y = models.calibrated(rng, n, k, rng.uniform(0.3, 4))
        for coarse in (np.round(q, 2), q.astype(np.float16).astype(float), softmax(30 * np.log(q), axis=1)):
            assert "duplicates" not in models.keys(coarse, y)
        leaves = int(rng.choice([5, 30, 300, 3000]))  # as many different rows: the leaves of a tree
        table = softmax(rng.normal(size=(leaves, k)) * 1.5, axis=1)
        rows = table[rng.choice(leaves, n, p=rng.dirichlet(np.ones(leaves) * rng.choice([0.3, 1, 5])))]
        assert not {"duplicates", "repeated predictions"} & set(models.keys(rows, models.labels(rows, rng)))


def test_predictions_with_several_truths_are_those_of_annotators(models):
    rng = np.random.default_rng(0)
    q = np.repeat(models.calibrated(rng, 1000, 3)[0], 3, axis=0)
    found = copies(models.view(q, models.labels(q, rng)), 3000)
    assert found.key == "repeated predictions" and "several people" in found.sentence and "--votes" in found.remedy


def test_copies_within_a_group_are_what_groups_are_for(models):
    p, y = models.calibrated(np.random.default_rng(0), 1000, 3)
    twice, group = np.concatenate([p, p]), np.tile(np.arange(1000, dtype=np.uint64), 2)
    assert copies(models.view(twice, np.concatenate([y, y]), group), 2000) is None


def test_rows_have_equal_hashes_exactly_if_they_are_equal():
    values = np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])
    hashes = row_hash(values).tolist()
    assert hashes[0] == hashes[1] and len(set(hashes)) == 3
    assert row_hash(values.astype(np.float32)).tolist() == hashes
