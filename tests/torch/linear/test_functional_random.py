"""The loss of a linear layer over random targets, against dense rows written out in float64, and its linearity."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from onewarm.torch import linear_cross_entropy
from onewarm.torch.linear import chunks as linear_chunks

DOUBLE = torch.float64


def dense_loss(
    z: Tensor, target: ow.SoftTarget, unmasked: Tensor, *, reduction: str, normalizer: Any, z_loss: float
) -> Tensor:
    """The loss written out for dense rows: the mass of table rows on masked classes moves to the unmasked ones."""
    n, classes = z.shape
    named = torch.zeros(n, classes, dtype=DOUBLE).scatter_add_(1, target.index, target.weight)
    tables = torch.zeros(n, classes, dtype=DOUBLE)
    if target.table is not None:
        moved = target.table * unmasked
        moved = moved * (target.table.sum(1) / moved.sum(1))[:, None]
        tables = torch.einsum("nt,ntv->nv", target.table_weight, moved[target.table_index])
    t = (named + tables)[:, unmasked]
    mass, lse = t.sum(1), torch.logsumexp(z[:, unmasked], 1)
    losses = mass * lse - (t * z[:, unmasked]).sum(1) + z_loss * mass * lse**2
    rows = (target.weight != 0).any(1)
    if target.table is not None:
        rows |= (target.table_weight != 0).any(1)
    losses = torch.where(rows, losses, 0)
    if reduction != "mean":
        return losses.sum() if reduction == "sum" else losses
    by = {"rows": rows.sum(), "mass": mass.detach().sum()}.get(normalizer, normalizer)
    return losses.sum() / (by if by != 0 else 1)


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["mean", "sum", "none"]),
    st.sampled_from(["rows", "mass", 3.5]),
    st.integers(1, 200),
)
def test_any_target_any_size(seed: int, reduction: Any, normalizer: Any, chunk: int) -> None:
    """Random targets, sizes, chunks, masks and rows without mass: the definition on dense rows and its gradients."""
    rng = np.random.default_rng(seed)
    n, d, v, j, t = (int(rng.integers(low, high)) for low, high in ((1, 90), (1, 9), (1, 120), (0, 4), (0, 3)))
    g = torch.Generator().manual_seed(seed)

    def normal(*size: int) -> Tensor:
        return torch.randn(size, generator=g, dtype=DOUBLE)

    def weights(count: int) -> Tensor:
        values = normal(n, count) * torch.from_numpy(rng.random((n, 1)) < 0.8)
        return values.abs() if normalizer == "mass" else values  # a divisor near 0 would magnify rounding

    unmasked = torch.from_numpy(rng.random(v) < rng.choice([0.7, 1.0]))
    unmasked[int(rng.integers(v))] = True
    r = int(rng.integers(1, 4))
    table = {
        "table": torch.softmax(normal(r, v), dim=1),
        "table_index": torch.from_numpy(rng.integers(0, r, (n, t))),
        "table_weight": weights(t),
    }
    index = torch.from_numpy(rng.choice(torch.nonzero(unmasked)[:, 0].numpy(), (n, j)))
    target = ow.SoftTarget(index=index, weight=weights(j), num_classes=v, **(table if t else {}))
    x, w, b = normal(n, d).requires_grad_(), normal(v, d).requires_grad_(), normal(v)
    b = torch.where(unmasked, b, -torch.inf).requires_grad_()
    kind: Any = {"reduction": reduction, "normalizer": normalizer, "z_loss": float(rng.random() * 0.01)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear_chunks, "_SMALL", chunk * v)
        patch.setattr("onewarm.torch.linear.terms.ROWS_A_TABLE_ROW", int(rng.choice([1, 256])))
        ours = linear_cross_entropy(x, w, target, bias=b, **kind)
        wanted = dense_loss(F.linear(x, w, b), target, unmasked, **kind)
        upstream = normal(*ours.shape)
        gradients = torch.autograd.grad(ours, (x, w, b), upstream)
    torch.testing.assert_close(ours, wanted, rtol=1e-9, atol=1e-9)
    for gradient, exact in zip(gradients, torch.autograd.grad(wanted, (x, w, b), upstream), strict=True):
        assert (gradient - exact).abs().max() <= 1e-9 * max(exact.abs().max(), 1e-3)


@given(st.integers(0, 2**32 - 1), st.floats(-0.5, 1.5))
def test_the_loss_is_linear_in_the_target(seed: int, share: float) -> None:
    """mix, scale, index and concat of targets do to the losses what they say."""
    g = torch.Generator().manual_seed(seed)
    x, w = (torch.randn(n, 3, generator=g, dtype=DOUBLE) for n in (8, 11))
    prior = torch.softmax(torch.randn(11, generator=g, dtype=DOUBLE), dim=0)
    a = ow.smooth(torch.randint(0, 11, (8,), generator=g), 0.2, prior=prior)
    b = ow.soft(torch.softmax(torch.randn(8, 11, generator=g, dtype=DOUBLE), dim=1))

    def losses(target: ow.SoftTarget, rows: Any = slice(None)) -> Tensor:
        return linear_cross_entropy(x[rows], w, target, reduction="none")

    one, other = losses(a), losses(b)
    torch.testing.assert_close(losses(ow.mix(a, b, share)), share * one + (1 - share) * other)
    torch.testing.assert_close(losses(a.scale(share)), share * one)
    torch.testing.assert_close(losses(b[3:5], slice(3, 5)), other[3:5])
    both = linear_cross_entropy(torch.cat([x, x]), w, ow.concat([a, b]), reduction="none")
    torch.testing.assert_close(both, torch.cat([one, other]))
