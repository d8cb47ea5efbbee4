"""Targets from votes against rows written out by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow

KINDS = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}


K = 5


@pytest.fixture(params=KINDS)
def array(request):
    return KINDS[request.param]


def close(actual, expected, tolerance=1e-6):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=tolerance, atol=tolerance)


def hot(*labels):
    return np.eye(K)[list(labels)]


def test_votes_keep_only_named_classes(array):
    target = ow.votes(array([[0, 3, 0, 1, 0], [2, 0, 0, 0, 0], [0, 0, 0, 0, 0]]))
    assert target.index.shape == (3, 2)
    close(target.dense(), [[0, 0.75, 0, 0.25, 0], [1, 0, 0, 0, 0], [0] * 5])
    close(target.mass(), [1, 1, 0])


def test_votes_of_any_shape_are_rows_in_c_order(array):
    counts = np.random.default_rng(0).integers(0, 4, (2, 3, K))
    close(ow.votes(array(counts)).dense(), ow.votes(counts.reshape(6, K)).dense())
    close(ow.votes(array(counts[0, 0])).dense(), ow.votes(counts[0, :1]).dense())
    with pytest.raises(ValueError, match=r"^counts\[1, 0, 2\] is -1: votes are finite and not negative; for labels"):
        ow.votes(np.where(np.arange(30).reshape(2, 3, K) == 17, -1, counts))


def test_what_is_no_count_says_what_to_do():
    with pytest.raises(
        ValueError, match=r"^counts\[0, 1\] is nan: .*; in a pivot table fill empty cells: .fillna\(0\)$"
    ):
        ow.votes(np.array([[1.0, np.nan]]))
    with pytest.raises(TypeError, match=r"^counts has dtype <U3: expected numbers; for labels use onewarm.votes_from$"):
        ow.votes(np.array([["cat", "dog"]]))
