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


def test_teachers_of_any_shape_are_rows_in_c_order(array):
    p = np.random.default_rng(0).dirichlet(np.ones(K), (2, 3))
    close(ow.soft(array(p)).dense(), p.reshape(6, K))
    close(ow.soft(array(p[0, 0])).dense(), p[0, :1])
    index = np.argsort(-p, axis=-1)[..., :2]
    weight = np.take_along_axis(p, index, axis=-1)
    flat = ow.top_k(index.reshape(6, 2), weight.reshape(6, 2), num_classes=K)
    close(ow.top_k(array(index), array(weight), num_classes=K).dense(), flat.dense())
    for bad, message in (
        (index * 0 + K, r"^index\[0, 0, 0\] is 5, outside 0..4"),
        (index, r"^weight\[1, 2, 1\] is -1"),
    ):
        with pytest.raises(ValueError, match=message):
            ow.top_k(bad, np.where(np.arange(12).reshape(2, 3, 2) == 11, -1.0, weight), num_classes=K)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_teacher_in_half_precision_is_taken_as_it_is(dtype):
    """pytorch#87468: value and gradient are those of the rounded rows, whose sum is not quite 1."""
    torch.manual_seed(0)
    z = torch.randn(200, 50, dtype=torch.double, requires_grad=True)
    p = (torch.randn(200, 50) * 3).to(getattr(torch, dtype)).softmax(1)
    exact = p.double()
    loss = (exact.sum(1) * z.logsumexp(1) - (exact * z).sum(1)).mean()
    gradient = torch.autograd.grad(loss, z)[0]
    for rows in (p, p.float(), ow.soft(p), ow.soft(p.float())):
        ours = ow.cross_entropy(z, rows)
        close(ours.detach(), loss.detach(), 1e-7)
        close(torch.autograd.grad(ours, z)[0], gradient, 1e-7)
    close(ow.soft(p).mass(), exact.sum(1), 1e-12)
    index = exact.topk(5).indices
    target = ow.top_k(index, p.gather(1, index), num_classes=50)
    assert target.dtype == torch.float32
    close(target.mass(), np.ones(200), 1e-6)


def test_a_tail_is_normalised_only_when_asked(array):
    index, weight = array([[2, 0]]), array([[0.5, 0.25]])
    with pytest.raises(ValueError, match=r"^tail\[0\] sums to 4, not 1 \(tolerance 0.001\): pass normalize=True"):
        ow.top_k(index, weight, num_classes=3, tail=[0.0, 3.0, 1.0])
    target = ow.top_k(index, weight, num_classes=3, tail=[0, 3, 1], normalize=True)
    close(target.dense(), [[0.25, 0.1875, 0.5625]])
