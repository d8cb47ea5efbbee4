"""Targets from the probabilities of a teacher against rows written out by hand."""

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


def test_top_k_and_its_tail(array):
    index, weight = array([[1, 3]]), array([[0.5, 0.2]])
    kept = np.array([[0, 0.5, 0, 0.2, 0]])
    close(ow.top_k(index, weight, num_classes=K, tail="drop").dense(), kept)
    close(ow.top_k(index, weight, num_classes=K, tail="uniform").dense(), kept + 0.3 / K)
    row = np.array([1.0, 0, 0, 0, 0])
    close(ow.top_k(index, weight, num_classes=K, tail=array(row)).dense(), kept + 0.3 * row)


def test_soft_is_the_rows_as_given_and_normalises_only_when_asked(array):
    p = np.array([[0.5, 0.25, 0.25]])
    close(ow.soft(array(p)).dense(), p)
    close(ow.soft(array(p * 4), normalize=True).dense(), p)


def test_top_k_above_1_within_the_tolerance_has_no_tail():
    target = ow.top_k(np.array([[0, 1]]), np.array([[0.6, 0.4005]]), num_classes=4)
    close(target.dense(), [[0.6, 0.4005, 0, 0]], 1e-12)
    close(ow.top_k(np.array([[0, 1]]), np.array([[0.5, 0.25]]), num_classes=4).mass(), [1.0], 1e-12)
