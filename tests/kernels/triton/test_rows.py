"""The Triton kernel against the definition in float64: in Triton's interpreter, or on a GPU where there is one.

Triton reads TRITON_INTERPRET when it is imported, so without a GPU these tests run in a process of their own.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm import definition
from onewarm.kernels.triton import rows as cuda

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
GPU = torch.cuda.is_available() and not INTERPRETED
DEVICE = "cuda" if GPU else "cpu"

triton = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="no Triton on this machine")
# NumPy, which the interpreter computes with, speaks up where a GPU computes inf - inf in silence.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:triton.runtime.interpreter")
kernel = pytest.mark.skipif(not (INTERPRETED or GPU), reason="runs in Triton's interpreter: see the first test")


@pytest.mark.long
@triton
@pytest.mark.skipif(INTERPRETED or GPU, reason="these are the tests themselves")
def test_in_the_interpreter(tmp_path: Path) -> None:
    """All of the tests below, on the CPU."""
    folder = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", str(Path(__file__))],
        cwd=folder,
        env=os.environ | {"TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert " passed" in ran.stdout


def made(n: int, k: int, dtype: torch.dtype, masked: bool = False) -> Tensor:
    z = torch.randn(n, k, generator=torch.Generator().manual_seed(n + k), dtype=torch.float64) * 4 + 20
    if masked and k > 3:
        z[::2, 1] = -torch.inf
        z[1, : k // 2] = -torch.inf
        z[2, k // 2 :] = -torch.inf
    return z.to(dtype).to(DEVICE)


def targets(n: int, k: int) -> dict[str, ow.SoftTarget]:
    generator = torch.Generator().manual_seed(k)
    y = torch.randint(0, k, (n,), generator=generator)
    y[1] = k - 1  # where made() masks others
    y[2] = 0
    y[n - 1] = -100
    shares = torch.rand(n, k, generator=generator, dtype=torch.float64)
    teacher = shares / shares.sum(1, keepdim=True)
    prior, matrix = teacher[0], (teacher.T @ teacher + 0.1)[:k]
    matrix = matrix / matrix.sum(1, keepdim=True)
    smooth = ow.smooth(y, torch.linspace(-0.2, 0.9, n, dtype=torch.float64), num_classes=k)
    top = torch.arange(3).expand(n, 3) % k
    kinds = {
        "hard": ow.one_hot(y, k),
        "smoothed": smooth,
        "prior": ow.smooth(y, 0.2, prior=prior),
        "class-conditional": ow.smooth(y, 0.3, prior=matrix),
        "mixup": ow.mix(smooth, smooth[torch.arange(n - 1, -1, -1)], 0.7),
        "two tables": ow.mix(ow.smooth(y, 0.3, prior=matrix), ow.smooth(y, 0.1, prior=prior), 0.4),
        "teacher": ow.soft(teacher),
        "teacher in bfloat16": ow.soft(teacher).replace(table=teacher.bfloat16()),
        "top-k": ow.top_k(top, teacher.gather(1, top) / 3, num_classes=k, tail="drop"),
        "top-k, repeated": ow.top_k(top * 0, teacher.gather(1, top) / 3, num_classes=k),
        "weighted": smooth.scale(torch.linspace(0, 3, n, dtype=torch.float64)),
    }
    return {name: on_device(kind) for name, kind in kinds.items()}


def parts(target: ow.SoftTarget) -> tuple[Any, ...]:
    return target.index, target.weight, target.table, target.table_index, target.table_weight


def on_device(target: ow.SoftTarget) -> ow.SoftTarget:
    names = ("index", "weight", "table", "table_index", "table_weight")
    return target.replace(**{n: x.to(DEVICE) for n, x in zip(names, parts(target), strict=True) if x is not None})


def agrees(z: Tensor, target: ow.SoftTarget, ours: tuple[Tensor, Tensor], what: object, **options: Any) -> None:
    """As near to the truth as the definition in float32 is, or within a rounding of the gradient's dtype."""
    wide = target.replace(table=None if target.table is None else target.table.double())
    truth = definition.cross_entropy_with_gradient(z.double(), wide, reduction="none", **options)
    single = definition.cross_entropy_with_gradient(z.float(), wide, reduction="none", **options)
    unit = {torch.float32: 0, torch.bfloat16: 2**-8, torch.float16: 2**-11}[z.dtype]
    for i, slack in ((0, 0.0), (1, unit)):
        a, b, c = ours[i].double(), truth[i], single[i].double()
        finite = torch.isfinite(b)
        assert torch.equal(a[~finite], b[~finite]), what
        error, allowed = (a - b)[finite].abs(), (c - b)[finite].abs()
        assert (error <= allowed + 2e-6 + (2e-6 + slack) * b[finite].abs()).all(), (what, error.max(), allowed.max())


