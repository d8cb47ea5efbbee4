"""Error against float64, in every dtype, on rows made to be hard; and the gradient against finite differences.

Ours may be no farther from the truth than PyTorch in the same dtype, plus 1e-6 relative.
"""

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn import functional as F

import onewarm as ow
from onewarm.kernels.cpu import float16 as half

DTYPES = {
    torch.float16: np.dtype(np.float16),
    torch.bfloat16: np.dtype(ml_dtypes.bfloat16),
    torch.float32: np.dtype(np.float32),
    torch.float64: np.dtype(np.float64),
}
GRID = {
    "plain": (60, 7, 3.0, 0.0),
    "many classes": (6, 32000, 3.0, 0.0),
    "a whole vocabulary": (2, 262144, 5.0, 0.0),
    "one class": (20, 1, 3.0, 0.0),
    "two classes": (200, 2, 30.0, 0.0),
    "logits to 1e4": (40, 1000, 2500.0, 0.0),
    "a shared offset": (40, 100, 3.0, 1e4),
    "a negative offset": (40, 48, 3.0, -1e4),
    "all tie": (20, 64, 0.0, 7.0),
    "almost sure": (40, 49, 60.0, 0.0),
}


def truth(z: NDArray, t: NDArray) -> tuple[NDArray, NDArray]:
    """s lse - <t, z> and s softmax - t of each row in float64, by differences from the largest logit."""
    d = z - z.max(1, keepdims=True)
    e = np.exp(d)
    s = t.sum(1, keepdims=True)
    loss = s[:, 0] * np.log(e.sum(1)) - (t * np.where(t != 0, d, 0)).sum(1)
    return loss, s * e / e.sum(1, keepdims=True) - t


@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("case", GRID)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_no_farther_from_the_truth_than_pytorch(dtype: torch.dtype, case: str, alpha: float) -> None:
    n, k, scale, offset = GRID[case]
    rng = np.random.default_rng(0)
    z = (rng.standard_normal((n, k)) * scale + offset).clip(-6e4, 6e4).astype(DTYPES[dtype])
    y = rng.integers(0, k, n)
    target = ow.smooth(y, alpha, num_classes=k)
    wide = half.widened(z).astype(np.float64)
    wanted, slope = truth(wide, target.dense())
    loss, gradient = ow.cross_entropy_with_gradient(z, target, reduction="none")

    theirs = torch.from_numpy(wide).to(dtype).requires_grad_()
    losses = F.cross_entropy(theirs, torch.from_numpy(y), label_smoothing=alpha, reduction="none")
    losses.sum().backward()
    assert theirs.grad is not None
    their_loss, their_slope = losses.detach().double().numpy(), theirs.grad.double().numpy()

    error, theirs_error = np.abs(loss - wanted), np.abs(their_loss - wanted)
    # In float32 and float64 both are within some last places, of which a row takes one or another by chance.
    assert (error <= theirs_error.max() + 1e-6 * np.abs(wanted) + 1e-12).all()
    assert error.mean() <= theirs_error.mean() + 1e-6 * np.abs(wanted).mean() + 1e-12
    error, theirs_error = np.abs(half.widened(gradient) - slope), np.abs(their_slope - slope)
    assert error.max() <= theirs_error.max() + 1e-6 * max(float(np.abs(slope).max()), 1e-6)
    assert error.mean() <= theirs_error.mean() + 1e-6 * float(np.abs(slope).mean()) + 1e-12


@st.composite
def targets(draw: st.DrawFn) -> tuple[NDArray, ow.SoftTarget]:
    """Logits and a target of named classes and table rows, some without mass, some mass below 0."""
    n, k = draw(st.integers(1, 20)), draw(st.integers(1, 70))
    named, shared, rows = draw(st.integers(0, 4)), draw(st.integers(0, 2)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    options = {}
    if shared:
        options = {
            "table": rng.random((rows, k)) * (rng.random((rows, k)) < 0.8),
            "table_index": rng.integers(0, rows, (n, shared)),
            "table_weight": rng.normal(0.5, 0.5, (n, shared)) * (rng.random((n, shared)) < 0.8),
        }
    weight = rng.normal(0.5, 0.5, (n, named)) * (rng.random((n, named)) < 0.8)
    target = ow.SoftTarget(index=rng.integers(0, k, (n, named)), weight=weight, num_classes=k, **options)
    return rng.standard_normal((n, k)) * draw(st.sampled_from([0.1, 2.0, 8.0])), target


@settings(max_examples=60, deadline=None)
@given(targets(), st.sampled_from(["mean", "sum"]), st.sampled_from([0.0, 0.02]))
def test_the_gradient_is_the_finite_difference(
    problem: tuple[NDArray, ow.SoftTarget], reduction: str, z_loss: float
) -> None:
    z, target = problem
    options = {"reduction": reduction, "z_loss": z_loss}
    _, gradient = ow.cross_entropy_with_gradient(z, target, **options)
    rng = np.random.default_rng(0)
    for _ in range(3):
        way = rng.standard_normal(z.shape)
        step = 1e-5
        up, down = (ow.cross_entropy(z + sign * step * way, target, **options) for sign in (1, -1))
        np.testing.assert_allclose((gradient * way).sum(), (up - down) / (2 * step), rtol=1e-5, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(targets())
def test_kernel_and_dense_target_agree(problem: tuple[NDArray, ow.SoftTarget]) -> None:
    """Loss and gradient are linear in the target: however it is said, the dense rows decide."""
    z, target = problem
    loss, gradient = ow.cross_entropy_with_gradient(z, target, reduction="none")
    wanted, slope = truth(z, target.dense())
    np.testing.assert_allclose(loss, wanted, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(gradient, slope, rtol=1e-9, atol=1e-12)
