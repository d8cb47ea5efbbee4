"""What checks see of rows, for labels, votes and confidences."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from onewarm.audit.data_checks.view import View
from onewarm.audit.row_sample import Rows

PLACES = np.arange(3, dtype=np.uint64)


def test_logits_become_probabilities_and_votes_shares():
    z = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0], [5.0, 1.0, 1.0]], np.float32)
    votes = np.array([[1, 3, 0], [0, 0, 2], [1, 1, 2]])
    seen = View.of(Rows(PLACES, z, votes), "multiclass", logits=True)
    np.testing.assert_allclose(seen.p, softmax(z.astype(float), axis=1))
    assert seen.top.tolist() == [1, 2, 0] and seen.label.tolist() == [1, 2, 2]
    np.testing.assert_allclose(seen.right, [0.75, 1, 0.25])
    np.testing.assert_allclose(View.of(Rows(PLACES, z[:, 0], PLACES > 0), "confidence", logits=True).p, expit(z[:, 0]))
    np.testing.assert_allclose(
        View.of(Rows(PLACES, z[:, :2] + 2, PLACES > 0), "binary", normalize=True).p.sum(axis=1), 1
    )


def test_a_tie_of_two_classes_goes_to_the_first_and_confidences_have_one_class(models):
    assert models.view(np.array([[0.5, 0.5], [0.4, 0.6]]), np.array([0, 1])).top.tolist() == [0, 1]
    seen = models.view(np.array([0.2, 0.9]), np.array([1.0, 0.0]))
    assert seen.classes == 1 and seen.right.tolist() == [1, 0] and seen.shares().shape == (2, 1)


def test_a_subset_is_chosen_by_place(models):
    seen = models.view(np.full((50_000, 2), 0.5), np.zeros(50_000, np.int64))
    assert len(seen.at_most(50_000)) == 50_000
    assert len(seen.at_most(5000)) == pytest.approx(5000, rel=0.1)
