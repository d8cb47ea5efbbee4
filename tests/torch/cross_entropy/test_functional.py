"""The PyTorch loss against torch.nn.functional.cross_entropy, the definition, and finite differences."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from onewarm import definition
from onewarm.torch import cross_entropy, cross_entropy_with_gradient

DTYPES = [torch.float32, torch.float64]


def made(n: int, k: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    z = (torch.randn(n, k, generator=generator, dtype=dtype) * 3).requires_grad_()
    return z, torch.randint(0, k, (n,), generator=generator)


def both(ours: Tensor, theirs: Tensor, z: Tensor, weight: Tensor | None = None) -> None:
    """The same loss and the same gradient."""
    above = torch.ones_like(ours) if weight is None else weight
    (a,) = torch.autograd.grad(ours, z, above, retain_graph=True)
    (b,) = torch.autograd.grad(theirs, z, above, retain_graph=True)
    tolerance = {"rtol": 2e-6, "atol": 2e-6} if z.dtype == torch.float32 else {"rtol": 1e-12, "atol": 1e-13}
    torch.testing.assert_close(ours, theirs, **tolerance)
    torch.testing.assert_close(a, b, **tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [2, 10, 48, 49, 100, 1000])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_equals_torch(dtype: torch.dtype, k: int, reduction: str) -> None:
    z, y = made(70, k, dtype)
    y[5] = y[66] = -100
    kind = {"reduction": reduction}
    above = torch.linspace(-1, 2, 70, dtype=dtype) if reduction == "none" else torch.tensor(1.0, dtype=dtype)
    both(cross_entropy(z, y, **kind), F.cross_entropy(z, y, **kind), z, above)
    both(
        cross_entropy(z, ow.smooth(y, 0.1, num_classes=k), **kind),
        F.cross_entropy(z, y, label_smoothing=0.1, **kind),
        z,
        above,
    )
    teacher = torch.softmax(z.detach().flip(0) / 2, dim=1)
    both(cross_entropy(z, teacher, **kind), F.cross_entropy(z, teacher, **kind), z, above)
    weight = torch.linspace(0.1, 3, k, dtype=dtype)
    target = ow.one_hot(y, k).reweight(weight)
    normalizer = "mass" if reduction == "mean" else "rows"
    both(
        cross_entropy(z, target, normalizer=normalizer, **kind), F.cross_entropy(z, y, weight=weight, **kind), z, above
    )
    smooth = ow.smooth(y, 0.2, num_classes=k).reweight(weight)
    counted = float(weight[y[y >= 0]].sum()) if reduction == "mean" else 1
    both(
        cross_entropy(z, smooth, normalizer=counted, **kind),
        F.cross_entropy(z, y, weight=weight, label_smoothing=0.2, **kind),
        z,
        above,
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_gradcheck(reduction: str) -> None:
    z, y = made(4, 5)
    target = ow.mix(ow.smooth(y, 0.3, num_classes=5), ow.soft(torch.softmax(z.detach().flip(0), 1)), 0.4)

    def loss(x: Tensor) -> Tensor:
        return cross_entropy(x, target, reduction=reduction, z_loss=0.1)

    assert torch.autograd.gradcheck(loss, (z,))
    assert torch.autograd.gradgradcheck(loss, (z,))


def test_the_second_derivative_is_the_hessian() -> None:
    z, y = made(1, 4)
    target = ow.smooth(y, 0.1, num_classes=4)
    hessian = torch.autograd.functional.hessian(lambda x: cross_entropy(x, target), z)
    p = torch.softmax(z.detach()[0], 0)
    torch.testing.assert_close(hessian[0, :, 0, :], torch.diag(p) - torch.outer(p, p), rtol=1e-12, atol=1e-14)
    # A gradient penalty in a sum is where a missing second derivative would go unseen.
    (g,) = torch.autograd.grad(cross_entropy(z, target), z, create_graph=True)
    (z.sum() + (g**2).sum()).backward()
    torch.testing.assert_close(z.grad, 1 + 2 * (hessian[0, :, 0, :] @ g[0].detach())[None], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_backward_twice_and_scaled(reduction: str) -> None:
    z, y = made(30, 7)
    loss = cross_entropy(z, y, reduction=reduction)
    above = torch.ones_like(loss)
    (one,) = torch.autograd.grad(loss, z, above, retain_graph=True)
    (three,) = torch.autograd.grad(loss, z, 3 * above, retain_graph=True)
    (again,) = torch.autograd.grad(loss, z, above)
    torch.testing.assert_close(three, 3 * one)
    torch.testing.assert_close(again, one)
    (scaled,) = torch.autograd.grad(5 * cross_entropy(z, y, reduction=reduction).sum(), z)
    torch.testing.assert_close(scaled, 5 * one)


def test_no_gradient_no_work() -> None:
    z, y = made(10, 5)
    with torch.no_grad():
        assert not cross_entropy(z, y).requires_grad
    assert not cross_entropy(z.detach(), y).requires_grad
    torch.testing.assert_close(cross_entropy(z.detach(), y), F.cross_entropy(z, y).detach())


def test_a_changed_input_is_noticed() -> None:
    z, y = made(10, 5)
    x = z * 1
    loss = cross_entropy(x, y)
    with torch.no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize("k", [6, 80])
def test_layouts(k: int) -> None:
    z, y = made(40, k)
    wanted = F.cross_entropy(z, y)
    wide = torch.zeros(40, 2 * k, dtype=torch.float64)
    wide[:, k:] = z.detach()
    for same in (z.detach().t().contiguous().t(), wide[:, k:], torch.stack([z.detach(), z.detach()], 2)[..., 1]):
        x = same.requires_grad_()
        both(cross_entropy(x, y), F.cross_entropy(x, y), x)
        torch.testing.assert_close(cross_entropy(x, y), wanted)


def test_a_target_that_learns() -> None:
    z, _ = made(6, 4)
    teacher = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    loss = cross_entropy(z, ow.soft(torch.softmax(teacher, 1)))
    theirs = F.cross_entropy(z, torch.softmax(teacher, 1))
    for a, b in zip(torch.autograd.grad(loss, [z, teacher]), torch.autograd.grad(theirs, [z, teacher]), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_other_dtypes_take_the_definition(dtype: torch.dtype) -> None:
    z, y = made(12, 9)
    half = z.detach().to(dtype).requires_grad_()
    loss = cross_entropy(half, ow.smooth(y, 0.1, num_classes=9))
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss.double(), F.cross_entropy(half.double(), y, label_smoothing=0.1), rtol=1e-5, atol=0)
    loss.backward()
    assert half.grad is not None and half.grad.dtype == dtype


def test_targets_in_other_dtypes() -> None:
    z, y = made(12, 9, torch.float32)
    for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.float64):
        weight = torch.full((12, 1), 0.5, dtype=dtype)
        target = ow.SoftTarget(index=y[:, None].to(torch.int32), weight=weight, num_classes=9)
        torch.testing.assert_close(cross_entropy(z, target), 0.5 * F.cross_entropy(z, y))


# PyTorch itself scripts a function when it first differentiates forwards.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_functional_transforms_take_the_definition() -> None:
    z, y = made(6, 4)
    target = ow.smooth(y, 0.1, num_classes=4)
    gradient = torch.func.grad(lambda x: cross_entropy(x, target))(z.detach())
    torch.testing.assert_close(gradient, torch.autograd.grad(cross_entropy(z, target), z)[0])
    jacobian = torch.func.jacfwd(lambda x: cross_entropy(x, target))(z.detach())
    torch.testing.assert_close(jacobian, gradient)


# PyTorch itself scripts a function when it first differentiates forwards.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_forward_mode_takes_the_definition() -> None:
    z, y = made(6, 4)
    direction = torch.ones(6, 4, dtype=torch.float64)
    direction[:, 0] = 2
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(z.detach(), direction)
        slope = torch.autograd.forward_ad.unpack_dual(cross_entropy(dual, y)).tangent
    torch.testing.assert_close(slope, (torch.autograd.grad(cross_entropy(z, y), z)[0] * direction).sum())


def test_masks_ignored_rows_and_z_loss_as_defined() -> None:
    z, y = made(30, 8)
    x = z.detach().clone()
    x[torch.arange(30), (y + 1) % 8] = -torch.inf
    x.requires_grad_()
    y[3] = -100
    target = ow.smooth(y, 0.1, num_classes=8)
    for options in ({}, {"reduction": "sum", "z_loss": 0.01}, {"normalizer": 17}, {"normalizer": "mass"}):
        both(cross_entropy(x, target, **options), definition.cross_entropy(x, target, **options), x)
    assert torch.isfinite(torch.autograd.grad(cross_entropy(x, target), x)[0]).all()


def test_all_rows_ignored() -> None:
    z = torch.full((3, 4), torch.nan, requires_grad=True)
    loss = cross_entropy(z, torch.full((3,), -100))
    loss.backward()
    assert loss.item() == 0 and z.grad is not None and (z.grad == 0).all()


def test_errors() -> None:
    z, y = made(3, 4)
    bad = z.detach().clone()
    bad[2, 1] = torch.nan
    with pytest.raises(ValueError, match=r"logits\[2, 1\] is nan: the loss of this row is undefined"):
        cross_entropy(bad, y)
    with pytest.raises(ValueError, match=r"labels\[0\] is 4, outside 0..3"):
        cross_entropy(z, torch.tensor([4, 0, 0]))
    with pytest.raises(ValueError, match="target has 2 rows, logits have 3: expected one a row"):
        cross_entropy(z, y[:2])
    with pytest.raises(ValueError, match="reduction is 'average': expected 'mean', 'sum' or 'none'"):
        cross_entropy(z, y, reduction="average")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="normalizer is 'row': expected 'rows', 'mass' or a number"):
        cross_entropy(z, y, normalizer="row")
    with pytest.raises(ValueError, match="normalizer is 0: expected a number above 0, by which the loss is divided"):
        cross_entropy(z, y, normalizer=0)
    with pytest.raises(ValueError, match="z_loss is nan: expected a finite number, not negative"):
        cross_entropy_with_gradient(z.detach(), y, z_loss=float("nan"))
    with pytest.raises(TypeError, match=r"logits are torch.sparse_coo: expected a dense tensor; call .to_dense\(\)"):
        cross_entropy(z.detach().to_sparse(), y)
    with pytest.raises(ValueError, match="target is on meta, logits on cpu: expected the same device"):
        cross_entropy(z, y.to("meta"))
    with pytest.raises(TypeError, match=r"target has dtype float32 and shape \(3,\): expected integer labels"):
        cross_entropy(z, y.float())


@pytest.mark.parametrize("k", [4, 80])
@pytest.mark.parametrize("name", ["weight", "table_weight", "table"])
def test_mass_that_is_not_finite(k: int, name: str) -> None:
    z, y = made(3, k)
    target = ow.smooth(y, torch.full((3,), 0.1, dtype=torch.float64), num_classes=k)
    broken = getattr(target, name).clone()
    broken[-1, 0] = torch.nan
    target = target.replace(**{name: broken})
    with pytest.raises(ValueError, match=rf"target.{name}\[{len(broken) - 1}, 0\] is nan: expected finite mass"):
        cross_entropy(z, target)


def test_trains_a_network() -> None:
    torch.manual_seed(0)
    x = torch.randn(200, 5)
    y = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
    model = torch.nn.Sequential(torch.nn.Linear(5, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    target = ow.smooth(y, 0.05, num_classes=3)
    for _ in range(120):
        optimizer.zero_grad()
        loss = cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
    assert (model(x).argmax(1) == y).float().mean() > 0.95
    assert loss.item() > float(target.entropy().mean()) - 1e-6


def test_the_gradient_is_handed_over_not_copied() -> None:
    z, y = made(2000, 50, torch.float32)
    seen: list[int] = []
    z.register_hook(lambda g: seen.append(g.data_ptr()))
    cross_entropy(z, y).backward()
    assert z.grad is not None and z.grad.data_ptr() == seen[0]


def test_agrees_with_numpy() -> None:
    z, y = made(20, 6)
    loss, gradient = definition.cross_entropy_with_gradient(
        z.detach().numpy(), ow.smooth(y.numpy(), 0.1, num_classes=6)
    )
    ours = cross_entropy(z, ow.smooth(y, 0.1, num_classes=6))
    ours.backward()
    np.testing.assert_allclose(ours.item(), loss, rtol=1e-13)
    assert z.grad is not None
    np.testing.assert_allclose(z.grad.numpy(), gradient, atol=1e-14)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_loss_and_gradient_at_once(dtype: torch.dtype, reduction: str) -> None:
    z, y = made(20, 6)
    z = z.detach().to(dtype)
    target = ow.smooth(y, 0.1, num_classes=6)
    loss, gradient = cross_entropy_with_gradient(z, target, reduction=reduction)
    wanted, wanted_gradient = definition.cross_entropy_with_gradient(z.double(), target, reduction=reduction)
    near = 1e-2 if dtype == torch.bfloat16 else 1e-6
    torch.testing.assert_close(loss.double(), wanted, rtol=1e-5, atol=0)
    torch.testing.assert_close(gradient.double(), wanted_gradient, rtol=near, atol=near)
    assert gradient.dtype == dtype


def test_arrays_of_two_libraries_are_refused() -> None:
    z, y = made(3, 4)
    with pytest.raises(TypeError, match="convert one of them"):
        cross_entropy(z, y.numpy())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="convert one of them"):
        cross_entropy(z, ow.one_hot(y.numpy(), 4))


@pytest.mark.filterwarnings("ignore")  # of graph breaks
def test_works_inside_a_compiled_function() -> None:
    z, y = made(6, 4)
    target = ow.smooth(y, 0.1, num_classes=4)
    compiled = torch.compile(lambda x: cross_entropy(2 * x, target), backend="eager")
    both(compiled(z), F.cross_entropy(2 * z, y, label_smoothing=0.1), z)
