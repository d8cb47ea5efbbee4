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