@kernel
@pytest.mark.parametrize(
    ("dtype", "k", "block"),
    [(torch.float32, 5, 4096), (torch.float32, 37, 16), (torch.bfloat16, 37, 16), (torch.float16, 64, 32)],
)
def test_equals_the_definition(dtype: torch.dtype, k: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "_BLOCK", block)
    for name, target in targets(6, k).items():
        if dtype != torch.float32 and name not in ("smoothed", "two tables", "teacher in bfloat16", "top-k, repeated"):
            continue  # the dtype is a matter of loads and stores alone
        masked = name in ("smoothed", "class-conditional", "teacher", "two tables")
        z = made(6, k, dtype, masked)
        loss, gradient = cuda.row_losses(z, *parts(target), z_loss=0.01)
        assert loss.dtype == torch.float32 and gradient is not None and gradient.dtype == dtype
        agrees(z, target, (loss, gradient), (name, k, dtype), z_loss=0.01)
        assert (loss[5] == 0 and (gradient[5] == 0).all()) or name.startswith(("teacher", "top-k", "mixup"))


@kernel
def test_one_class() -> None:
    z = made(4, 1, torch.float32)
    loss, gradient = cuda.row_losses(
        z, *parts(on_device(ow.smooth(torch.zeros(4, dtype=torch.long), 0.1, num_classes=1)))
    )
    assert (loss == 0).all() and gradient is not None and gradient.abs().max() < 1e-6


