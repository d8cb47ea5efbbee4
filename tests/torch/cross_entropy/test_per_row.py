"""The loss of each row in PyTorch's operations: rows without a loss are NaN, and no gradient crosses between rows."""

import pytest
import torch

import onewarm as ow
from onewarm.errors import InputError
from onewarm.loss_options import LossOptions
from onewarm.torch.cross_entropy import ops
from onewarm.torch.cross_entropy.functional import loss_of
from onewarm.torch.cross_entropy.per_row import per_row_loss

K = 5
LOST = [1, 3, 4]


def made(dtype: torch.dtype) -> tuple[torch.Tensor, ow.SoftTarget]:
    z = torch.randn(7, K, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)
    z[1, 2], z[3, 0], z[4], z[5] = torch.nan, torch.inf, -torch.inf, torch.nan
    y = torch.tensor([0, 1, 2, 3, 4, -100, 1])
    return z.requires_grad_(), ow.smooth(y, 0.1, num_classes=K)


@pytest.mark.parametrize("move_mass", [False, True])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_rows_without_a_loss(dtype: torch.dtype, move_mass: bool) -> None:
    """By the definition, by the kernel and by the operator: NaN for three rows, the ignored row is 0."""
    z, target = made(dtype)
    options = LossOptions("none", move_mass=move_mass, check=False)
    above = torch.linspace(-1, 2, 7, dtype=torch.float64)
    kept = [0, 2, 6]
    own = z.detach()[kept].double().requires_grad_()
    wanted = loss_of(own, target[kept], LossOptions("none"))
    (slope,) = torch.autograd.grad(wanted, own, above[kept])
    for loss in (per_row_loss(z, target, options), loss_of(z, target, options), ops.rows(z, target, options)):
        (gradient,) = torch.autograd.grad(loss, z, above.to(loss.dtype))
        assert loss.isnan().nonzero().flatten().tolist() == LOST
        assert gradient.isnan().any(1).nonzero().flatten().tolist() == LOST
        assert gradient[LOST].isnan().all() and loss[5] == 0 and gradient[5].count_nonzero() == 0
        torch.testing.assert_close(loss[kept].double(), wanted.double(), rtol=1e-6, atol=1e-6)
        near = 1e-12 if dtype == torch.float64 else 5e-3
        torch.testing.assert_close(gradient[kept].double(), slope, rtol=near, atol=near)


def test_a_second_derivative_beside_a_lost_row() -> None:
    z, target = made(torch.float64)
    for move_mass in (False, True):
        rows = ops.rows(z, target, LossOptions("none", move_mass=move_mass, check=False))
        (first,) = torch.autograd.grad(rows.sum(), z, create_graph=True)
        (second,) = torch.autograd.grad(first[0, 0], z)
        p = torch.softmax(z.detach()[0], 0)
        torch.testing.assert_close(second[0], p[0] * (torch.eye(K, dtype=p.dtype)[0] - p))


def test_they_raise_where_asked() -> None:
    z, target = made(torch.float64)
    for call in (per_row_loss, loss_of, ops.rows):
        with pytest.raises(InputError, match=r"^logits\[1, 2\] is nan: the loss of this row is undefined"):
            call(z, target, LossOptions("none"))
