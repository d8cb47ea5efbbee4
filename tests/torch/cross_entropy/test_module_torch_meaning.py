"""PyTorch's meaning where one drops in: bad logits, any class weights, shapes, dtypes, SoftTargets of images."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import onewarm as ow
from onewarm.errors import InputError
from onewarm.torch import CrossEntropyLoss, nn_cross_entropy

C = 5
BAD = [{2: torch.nan}, {0: torch.inf}, {0: torch.inf, 1: -torch.inf}, dict.fromkeys(range(C), -torch.inf)]


def made(*shape: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Logits (N, C, d1, ...) and labels (N, d1, ...)."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(shape, generator=generator, dtype=torch.float64) * 3
    return z.to(dtype).requires_grad_(), torch.randint(0, C, (shape[0], *shape[2:]), generator=generator)


def same(ours: Tensor, theirs: Tensor, z: Tensor, near: float = 1e-12) -> None:
    above = torch.linspace(-1, 2, ours.numel(), dtype=torch.float64).reshape(ours.shape)
    torch.testing.assert_close(ours, theirs.to(ours.dtype), rtol=near, atol=near, equal_nan=True)
    (a,) = torch.autograd.grad(ours, z, above.to(ours.dtype))
    (b,) = torch.autograd.grad(theirs, z, above.to(theirs.dtype), retain_graph=True)
    torch.testing.assert_close(a, b, rtol=near, atol=near, equal_nan=True)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("probabilities", [False, True])
@pytest.mark.parametrize("entries", BAD)
def test_logits_without_a_loss_deepspeed_1496(entries: dict[int, float], probabilities: bool, reduction: Any) -> None:
    """DeepSpeed#1496, olmoearth_pretrain#135, nanoGPT#227: NaN as PyTorch gives it, so that the loop skips the step."""
    for shape in ((6, C), (2, C, 3)):
        z, y = made(*shape)
        with torch.no_grad():
            for k, value in entries.items():
                z.movedim(1, -1).reshape(-1, C)  # rows
                z.select(1, k)[1] = value
        target = torch.softmax(torch.randn_like(z), 1) if probabilities else y
        for options in ({}, {"label_smoothing": 0.1}, {"weight": torch.linspace(0.5, 2, C, dtype=torch.float64)}):
            theirs = F.cross_entropy(z, target, reduction=reduction, **options)  # type: ignore[arg-type]
            same(CrossEntropyLoss(reduction=reduction, **options)(z, target), theirs, z)  # type: ignore[arg-type]
            with pytest.raises(InputError, match=r"^logits\[\d, \d\] is (nan|inf)|^logits\[\d\] is -inf in every"):
                nn_cross_entropy(z, target, reduction=reduction, semantics="onewarm", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_an_overflow_in_half_precision(dtype: torch.dtype) -> None:
    z, y = made(6, C, dtype=dtype)
    with torch.no_grad():
        z[2, 1] = 1e30 if dtype != torch.float32 else torch.inf
    loss = nn_cross_entropy(z, y)
    loss.backward()
    assert z.grad is not None
    lost = z.detach()[2, 1].isinf().item()
    assert loss.isnan().item() is lost
    assert z.grad.isnan().any(1).tolist() == [lost and i == 2 for i in range(6)]


def test_a_soft_target_beside_bad_logits() -> None:
    z, y = made(4, C)
    with torch.no_grad():
        z[1, 2] = torch.nan
    target = ow.smooth(y, 0.1, num_classes=C)
    rows = CrossEntropyLoss(reduction="none")(z, target)
    assert rows.isnan().tolist() == [False, True, False, False]
    (slope,) = torch.autograd.grad(rows.sum(), z)
    assert slope.isnan().any(1).tolist() == [False, True, False, False]
    with pytest.raises(InputError, match=r"logits\[1, 2\] is nan"):
        CrossEntropyLoss(semantics="onewarm")(z, target)
    work = (z.detach().requires_grad_() * 1).contiguous()
    work.retain_grad()
    in_place = CrossEntropyLoss(overwrite_logits=True)(work, target)
    in_place.backward()
    assert (
        in_place.isnan() and work.grad is not None and work.grad.isnan().any(1).tolist() == [False, True, False, False]
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_bad_logits_in_a_compiled_step() -> None:
    z, y = made(4, C)
    with torch.no_grad():
        z[1, 2] = torch.nan
    torch._dynamo.reset()
    compiled = torch.compile(CrossEntropyLoss(label_smoothing=0.1), fullgraph=True, backend="aot_eager")
    same(compiled(z, y), F.cross_entropy(z, y, label_smoothing=0.1), z)
    compiled = torch.compile(CrossEntropyLoss(semantics="onewarm"), fullgraph=True, backend="aot_eager")
    with pytest.raises(ValueError, match=r"logits\[1, 2\] is nan"):
        compiled(z, y)


@pytest.mark.parametrize("weight", [[-1.0, 2, -0.5, 1, 0], [1.0, -1, 1, -1, 1], [0.0] * C])
def test_class_weights_of_any_value(weight: list[float]) -> None:
    """PyTorch takes negative weights, and a sum of 0, as they are."""
    z, y = made(8, C)
    w = torch.tensor(weight, dtype=torch.float64)
    for target in (y, torch.softmax(z.detach().flip(0), 1), torch.tensor([0, 1] * 4)):
        for alpha in (0.0, 0.2):
            for reduction in ("mean", "sum", "none"):
                options: dict[str, Any] = {"label_smoothing": alpha, "reduction": reduction}
                ours, theirs = nn_cross_entropy(z, target, w, **options), F.cross_entropy(z, target, w, **options)
                if ours.isfinite().all():
                    same(ours, theirs, z)
                else:  # where PyTorch divides by 0 its gradients are infinite or NaN, as it happens
                    torch.testing.assert_close(ours, theirs, equal_nan=True)
    with pytest.raises(ValueError, match=r"^class_weight\[\d\] is -"):
        nn_cross_entropy(z, y, w - 0.01, semantics="onewarm")


@pytest.mark.parametrize("semantics", ["torch", "onewarm"])
@pytest.mark.parametrize("probabilities", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_class_weights_that_learn_pytorch_14289(alpha: float, probabilities: bool, semantics: Any) -> None:
    """pytorch#14289: the gradient of class weights, which goes through the divisor of the mean too."""
    z, y = made(8, C)
    target = torch.softmax(z.detach().flip(0), 1) if probabilities else y
    if not probabilities:
        target[3] = -100
    weight = torch.linspace(0.5, 2, C, dtype=torch.float64).requires_grad_()
    loss = CrossEntropyLoss(nn.Parameter(weight.detach()), label_smoothing=alpha, semantics=semantics)
    assert loss.weight is not None and [name for name, _ in loss.named_parameters()] == ["weight"]
    for reduction in ("mean", "sum", "none"):

        def value(w: Tensor, x: Tensor, reduction: Any = reduction) -> Tensor:
            options: dict[str, Any] = {"label_smoothing": alpha, "semantics": semantics, "reduction": reduction}
            return nn_cross_entropy(x, target, w, **options)

        assert torch.autograd.gradcheck(value, (weight, z))
    assert torch.autograd.gradgradcheck(lambda w, x: nn_cross_entropy(x, target, w, semantics=semantics), (weight, z))
    value = loss(z, target)
    (slope,) = torch.autograd.grad(value, loss.weight)
    step = 1e-6 * torch.eye(C, dtype=torch.float64)
    fixed = loss.weight.detach()
    wanted = torch.stack(
        [
            (
                nn_cross_entropy(z, target, fixed + s, label_smoothing=alpha, semantics=semantics)
                - nn_cross_entropy(z, target, fixed - s, label_smoothing=alpha, semantics=semantics)
            )
            / 2e-6
            for s in step
        ]
    )
    torch.testing.assert_close(slope, wanted.detach(), rtol=1e-6, atol=1e-8)
    with torch.no_grad():  # no gradient is asked for: the kernel takes it
        torch.testing.assert_close(loss(z, target), value.detach())


def test_one_label_for_one_row_of_logits() -> None:
    """PyTorch takes (1,) labels for logits (C,), and gives a scalar (but refuses them under smoothing, by accident)."""
    z, _ = made(1, C)
    z = z.detach()[0].requires_grad_()
    for y in (torch.tensor([2]), torch.tensor([-100])):
        for reduction in ("mean", "sum", "none"):
            ours = nn_cross_entropy(z, y, reduction=reduction)  # type: ignore[arg-type]
            torch.testing.assert_close(ours, F.cross_entropy(z, y, reduction=reduction), equal_nan=True)
            assert ours.shape == ()
    smooth = nn_cross_entropy(z, torch.tensor([2]), label_smoothing=0.1)
    torch.testing.assert_close(smooth, F.cross_entropy(z, torch.tensor(2), label_smoothing=0.1))
    with pytest.raises(ValueError, match=r"target has shape \(2,\) and input \(5,\): expected labels of shape \(\)"):
        nn_cross_entropy(z, torch.tensor([2, 1]))
    with pytest.raises(ValueError, match=r"target has shape \(\) and input \(1, 5\): expected labels of shape \(1,\)"):
        nn_cross_entropy(z[None], torch.tensor(2))


@pytest.mark.parametrize("semantics", ["torch", "onewarm"])
def test_what_is_no_target(semantics: Any) -> None:
    """Float, bool and complex labels are refused as by PyTorch; every integer type is taken."""
    z, y = made(3, C)
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.uint16, torch.uint32, torch.uint64):
        same(nn_cross_entropy(z, y.to(dtype), semantics=semantics), F.cross_entropy(z, y), z)
    for bad, error, text in (
        (y.float(), TypeError, "target has dtype torch.float32: labels of shape (3,) are integers; target.long() if"),
        (y.half(), TypeError, "target has dtype torch.float16: labels of shape (3,) are integers"),
        (y > 1, TypeError, "labels has dtype bool: expected integers"),
        (y.to(torch.complex64), TypeError, "labels has dtype complex64: expected integers"),
        (
            z > 1,
            TypeError,
            "target has dtype torch.bool and the input's shape (3, 5): probabilities are floating point",
        ),
        (z.long(), TypeError, "target has dtype torch.int64 and the input's shape (3, 5): probabilities are floating"),
        (y.numpy(), TypeError, "target is a ndarray: expected a tensor or a SoftTarget; pass torch.from_numpy(target)"),
        (y.tolist(), TypeError, "target is a list: expected a tensor or a SoftTarget; pass torch.as_tensor(target)"),
        (y[:, None], ValueError, "target has shape (3, 1) and input (3, 5): expected labels of shape (3,)"),
    ):
        with pytest.raises(error, match="^" + re.escape(text)):
            nn_cross_entropy(z, bad, semantics=semantics)  # type: ignore[arg-type]
        if isinstance(bad, Tensor):
            with pytest.raises((RuntimeError, ValueError)):
                F.cross_entropy(z, bad)
    for logits in (z.detach().long(), z.detach().to(torch.complex64)):
        with pytest.raises(TypeError, match=r"^logits has dtype torch\.\w+: expected floating point"):
            nn_cross_entropy(logits, y, semantics=semantics)


@pytest.mark.parametrize("mask", [torch.zeros(2, 1, 4, 4), torch.zeros(2, 4, 4, dtype=torch.long)])
def test_one_channel_medsam_99(mask: Tensor) -> None:
    """MedSAM#99, MMI-UNet#6, LanGuideMedSeg#13: binary masks with logits in one channel; PyTorch's 0, and a warning."""
    z = torch.randn(2, 1, 4, 4, requires_grad=True)
    with pytest.warns(UserWarning, match=r"^input of shape \(2, 1, 4, 4\) has one class, .*BCEWithLogitsLoss$"):
        loss = CrossEntropyLoss()(z, mask)
    assert loss.item() == F.cross_entropy(z, mask).item() == 0


@pytest.mark.parametrize("number", [np.float32(0.25), np.float16(0.25), np.array(0.25), torch.tensor(0.25)])
def test_smoothing_by_any_number(number: Any) -> None:
    z, y = made(8, C)
    for make in (
        lambda: CrossEntropyLoss(label_smoothing=number),
        lambda: CrossEntropyLoss(None, None, -100, None, "mean", number),
    ):
        torch.testing.assert_close(make()(z, y), F.cross_entropy(z, y, label_smoothing=0.25), rtol=1e-7, atol=0)  # type: ignore[no-untyped-call]


def test_cutmix_of_label_images_composer_1022() -> None:
    """composer#1022, CutMix#25: label images with ignored pixels, mixed; a SoftTarget of N H W rows in C order."""
    z, a = made(2, C, 3, 4)
    b = a.flip(0).roll(1, -1)
    a, b = a.clone(), b.clone()
    a[0, 0, 0], b[1, 2, 1] = 255, 255
    lam = 0.3
    first = ow.smooth(ow.one_hot(a.reshape(-1), C, ignore_index=255), 0.1)
    second = ow.smooth(ow.one_hot(b.reshape(-1), C, ignore_index=255), 0.1)
    mixed = ow.mix(first, second, lam)
    options: dict[str, Any] = {"label_smoothing": 0.1, "ignore_index": 255, "reduction": "none"}
    wanted = lam * F.cross_entropy(z, a, **options) + (1 - lam) * F.cross_entropy(z, b, **options)
    same(CrossEntropyLoss(reduction="none")(z, mixed), wanted, z)
    same(CrossEntropyLoss(reduction="sum")(z, mixed), wanted.sum(), z)
    same(CrossEntropyLoss()(z, mixed), wanted.sum() / 24, z)
    same(nn_cross_entropy(z, mixed, normalizer=7), wanted.sum() / 7, z)
    same(nn_cross_entropy(z, mixed, semantics="onewarm"), wanted.sum() / 24, z)
    for shape in ((C,), (3, C), (2, C, 6), (2, C, 2, 3, 2)):
        x, y = made(*shape) if len(shape) > 1 else (made(1, C)[0].detach()[0].requires_grad_(), torch.tensor(2))
        target = ow.smooth(y.reshape(-1), 0.1, num_classes=C)
        for reduction in ("mean", "sum", "none"):
            theirs = F.cross_entropy(x, y, label_smoothing=0.1, reduction=reduction)
            same(CrossEntropyLoss(reduction=reduction)(x, target), theirs, x)  # type: ignore[arg-type]
    text = "target has 24 rows and input shape (2, 5, 3): expected 6 rows, one for each entry of (2, 3) in C order"
    with pytest.raises(InputError, match="^" + re.escape(text)):
        CrossEntropyLoss()(z[..., 0], mixed)


def test_the_mean_over_nothing_is_nan_for_every_way_there() -> None:
    z, y = made(4, C)
    nothing = torch.full_like(y, -100)
    for weight in (None, torch.ones(C, dtype=torch.float64), nn.Parameter(torch.ones(C, dtype=torch.float64))):
        loss = nn_cross_entropy(z, nothing, weight)
        assert loss.isnan()
        assert torch.autograd.grad(loss, z)[0].count_nonzero() == 0


def test_without_a_private_name_of_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    """``torch.nn._reduction`` is PyTorch's own affair: what its deprecated arguments mean is written out here."""
    z, y = made(4, C)
    monkeypatch.delattr(nn, "_reduction")
    monkeypatch.setitem(__import__("sys").modules, "torch.nn._reduction", None)
    with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated"):
        loss = CrossEntropyLoss(reduce=False)(z, y)
    torch.testing.assert_close(loss, F.cross_entropy(z, y, reduction="none"))
