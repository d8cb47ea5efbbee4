"""What users of other losses reported or asked for, and what this one does there.

Others are tested where they belong: pytorch#104776 and transformers#46731 in test_module.py, Liger-Kernel#1338 in
test_ops.py and test_linear_ops.py, Megatron-LM#737 and #7464 in test_parallel.py.
"""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import onewarm as ow
from onewarm.torch import cross_entropy, distillation, linear_cross_entropy


@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("at", [0, 50_000, 99_999])
def test_nearly_every_logit_masked(alpha: float, at: int) -> None:
    """flash-attention#1930: NaN where whole tiles of a row are -inf."""
    z = torch.full((1, 100_000), -torch.inf)
    z[0, at] = 10.0
    z.requires_grad_()
    loss = cross_entropy(z, ow.smooth(torch.tensor([at]), alpha, num_classes=100_000))
    loss.backward()
    assert loss.item() == 0
    assert z.grad is not None and z.grad.abs().max() < 1e-7


def test_a_masked_logit_and_smoothing() -> None:
    """PyTorch, Liger, timm and others: inf as soon as alpha is above 0, and NaN for a probability of 0 at the mask."""
    z = torch.tensor([[2.0, 1.0, 0.5, -torch.inf]])
    y = torch.tensor([0])
    assert F.cross_entropy(z, y, label_smoothing=0.1).isinf()
    loss = cross_entropy(z, ow.smooth(y, 0.1, num_classes=4))
    live = torch.log_softmax(z[:, :3].double(), 1)[0]
    torch.testing.assert_close(loss.double(), -(0.9 * live[0] + 0.1 * live.mean()), rtol=1e-6, atol=1e-6)
    p = torch.tensor([[0.7, 0.2, 0.1, 0.0]])
    torch.testing.assert_close(cross_entropy(z, ow.soft(p)).double(), -(p[0, :3].double() @ live), rtol=1e-6, atol=0)


@pytest.mark.parametrize("k", [2, 3, 10, 32_000])
def test_two_conventions_and_the_way_between(k: int) -> None:
    """fastai#1814, ConvE#55, fairseq#3911: alpha/K and alpha/(K - 1) taken for each other, at K = 2 twice as much."""
    alpha = 0.1
    y = np.array([0])
    szegedy, other = (ow.smooth(y, alpha, num_classes=k, exclude_label=e).dense()[0] for e in (False, True))
    assert szegedy[0] == pytest.approx(1 - alpha + alpha / k, rel=1e-12)
    np.testing.assert_allclose(szegedy[1:], alpha / k, rtol=1e-12)
    assert other[0] == pytest.approx(1 - alpha, rel=1e-12)
    np.testing.assert_allclose(other[1:], alpha / (k - 1), rtol=1e-12)
    as_szegedy = ow.smooth(y, alpha * k / (k - 1), num_classes=k).dense()[0]  # H(y) and H(u) with alpha k / (k - 1)
    np.testing.assert_allclose(as_szegedy, other, rtol=1e-12)


def test_smoothing_without_one_hot_labels() -> None:
    """keras#23487, optax#1486: smoothed integer labels that never become an (N, K) array."""
    n, k = 1024, 32_000
    y = np.arange(n) % k
    tracemalloc.start()
    target = ow.smooth(y, 0.1, num_classes=k)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n * k * 4 / 50
    z = np.zeros((n, k), np.float32)
    assert ow.cross_entropy(z, target) == pytest.approx(np.log(k), rel=1e-6)


def test_smoothing_that_is_not_uniform() -> None:
    """pytorch-image-models#990: more of the mass for classes that are alike."""
    alike = torch.tensor([[0.0, 0.9, 0.1], [0.9, 0.0, 0.1], [0.5, 0.5, 0.0]], dtype=torch.float64)
    z, y = torch.tensor([[1.0, 0.5, -1.0], [0.0, 2.0, 1.0]], dtype=torch.float64), torch.tensor([0, 2])
    dense = 0.8 * F.one_hot(y, 3) + 0.2 * alike[y]
    torch.testing.assert_close(cross_entropy(z, ow.smooth(y, 0.2, prior=alike)), F.cross_entropy(z, dense))


def test_a_teacher_that_was_kept_on_disk() -> None:
    """Liger-Kernel#441, verl#7809: a teacher's top log-probabilities, computed before, instead of the teacher."""
    generator = torch.Generator().manual_seed(0)
    n, d, k = 12, 8, 50
    hidden = torch.randn(n, d, generator=generator, dtype=torch.float64)
    weight = torch.randn(k, d, generator=generator, dtype=torch.float64)
    log_p = torch.log_softmax(2 * torch.randn(n, k, generator=generator, dtype=torch.float64), 1)
    kept, where = log_p.topk(8, dim=1)  # all that is stored
    teacher = ow.top_k(where, kept.exp(), num_classes=k)  # the tail's mass goes to all classes alike
    dense = torch.zeros(n, k, dtype=torch.float64).scatter_(1, where, kept.exp())
    dense += (1 - dense.sum(1, keepdim=True)) / k
    z = hidden @ weight.T
    truth = F.cross_entropy(z, dense)
    torch.testing.assert_close(cross_entropy(z, teacher), truth)
    torch.testing.assert_close(linear_cross_entropy(hidden, weight, teacher), truth)
    soft = F.cross_entropy(z / 2, dense) - torch.special.entr(dense).sum(1).mean()
    torch.testing.assert_close(distillation(z, teacher, temperature=2.0), 4 * soft)


def test_soft_labels_for_boosting_and_estimators() -> None:
    """LightGBM#6013, XGBoost#6750, scikit-learn#16248: soft labels; a custom objective takes a gradient, made here."""
    rng = np.random.default_rng(0)
    z, p = rng.standard_normal((5, 3)), rng.dirichlet(np.ones(3), 5)
    _, gradient = ow.cross_entropy_with_gradient(z, ow.soft(p), reduction="sum")
    e = np.exp(z)
    np.testing.assert_allclose(gradient, e / e.sum(1, keepdims=True) - p, rtol=1e-12, atol=1e-15)


def test_rows_that_are_no_distribution() -> None:
    """PyTorch takes rows that sum to 2 without a word, and an ``ignore_index`` beside probabilities as well."""
    z, p = torch.zeros(1, 2), torch.tensor([[1.0, 1.0]])
    assert F.cross_entropy(z, p) > 1
    with pytest.raises(ValueError, match=r"sums to 2, not 1"):
        cross_entropy(z, p)


def test_nobody_counted() -> None:
    """All rows ignored is NaN in PyTorch: here 0, and a gradient of 0."""
    z = torch.randn(3, 4, requires_grad=True)
    nobody: Any = torch.full((3,), -100)
    assert F.cross_entropy(z, nobody).isnan()
    loss = cross_entropy(z, ow.one_hot(nobody, 4))
    loss.backward()
    assert loss.item() == 0
    assert z.grad is not None and z.grad.count_nonzero() == 0


def test_memory_of_one_gradient() -> None:
    """PyTorch holds about three times the logits besides them (N = 2048, V = 32000: 754 MiB beside 250)."""
    n, k = 256, 8000
    z = np.zeros((n, k), np.float32)
    target = ow.smooth(np.arange(n), 0.1, num_classes=k)
    ow.cross_entropy_with_gradient(z, target)
    tracemalloc.start()
    ow.cross_entropy_with_gradient(z, target)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert z.nbytes <= peak < 1.05 * z.nbytes + 2**20  # a gradient, and each thread's scratch
