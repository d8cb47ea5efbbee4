"""Zeros are counted, and stand for the least that the file could have meant."""

import numpy as np
import pytest

from onewarm.audit.remedies.zeros import decimals, find_zeros
from onewarm.audit.row_sample import Rows


def rows(p, y):
    return Rows(np.arange(len(p)), np.asarray(p), np.asarray(y))


@pytest.mark.parametrize("digits", range(1, 9))
def test_rounded_values_show_their_decimals(digits):
    values = np.round(np.random.default_rng(0).random(1000), digits)
    assert decimals(values) == digits
    assert decimals(np.append(values, 1 / 3)) is None
    assert decimals(values.astype(np.float32)) == (digits if digits <= 5 else None)


@pytest.mark.parametrize(
    ("p", "floor"),
    [
        ([[0.25, 0.75], [0.0, 1.0]], 0.005),
        ([[1 / 3, 2 / 3], [0.0, 1.0]], 2**-52),
        ([[1e-20, 1 - 1e-20], [0.0, 1.0]], 1e-20),
        ([[0.0, 1.0], [1.0, 0.0]], 2**-52),
        (np.array([[1 / 3, 2 / 3], [0.0, 1.0]], np.float32), 2**-23),
        (np.eye(50) * 0.51 + 0.01 - 0.02 * (np.arange(50) == np.arange(50)[:, None] - 1), 0.1 / 50),
    ],
)
def test_the_floor_is_half_a_unit_or_what_the_type_can_tell_from_1(p, floor):
    found, true = find_zeros(rows(p, np.ones(len(p), int)), logits=False)
    assert found.floor == pytest.approx(floor) and true.sum() == found.true


def test_counts_for_labels_votes_and_confidences():
    p = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    for truth in ([0, 0, 1, 1], [[1, 0], [2, 0], [0, 1], [1, 1]]):
        found, true = find_zeros(rows(p, truth), logits=False)
        assert (found.rows, found.ones, found.true) == (3, 3, 1) and true.tolist() == [True, False, False, False]
    found, true = find_zeros(rows([0.0, 1.0, 1.0, 0.5], [1.0, 1.0, 0.0, 1.0]), logits=False)
    assert (found.rows, found.true) == (3, 2) and true.tolist() == [True, False, True, False]


def test_a_masked_logit_is_a_zero_only_where_the_truth_is():
    z = np.array([[0.0, -np.inf, 1.0], [0.0, 1.0, 2.0]])
    assert find_zeros(rows(z, [0, 1]), logits=True)[0].floor == 0
    found, true = find_zeros(rows(z, [1, 1]), logits=True)
    assert found.floor == 2**-52 and found.true == 1 and true.tolist() == [True, False]
