import numpy as np
import torch

from onewarm.study.models.network import Stack, pad_features, padded


def test_logits_are_those_of_each_model_written_out():
    stack = Stack([[1], [2], [1]], [5, 32, 32, 3])
    x = np.random.default_rng(0).standard_normal((2, 7, 5)).astype(np.float32)
    which = torch.tensor([0, 1, 1])
    with torch.no_grad():
        for bias in stack.biases:
            bias[:, :, :3] += 0.1
    got = stack.logits(torch.stack([pad_features(rows) for rows in x]), which, rows=3).numpy()
    assert got.shape == (3, 7, 3)
    for m in range(3):
        h = x[which[m]].astype(float)
        for layer, (w, b) in enumerate(zip(stack.weights, stack.biases, strict=True)):
            w, b = w[m].detach().numpy().astype(float), b[m].detach().numpy().astype(float)
            h = h @ w[: h.shape[1]] + b
            h = np.maximum(h, 0) if layer < 2 else h[:, :3]
        np.testing.assert_allclose(got[m], h, rtol=1e-4, atol=1e-5)


def test_equal_seeds_give_equal_models_of_the_stated_scale():
    stack = Stack([[1], [2], [1]], [64, 128, 128, 10])
    first, second, third = stack.weights[1].detach()
    assert torch.equal(first, third) and not torch.equal(first, second)
    assert abs(float(first.var()) * 128 / 2 - 1) < 0.03  # He: variance 2 / inputs
    assert float(first.abs().max()) <= (6 / 128) ** 0.5
    assert not any(b.any() for b in stack.biases)


def test_padding_is_zero_and_takes_no_gradient():
    stack = Stack([[1]], [5, 32, 32, 3])
    assert [tuple(w.shape) for w in stack.weights] == [(1, 16, 32), (1, 32, 32), (1, 32, 16)]
    assert padded(16) == 16 and padded(17) == 32
    stack(torch.randn(1, 4, 16)).square().sum().backward()
    assert not stack.weights[0].detach()[:, 5:].any() and not stack.weights[2].detach()[:, :, 3:].any()
    assert not stack.weights[2].grad[:, :, 3:].any() and not stack.biases[2].grad[:, :, 3:].any()