@kernel
def test_adversarial_rows() -> None:
    z = torch.zeros(6, 40)
    z[0] = torch.linspace(-1e4, 1e4, 40)
    z[1] = 1e4  # ties
    z[2, 1:] = -torch.inf  # one class left
    z[3] = 1e38 * torch.linspace(-1, 1, 40)
    z[4] = -1e30
    z = z.to(DEVICE)
    target = on_device(ow.smooth(torch.zeros(6, dtype=torch.long), 0.1, num_classes=40))
    loss, gradient = cuda.row_losses(z, *parts(target))
    wide = z.double() - z.double().amax(1, keepdim=True)  # at -1e30 even float64 has no room for log 40
    truth, slope = definition.cross_entropy_with_gradient(wide, target, reduction="none")
    torch.testing.assert_close(loss.double(), truth, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(gradient.double(), slope, rtol=1e-6, atol=1e-6)  # type: ignore[union-attr]


@kernel
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_in_place_and_scaled(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "_BLOCK", 16)
    z, target = made(6, 37, dtype), targets(6, 37)["top-k, repeated"]
    scale = torch.linspace(-1, 2, 6, device=DEVICE)
    loss, wanted = cuda.row_losses(z, *parts(target), row_scale=scale)
    _, half = cuda.row_losses(z, *parts(target), row_scale=0.5)
    _, plain = cuda.row_losses(z, *parts(target))
    same, written = cuda.row_losses(z, *parts(target), row_scale=scale, out=z)
    assert written is z and wanted is not None and half is not None and plain is not None
    assert torch.equal(z, wanted) and torch.equal(same, loss)
    torch.testing.assert_close(half.float(), plain.float() / 2, rtol=1e-2, atol=1e-6)
    torch.testing.assert_close(wanted.float(), plain.float() * scale[:, None], rtol=1e-2, atol=1e-6)


@kernel
def test_layouts() -> None:
    target = targets(6, 37)["class-conditional"]
    wide = torch.zeros(6, 90, device=DEVICE)
    wide[:, 50:87] = made(6, 37, torch.float32)
    loss, gradient = cuda.row_losses(wide[:, 50:87], *parts(target))
    across = made(6, 37, torch.float32).T.contiguous().T
    for z in (made(6, 37, torch.float32), across):
        again, slope = cuda.row_losses(z, *parts(target), threads=3)
        assert torch.equal(again, loss) and torch.equal(slope, gradient)  # type: ignore[arg-type]
    index, weight, table, table_index, table_weight = parts(target)
    strided = table.repeat(1, 2)[:, :37]
    again, _ = cuda.row_losses(
        across, index.int(), weight.float(), strided, table_index.int(), table_weight.half().double()
    )
    torch.testing.assert_close(again, loss, rtol=1e-3, atol=1e-3)
    only, nothing = cuda.row_losses(across, *parts(target), gradient=False)
    assert nothing is None and torch.equal(only, loss)


@kernel
def test_mass_on_masked_classes() -> None:
    z = made(4, 8, torch.float32)
    z[:, 3] = -torch.inf
    named = on_device(ow.one_hot(torch.full((4,), 3), 8))
    loss, gradient = cuda.row_losses(z, *parts(named))
    assert torch.isposinf(loss).all() and gradient is not None and (gradient[:, 3] == -1).all()
    prior = on_device(ow.smooth(torch.zeros(4, dtype=torch.long), 0.2, prior=torch.eye(8, dtype=torch.float64)[3]))
    agrees(z, prior, cuda.row_losses(z, *parts(prior)), "nobody to take it")  # type: ignore[arg-type]
    smooth = on_device(ow.smooth(torch.zeros(4, dtype=torch.long), 0.2, num_classes=8))
    moved, _ = cuda.row_losses(z, *parts(smooth))
    stayed, slope = cuda.row_losses(z, *parts(smooth), move_mass=False)
    assert torch.isfinite(moved).all() and torch.isposinf(stayed).all()
    assert slope is not None and torch.allclose(slope[:, 3], torch.tensor(-0.2 / 8, device=DEVICE))


@kernel
def test_rows_without_mass_are_not_read() -> None:
    z = torch.full((3, 9), torch.nan, device=DEVICE)
    loss, gradient = cuda.row_losses(z, *parts(on_device(ow.smooth(torch.full((3,), -100), 0.1, num_classes=9))))
    assert (loss == 0).all() and gradient is not None and (gradient == 0).all()
    empty, nothing = cuda.row_losses(z[:0], *parts(on_device(ow.one_hot(torch.zeros(0, dtype=torch.long), 9))))
    assert empty.shape == (0,) and nothing is not None and nothing.shape == (0, 9)


@kernel
def test_bad_rows() -> None:
    target = on_device(ow.smooth(torch.zeros(5, dtype=torch.long), 0.1, num_classes=9))
    for wrong, error in (
        (torch.nan, r"logits\[2, 4\] is nan: the loss of this row is undefined"),
        (torch.inf, r"logits\[2, 4\] is inf: .* mask a class with -inf"),
        (-torch.inf, r"logits\[2\] is -inf in every class"),
    ):
        z = torch.zeros(5, 9, device=DEVICE)
        z[2, 4] = wrong
        if wrong == -torch.inf:
            z[2] = wrong
        z[4, 0] = torch.nan
        kept = z.clone()
        with pytest.raises(ValueError, match=error):
            cuda.row_losses(z, *parts(target), out=z)
        assert torch.equal(z[2].nan_to_num(7), kept[2].nan_to_num(7))
        loss, gradient = cuda.row_losses(kept, *parts(target), check=False)
        assert loss.isnan().tolist() == [False, False, True, False, True]
        assert gradient is not None and gradient.isnan().all(1).tolist() == loss.isnan().tolist()


@kernel
def test_indices_out_of_range() -> None:
    z = torch.zeros(2, 4, device=DEVICE)
    one = torch.ones(2, 1, device=DEVICE)
    far = torch.tensor([[0], [9]], device=DEVICE)
    with pytest.raises(ValueError, match=r"target.index\[1, 0\] is 9, outside 0..3"):
        cuda.row_losses(z, far, one)
    none = far[:, :0]
    with pytest.raises(ValueError, match=r"target.table_index\[1, 0\] is 9, outside 0..2"):
        cuda.row_losses(z, none, one[:, :0], torch.full((3, 4), 0.25, device=DEVICE), far, one)
    with pytest.raises(ValueError, match=r"target.index\[1, 0\] is 9, outside 0..3"):  # without mass as with it
        cuda.row_losses(z, far, one * (far == 0))


@kernel
def test_the_operators_functions() -> None:
    """What is registered for GPUs, called directly."""
    from onewarm.torch.cross_entropy.triton import backward, forward

    for name in ("soft_cross_entropy", "soft_cross_entropy_backward"):
        assert torch._C._dispatch_has_kernel_for_dispatch_key(f"onewarm::{name}", "CUDA")
    z, target = made(6, 37, torch.float32), targets(6, 37)["two tables"]
    above = torch.tensor(2.0, device=DEVICE).expand(6)  # as the gradient of a sum comes
    loss, gradient = forward(z, *parts(target), 0.01, True, True), backward(above, z, *parts(target), 0.01, True, True)
    agrees(z, target, (loss, gradient / 2), "operators", z_loss=0.01)


@pytest.fixture
def on_gpu(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """PyTorch's loss takes the GPU's way, here in the interpreter, and its calls of the kernel are counted."""
    from onewarm.torch import device

    calls: list[str] = []
    kernel_rows = cuda.row_losses

    def counted(*arguments: Any, **options: Any) -> Any:
        calls.append("gradient" if options.get("gradient", True) else "loss")
        return kernel_rows(*arguments, **options)

    monkeypatch.setattr(device, "kernel_of", lambda logits: "triton" if logits.dtype in cuda.DTYPES else "cpu")
    monkeypatch.setattr(cuda, "row_losses", counted)
    return calls


@kernel
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", ["smoothed", "two tables", "teacher", "weighted"])
def test_the_loss_of_pytorch(dtype: torch.dtype, name: str, on_gpu: list[str]) -> None:
    from onewarm.torch import cross_entropy, cross_entropy_with_gradient

    z, target = made(6, 37, dtype), targets(6, 37)[name]
    rounding = {torch.float32: 2e-6, torch.bfloat16: 2**-7, torch.float16: 2**-9}[dtype]
    for options in (
        {},
        {"reduction": "sum", "z_loss": 0.01},
        {"normalizer": "mass"},
        {"normalizer": 3.0},
        {"reduction": "none"},
    ):
        wide = z.double().requires_grad_()
        truth = definition.cross_entropy(wide, target, **options)
        weights = torch.linspace(0.5, 2, 6, dtype=torch.float64, device=DEVICE) if truth.ndim else None
        (truth if weights is None else truth @ weights).backward()
        leaf = z.clone().requires_grad_()
        on_gpu.clear()
        loss = cross_entropy(leaf, target, **options)
        assert loss.dtype == torch.float32
        torch.testing.assert_close(loss.double(), truth.detach(), rtol=2e-5, atol=2e-5)
        (loss if weights is None else loss @ weights.float()).backward()
        assert on_gpu == ["loss", "gradient"]
        assert leaf.grad is not None and leaf.grad.dtype == dtype
        torch.testing.assert_close(leaf.grad.double(), wide.grad, rtol=rounding, atol=rounding)
        if weights is None:
            both = cross_entropy_with_gradient(z, target, **options)
            torch.testing.assert_close(both, (loss.detach(), leaf.grad), rtol=0, atol=0)
    on_gpu.clear()
    assert not cross_entropy(z, target).requires_grad
    assert on_gpu == ["loss"]


@kernel
def test_the_loss_of_pytorch_in_place_and_twice(on_gpu: list[str]) -> None:
    from onewarm.torch import CrossEntropyLoss, cross_entropy

    z, target = made(6, 37, torch.float32), targets(6, 37)["smoothed"]
    plain, spent = z.clone().requires_grad_(), z.clone().requires_grad_()
    (3 * cross_entropy(plain, target)).backward()
    layer = spent * 1
    (3 * cross_entropy(layer, target, overwrite_logits=True)).backward()
    torch.testing.assert_close(spent.grad, plain.grad)
    torch.testing.assert_close(layer.detach(), plain.grad)  # the gradient lies where the logits were
    with pytest.raises(ValueError, match="they are a leaf of autograd"):
        cross_entropy(spent, target, overwrite_logits=True)

    wide = z.double().requires_grad_()  # second derivatives: the definition's
    leaf = z.clone().requires_grad_()
    outer = torch.linspace(-1, 1, z.numel(), device=DEVICE).reshape(z.shape)
    seconds = []
    for x in (leaf, wide):
        (first,) = torch.autograd.grad(cross_entropy(x, target), x, create_graph=True)
        seconds.append(torch.autograd.grad((first * outer).sum(), x)[0].double())
    torch.testing.assert_close(*seconds, rtol=1e-4, atol=1e-6)

    y = torch.tensor([1, 5, -100, 0, 36, 2], device=DEVICE)
    weight = torch.linspace(0.5, 2, 37, device=DEVICE)
    on_gpu.clear()
    for options in ({}, {"weight": weight}, {"label_smoothing": 0.1}, {"weight": weight, "label_smoothing": 0.1}):
        theirs, ours = (kind(**options)(z, y) for kind in (torch.nn.CrossEntropyLoss, CrossEntropyLoss))
        torch.testing.assert_close(ours, theirs)
    assert len(on_gpu) == 4
    z[3, 4] = torch.nan
    assert cross_entropy(z, target, reduction="none").isnan().tolist() == [i == 3 for i in range(6)]
    with pytest.raises(ValueError, match=r"logits\[3, 4\] is nan"):
        cross_entropy(z, target, check=True)


@kernel
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(8, 128), (2, 1000), (16, 2)])
def test_half_precision_is_rounded_once(dtype: torch.dtype, shape: tuple[int, int], on_gpu: list[str]) -> None:
    """pytorch#74739: a loss scale is multiplied before the rounding."""
    from onewarm.torch import cross_entropy

    generator = torch.Generator().manual_seed(0)
    z = (torch.randn(shape, generator=generator) * 2).to(dtype).to(DEVICE)
    y = torch.randint(0, shape[1], shape[:1], generator=generator).to(DEVICE)
    for reduction, upstream in (("mean", 1.0), ("mean", 2.0**20), ("sum", 2.0**16), ("sum", 0.3)):
        wide, leaf = z.double().requires_grad_(), z.clone().requires_grad_()
        (torch.nn.functional.cross_entropy(wide, y, reduction=reduction) * upstream).backward()
        (cross_entropy(leaf, y, reduction=reduction) * upstream).backward()
        assert wide.grad is not None and leaf.grad is not None
        once = wide.grad.to(dtype)
        finite = once.isfinite()
        error, allowed = ((g.double() - wide.grad)[finite].norm() for g in (leaf.grad, once))
        assert error <= 1.05 * allowed + 1e-300 and torch.equal(leaf.grad.isfinite(), finite)
        assert not ((leaf.grad == 0) & (once != 0)).any()


