import numpy as np
import torch

from onewarm.study.models.stack.network import Stack, initial, pad_features, padded


def stack_of(seeds, widths):
    return Stack([torch.stack(p) for p in zip(*(initial(s, widths) for s in seeds), strict=True)], widths[-1])


def test_logits_are_those_of_each_model_written_out():
    stack = stack_of([[1], [2], [1]], [5, 32, 32, 3])
    x = np.random.default_rng(0).standard_normal((3, 7, 5)).astype(np.float32)
    for bias in stack.biases:
        bias[:, :, :3] += 0.1
    rows = torch.stack([pad_features(of_model) for of_model in x])
    for got in (stack.logits(rows).numpy(), stack.forward(rows).numpy()):
        assert got.shape == (3, 7, 3)
        for m in range(3):
            h = x[m].astype(float)
            for layer, (w, b) in enumerate(zip(stack.weights, stack.biases, strict=True)):
                w, b = w[m].numpy().astype(float), b[m].numpy().astype(float)
                h = h @ w[: h.shape[1]] + b
                h = np.maximum(h, 0) if layer < 2 else h[:, :3]
            np.testing.assert_allclose(got[m], h, rtol=1e-4, atol=1e-5)


def test_gradients_are_those_of_autograd():
    torch.manual_seed(0)
    stack = stack_of([[1], [2]], [5, 32, 32, 3])
    x, slope = torch.randn(2, 11, 16), torch.randn(2, 11, 3)
    for _ in range(2):  # a second step finds the first one's room
        stack.forward(x)
        stack.backward(slope)
    leaves = [p.clone().requires_grad_() for p in stack.parameters]
    (Stack(leaves, 3).logits(x) * slope).sum().backward()
    for got, leaf in zip(stack.gradients, leaves, strict=True):
        torch.testing.assert_close(got, leaf.grad, rtol=1e-4, atol=1e-5)


def test_equal_seeds_give_equal_models_of_the_stated_scale():
    stack = stack_of([[1], [2], [1]], [64, 128, 128, 10])
    first, second, third = stack.weights[1]
    assert torch.equal(first, third) and not torch.equal(first, second)
    assert abs(float(first.var()) * 128 / 2 - 1) < 0.03  # He: variance 2 / inputs
    assert float(first.abs().max()) <= (6 / 128) ** 0.5
    assert not any(b.any() for b in stack.biases)


def test_padding_is_zero_and_takes_no_gradient():
    stack = stack_of([[1]], [5, 32, 32, 3])
    assert [tuple(w.shape) for w in stack.weights] == [(1, 16, 32), (1, 32, 32), (1, 32, 16)]
    assert padded(16) == 16 and padded(17) == 32
    stack.forward(pad_features(np.ones((4, 5), np.float32))[None])
    stack.backward(torch.randn(1, 4, 3))
    assert not stack.weights[0][:, 5:].any() and not stack.weights[2][:, :, 3:].any()
    assert not stack.gradients[0][:, 5:].any()
    assert not stack.gradients[2][:, :, 3:].any() and not stack.gradients[5][:, :, 3:].any()
