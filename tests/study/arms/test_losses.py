import numpy as np
import pytest
import torch

import onewarm
from onewarm.study.arms.arm import parse_arm

RNG = np.random.default_rng(0)
Z = torch.from_numpy(RNG.standard_normal((2, 5, 4)) * 4).requires_grad_()
Y = torch.from_numpy(RNG.integers(0, 4, (2, 5)))


def by_hand(arm, z, y):
    """The whole loss of a row, from its definition, in float64."""
    p = np.exp(z - z.max())
    p /= p.sum()
    hard = -np.log(p[y])
    kind, *numbers = arm.split(":")
    a, b = [*map(float, numbers), 0.1][:2]
    return {
        "penalty": lambda: hard + a * (p * np.log(p)).sum(),
        "focal": lambda: (1 - p[y]) ** a * hard,
        "maxsup": lambda: hard + a * (z.max() - z.mean()),
        "margin": lambda: hard + b * np.mean([max(0, z.max() - z_k - a) for z_k in z]),
    }[kind]()


ARMS = ["penalty:0.3", "focal:2", "focal:0.5", "maxsup:0.2", "margin:3", "margin:1:0.5", "margin:0"]


@pytest.mark.parametrize("arm", ARMS)
def test_the_term_completes_the_loss(arm):
    extra = parse_arm(arm).extra(Z, Y)
    assert extra.shape == Y.shape  # any leading axes: a stack of models
    for at in np.ndindex(2, 5):
        z, y = Z.detach().numpy()[at], int(Y[at])
        hard = np.log(np.exp(z).sum()) - z[y]
        assert extra[at].item() + hard == pytest.approx(by_hand(arm, z, y), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("arm", ARMS)
def test_gradients_are_those_of_finite_differences(arm):
    assert torch.autograd.gradcheck(lambda z: parse_arm(arm).extra(z, Y), (Z,))


@pytest.mark.parametrize("arm", ARMS)
def test_a_sure_model_has_finite_terms_and_gradients(arm):
    z = torch.tensor([[200.0, 0.0, -200.0], [0.0, 200.0, 0.0]], requires_grad=True)
    extra = parse_arm(arm).extra(z, torch.tensor([0, 0]))
    extra.sum().backward()
    assert torch.isfinite(extra).all() and torch.isfinite(z.grad).all()


@pytest.mark.parametrize("gamma", [0.5, 1, 2, 3.7])
def test_the_focal_term_is_that_of_the_library(gamma):
    z = torch.cat([Z.reshape(-1, 4), torch.tensor([[60.0, 0, 0, 0], [0, 60.0, 0, 0]], dtype=Z.dtype)]).detach()
    z.requires_grad_()
    y = torch.cat([Y.reshape(-1), torch.tensor([0, 0])])
    ours = torch.nn.functional.cross_entropy(z, y, reduction="none") + parse_arm(f"focal:{gamma}").extra(z, y)
    truth = onewarm.focal_loss(z, y, gamma=gamma, reduction="none")
    np.testing.assert_allclose(ours.detach(), truth.detach(), rtol=1e-9, atol=1e-15)
    gradients = [torch.autograd.grad(loss.sum(), z)[0] for loss in (ours, truth)]
    np.testing.assert_allclose(*gradients, rtol=1e-9, atol=1e-12)


def test_the_penalty_is_the_reversed_divergence_of_smoothing():
    """-H(p) = KL(p || u) - log K."""
    extra = parse_arm("penalty:1").extra(Z, Y)
    p = Z.softmax(-1)
    np.testing.assert_allclose(extra.detach(), ((p * (p * 4).log()).sum(-1) - np.log(4)).detach(), atol=1e-12)


def test_max_suppression_is_label_smoothing_where_the_label_is_the_largest():
    """H((1 - a) onehot + a u, z) = H(onehot, z) + a (z_y - mean z)."""
    y = Z.argmax(-1)
    alpha = 0.2
    smoothed = torch.nn.functional.cross_entropy(
        Z.reshape(10, 4), y.reshape(10), label_smoothing=alpha, reduction="none"
    )
    hard = torch.nn.functional.cross_entropy(Z.reshape(10, 4), y.reshape(10), reduction="none")
    extra = parse_arm("maxsup:0.2").extra(Z, y).reshape(10)
    np.testing.assert_allclose((hard + extra).detach(), smoothed.detach(), atol=1e-12)