STEPS = {
    "labels": lambda z, y: (z, y, {}),
    "smoothed in the step": lambda z, y: (z, ow.smooth(y, 0.1, num_classes=z.shape[1]), {"z_loss": 0.01}),
    "probabilities": lambda z, y: (z, torch.softmax(z.detach().float(), 1), {}),
    "mixed": lambda z, y: (z, ow.mix(ow.one_hot(y, z.shape[1]), ow.one_hot(y.flip(0), z.shape[1]), 0.3), {}),
    "mass": lambda z, y: (z, ow.one_hot(y, z.shape[1]).scale(torch.ones_like(y) * 0.5), {"normalizer": "mass"}),
    "by row": lambda z, y: (z, y, {"reduction": "none"}),
}


@pytest.mark.skipif(not GPU, reason="no GPU")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_waits_for_nothing(dtype: torch.dtype, step: str) -> None:
    """Wherever a step would synchronise with the GPU, PyTorch raises."""
    from onewarm.torch import CrossEntropyLoss, cross_entropy

    z = made(6, 37, dtype).requires_grad_()
    y, weight = torch.arange(6, device="cuda"), torch.linspace(0.5, 2, 37, device="cuda")
    module = CrossEntropyLoss(weight, label_smoothing=0.1)
    scale = torch.tensor(65536.0, device="cuda")

    def run() -> None:
        logits, target, options = STEPS[step](z * 1, y)
        (cross_entropy(logits, target, **options).sum() * scale).backward()
        (module(z * 1, y) * scale).backward()

    run()  # compiles
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        run()
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_arguments_are_refused() -> None:
    y, one = torch.zeros(2, 1, dtype=torch.long), torch.ones(2, 1)
    if not INTERPRETED:
        with pytest.raises(ValueError, match=r"logits are on cpu: the kernel runs on a GPU"):
            cuda.row_losses(torch.zeros(2, 3), y, one)
        return
    for arguments, error in (
        ((torch.zeros(2, 3, dtype=torch.float64), y, one), "the kernel takes float16, bfloat16 and float32"),
        ((torch.zeros(6), y, one), r"logits has shape \(6,\): expected \(N, K\)"),
        (
            (torch.zeros(3, 3), y, one),
            r"index has shape \(2, 1\) and its weights \(2, 1\): expected the same, of 3 rows",
        ),
        ((torch.zeros(2, 3), y, one, torch.ones(1, 4), y, one), r"table has shape \(1, 4\) .* rows of 3 classes"),
    ):
        with pytest.raises((TypeError, ValueError), match=error):
            cuda.row_losses(*arguments)
    with pytest.raises(ValueError, match="row_scale has 3 entries on cpu: expected one, or one for each of the 2 rows"):
        cuda.row_losses(torch.zeros(2, 3), y, one, row_scale=torch.ones(3))
    with pytest.raises(ValueError, match=r"out is torch.float16 of shape \(2, 3\): expected torch.float32"):
        cuda.row_losses(torch.zeros(2, 3), y, one, out=torch.zeros(2, 3).half())
