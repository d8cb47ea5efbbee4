"""The vocabulary-parallel losses on 1, 2 and 4 gloo processes of this machine, against the plain loss.

Run as a script, ``python test_parallel.py WORK RANKS FOLDER``, this file becomes those processes: PyTorch is imported
once, then they fork.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Replicate, Shard

import onewarm as ow
from onewarm import loss as definition
from onewarm.torch import vocab_parallel_cross_entropy, vocab_parallel_linear_cross_entropy, vocab_parallel_soft

N, K, D = 23, 17, 6
LAYOUTS = {1: [[17]], 2: [[9, 8], [2, 15], [17, 0]], 4: [[5, 4, 4, 4], [1, 9, 0, 7]]}
OPTIONS: list[dict[str, Any]] = [
    {},
    {"normalizer": "mass", "z_loss": 0.01},
    {"normalizer": 7},
    {"reduction": "sum", "z_loss": 0.1},
    {"reduction": "none"},
]
KINDS = [(torch.float64, True), (torch.float32, False)]
near = {torch.float64: 1e-12, torch.float32: 1e-6}


def made(dtype: torch.dtype, masked: bool) -> Tensor:
    z = (torch.randn(N, K, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 4 + 30).to(dtype)
    if masked:
        z[::2, 3] = -torch.inf
        z[5, :9] = z[6, 9:] = -torch.inf  # all that one rank of two holds
    return z


def targets() -> dict[str, Any]:
    """Each kind of target, the same on every rank; those that name a masked class come last."""
    generator = torch.Generator().manual_seed(2)
    y = torch.randint(10, K, (N,), generator=generator)
    y[6] = 4
    other = y.roll(1)
    other[5:8] = y[5:8]
    ignored = y.clone()
    ignored[[0, 9]] = -100
    shares = torch.rand(N, K, generator=generator, dtype=torch.float64)
    shares[5, :9] = shares[6, 9:] = 0  # else top_k could name a masked class
    shares[:, 3] = 0
    teacher = shares / shares.sum(1, keepdim=True)
    prior = torch.softmax(torch.randn(K, generator=generator, dtype=torch.float64), 0)
    matrix = torch.softmax(torch.randn(K, K, generator=generator, dtype=torch.float64), 1)
    alpha = torch.linspace(-0.1, 0.9, N, dtype=torch.float64)
    smooth = ow.smooth(ignored, 0.1, num_classes=K)
    return {
        "labels": ignored,
        "hard": ow.one_hot(y, K),
        "smoothed": smooth,
        "a strength for each row": ow.smooth(y, alpha, num_classes=K),
        "without the label": ow.smooth(y, 0.1, num_classes=K, exclude_label=True),
        "prior": ow.smooth(ignored, 0.2, prior=prior),
        "class-conditional": ow.smooth(y, 0.3, prior=matrix),
        "top-k": ow.top_k(*teacher.topk(4)[::-1], num_classes=K),
        "mixup": ow.mix(smooth, ow.smooth(other, 0.1, num_classes=K), 0.7),
        "teacher": teacher,
        "teacher and label": ow.mix(ow.one_hot(y, K), ow.soft(teacher), 0.4),
        "weighted": smooth.reweight(torch.linspace(0.5, 2, K, dtype=torch.float64)).scale(alpha + 1),
        "two tables": ow.mix(ow.smooth(y, 0.3, prior=matrix), ow.smooth(other, 0.2, prior=prior), 0.3),
        "nothing": torch.full((N,), -100),
        "a masked label": ow.smooth(torch.full((N,), 3), 0.1, num_classes=K),
        "a table on masked classes alone": ow.smooth(y, 0.2, prior=torch.eye(K, dtype=torch.float64)[3]),
    }


def layers(dtype: torch.dtype, masked: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, weight and bias; class 3 masked by its bias."""
    generator = torch.Generator().manual_seed(3)
    h, w, b = (torch.randn(*s, generator=generator, dtype=torch.float64).to(dtype) for s in ((N, D), (K, D), (K,)))
    if masked:
        b[3] = -torch.inf
    return h, w, b


def differentiated(loss: Tensor, *inputs: Tensor) -> list[Tensor]:
    above = torch.linspace(-1, 2, loss.numel(), dtype=loss.dtype).reshape(loss.shape) if loss.ndim else None
    return [loss.detach(), *torch.autograd.grad(loss, inputs, above)]


# What the processes do: each returns something that torch.save takes.


def agreement(rank: int, ranks: int) -> dict[Any, list[Tensor]]:
    found = {}
    for at, widths in enumerate(LAYOUTS[ranks]):
        lo = sum(widths[:rank])
        mine = slice(lo, lo + widths[rank])
        for dtype, masked in KINDS:
            z = made(dtype, masked)[:, mine].clone().requires_grad_()
            for j, (name, target) in enumerate(targets().items()):
                for i in range(len(OPTIONS)) if name == "mixup" else [j % len(OPTIONS)]:
                    loss = vocab_parallel_cross_entropy(z, target, **OPTIONS[i])
                    found[at, dtype, masked, name, i] = differentiated(loss, z)
    return found


def linear_agreement(rank: int, ranks: int) -> dict[Any, list[Tensor]]:
    found = {}
    for at, widths in enumerate(LAYOUTS[ranks]):
        lo = sum(widths[:rank])
        mine = slice(lo, lo + widths[rank])
        for dtype, masked in KINDS:
            h, w, b = layers(dtype, masked)
            h, w, b = (x.clone().requires_grad_() for x in (h, w[mine], b[mine]))
            for name, target in targets().items():
                loss = vocab_parallel_linear_cross_entropy(h, w, target, bias_shard=b, z_loss=0.01)
                found[at, dtype, masked, name] = differentiated(loss, h, w, b)
    return found


def sharded_teachers(rank: int, ranks: int) -> list[Tensor]:
    widths = LAYOUTS[ranks][1]
    lo = sum(widths[:rank])
    mine = slice(lo, lo + widths[rank])
    z, teacher = made(torch.float64, True)[:, mine], targets()["teacher"][:, mine]
    labels = targets()["hard"]
    held = vocab_parallel_soft(teacher)
    return [
        vocab_parallel_cross_entropy(z, teacher),
        vocab_parallel_cross_entropy(z, held),
        vocab_parallel_cross_entropy(z, ow.mix(labels, held.scale(0.5), 0.4)),
    ]


def dtensors(rank: int, ranks: int) -> list[Tensor]:
    mesh = DeviceMesh("cpu", torch.arange(ranks))
    whole, target = made(torch.float64, True).requires_grad_(), targets()["mixup"]
    spread = torch.distributed.tensor.distribute_tensor(whole, mesh, [Shard(1)])
    loss = vocab_parallel_cross_entropy(spread, target)
    (gradient,) = torch.autograd.grad(loss, spread)
    h, w, _ = layers(torch.float64, False)
    linear = vocab_parallel_linear_cross_entropy(
        DTensor.from_local(h, mesh, [Replicate()]),
        torch.distributed.tensor.distribute_tensor(w, mesh, [Shard(0)]),
        target,
    )
    return [loss.detach(), gradient.full_tensor(), linear]


def errors(rank: int, ranks: int) -> list[str]:
    """What each rank hears about logits, targets and arguments that only one of them can see."""
    z, y = made(torch.float32, False), targets()["labels"]
    z = z[:, :9] if rank == 0 else z[:, 9:]
    teacher = torch.full((N, z.shape[1]), 1 / K)

    def nan(x: Tensor, row: int, column: int, value: float) -> Tensor:
        if rank == 1:
            x[row, column] = value
        return x

    masked = z.clone()
    masked[8] = -torch.inf
    one, both = rank == 1, z.clone()
    tries: list[Callable[[], Any]] = [
        lambda: vocab_parallel_cross_entropy(nan(z.clone(), 4, 2, torch.nan), y),
        lambda: vocab_parallel_cross_entropy(nan(z.clone(), 4, 2, torch.inf), y),
        lambda: vocab_parallel_cross_entropy(masked, y),
        lambda: vocab_parallel_linear_cross_entropy(
            torch.ones(N, 1), nan(torch.ones(z.shape[1], 1), 6, 0, torch.nan), y
        ),
        lambda: vocab_parallel_cross_entropy(z[:-1] if one else z, y),
        lambda: vocab_parallel_cross_entropy(z.int() if one else z, y),
        lambda: vocab_parallel_cross_entropy(z[0] if one else z, y),
        lambda: vocab_parallel_cross_entropy(z, torch.full((N,), K)),
        lambda: vocab_parallel_cross_entropy(z, ow.one_hot(y.clamp(0), K + 1)),
        lambda: vocab_parallel_cross_entropy(z, y[:-1]),
        lambda: vocab_parallel_cross_entropy(z, teacher[:, 1:] if one else teacher),
        lambda: vocab_parallel_soft(nan(teacher.clone(), 3, 1, -0.1)),
        lambda: vocab_parallel_soft(teacher * (2 if one else 1)),
        lambda: vocab_parallel_cross_entropy(z, ow.soft(torch.softmax(both.new_ones(N, K).requires_grad_(), 1))),
    ]
    heard = []
    for attempt in tries:
        try:
            heard.append(f"no error: {attempt()}")
        except (TypeError, ValueError) as error:
            heard.append(f"{type(error).__name__}: {error}")
    # After all of that the group still works.
    return [*heard, str(vocab_parallel_cross_entropy(z, y).item())]


def excluding_the_label(rank: int, ranks: int) -> Tensor:
    z, y = made(torch.float64, False), targets()["hard"].index[:, 0]
    mine = slice(0, 9) if rank == 0 else slice(9, K)
    target = ow.smooth(y, 0.1, num_classes=K, exclude_label=True)
    return vocab_parallel_cross_entropy(z[:, mine], target, reduction="none")


def by_two(rank: int, ranks: int) -> dict[str, Any]:
    """All that two ranks are asked, in one start of the processes."""
    works = (agreement, linear_agreement, sharded_teachers, dtensors, excluding_the_label, errors)
    return {work.__name__: work(rank, ranks) for work in works}


def a_rank_dies(rank: int, ranks: int) -> tuple[str, float]:
    z, y = made(torch.float32, False), targets()["labels"]
    vocab_parallel_cross_entropy(z[:, :9] if rank == 0 else z[:, 9:], y)
    if rank == 1:
        os._exit(0)
    start = time.monotonic()
    try:
        vocab_parallel_cross_entropy(z[:, :9], y)
    except RuntimeError as error:
        return str(error), time.monotonic() - start
    return "no error", 0.0


def a_rank_sleeps(rank: int, ranks: int) -> tuple[str, float]:
    z, y = made(torch.float32, False), targets()["labels"]
    if rank == 1:
        time.sleep(6)
        os._exit(0)
    start = time.monotonic()
    try:
        vocab_parallel_cross_entropy(z[:, :9], y)
    except RuntimeError as error:
        return str(error), time.monotonic() - start
    return "no error", 0.0


def joined(rank: int, ranks: int, store: str, seconds: float = 60) -> None:
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=ranks, timeout=timedelta(seconds=seconds))


def processes(work: Callable[..., Any], ranks: int, folder: Path) -> list[Any]:
    """What each rank returned, or None where it did not."""
    arguments = [sys.executable, "-P", __file__, work.__name__, str(ranks), str(folder)]
    subprocess.run(arguments, check=True, timeout=120)
    results = [folder / f"{rank}.pt" for rank in range(ranks)]
    return [torch.load(result, weights_only=False) if result.exists() else None for result in results]


def one_process(work: str, rank: int, ranks: int, folder: Path) -> None:
    torch.set_num_threads(1)
    joined(rank, ranks, f"file://{folder}/store", seconds=2 if work.startswith("a_rank") else 60)
    torch.save(globals()[work](rank, ranks), folder / f"{rank}.pt")
    if not work.startswith("a_rank"):
        dist.destroy_process_group()


def main(work: str, ranks: int, folder: Path) -> int:
    children = []
    for rank in range(ranks):
        if (child := os.fork()) == 0:
            code = 1
            try:
                one_process(work, rank, ranks, folder)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        children.append(child)
    return max(os.waitpid(child, 0)[1] for child in children)


if __name__ == "__main__":
    sys.exit(int(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])) != 0))


@pytest.fixture
def alone(tmp_path: Path) -> Any:
    """A group of this process only."""
    joined(0, 1, f"file://{tmp_path}/store")
    yield
    dist.destroy_process_group()


def same(ours: list[Tensor], wanted: list[Tensor], dtype: torch.dtype, what: object) -> None:
    for a, b in zip(ours, wanted, strict=True):
        torch.testing.assert_close(a.double(), b, rtol=near[dtype], atol=near[dtype], msg=lambda m: f"{what}: {m}")


def plain(z: Tensor, target: Any, options: dict[str, Any]) -> list[Tensor]:
    """Loss and gradient by the definition, in float64."""
    loss, gradient = definition.cross_entropy_with_gradient(z.double(), target, **options)
    return [loss, gradient * torch.linspace(-1, 2, N, dtype=torch.float64)[:, None] if loss.ndim else gradient]


def check_agreement(everything: list[dict[Any, list[Tensor]]]) -> None:
    kinds = targets()
    for key in everything[0]:
        _, dtype, masked, name, i = key
        losses, gradients = zip(*(of_rank[key] for of_rank in everything), strict=True)
        assert all(torch.equal(losses[0], loss) for loss in losses), f"{key}: not the same bits on every rank"
        assert losses[0].dtype == dtype and gradients[0].dtype == dtype
        same([losses[0], torch.cat(gradients, 1)], plain(made(dtype, masked), kinds[name], OPTIONS[i]), dtype, key)


def check_linear(everything: list[dict[Any, list[Tensor]]]) -> None:
    kinds = targets()
    for key in everything[0]:
        _, dtype, masked, name = key
        h, w, b = (x.double() for x in layers(dtype, masked))
        loss, g = plain(torch.nn.functional.linear(h, w, b), kinds[name], {"z_loss": 0.01})
        wanted = [loss, g @ w, g.T @ h, g.sum(0)]
        losses, hidden, weight, bias = zip(*(of_rank[key] for of_rank in everything), strict=True)
        for ours in (losses, hidden):
            assert all(torch.equal(ours[0], each) for each in ours), f"{key}: not the same bits on every rank"
        same([losses[0], hidden[0], torch.cat(weight), torch.cat(bias)], wanted, dtype, key)


def test_one_rank(alone: None) -> None:
    check_agreement([agreement(0, 1)])
    check_linear([linear_agreement(0, 1)])


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return processes(by_two, 2, tmp_path_factory.mktemp("two"))


def each(results: list[dict[str, Any]], name: str) -> list[Any]:
    return [of_rank[name] for of_rank in results]


def test_two_ranks(two: list[dict[str, Any]]) -> None:
    check_agreement(each(two, "agreement"))


def test_two_ranks_linear(two: list[dict[str, Any]]) -> None:
    check_linear(each(two, "linear_agreement"))


def test_four_ranks(tmp_path: Path) -> None:
    check_agreement(processes(agreement, 4, tmp_path))


@pytest.mark.long
def test_four_ranks_linear(tmp_path: Path) -> None:
    check_linear(processes(linear_agreement, 4, tmp_path))


def test_a_teacher_that_is_sharded_too(two: list[dict[str, Any]]) -> None:
    z, labels, teacher = made(torch.float64, True), targets()["hard"], ow.soft(targets()["teacher"])
    wanted = [definition.cross_entropy(z, t) for t in (teacher, teacher, ow.mix(labels, teacher.scale(0.5), 0.4))]
    for ours in each(two, "sharded_teachers"):
        same(ours, wanted, torch.float64, "sharded teacher")


def test_dtensors(two: list[dict[str, Any]]) -> None:
    target = targets()["mixup"]
    h, w, _ = layers(torch.float64, False)
    wanted = [*plain(made(torch.float64, True), target, {}), definition.cross_entropy(h @ w.T, target)]
    for ours in each(two, "dtensors"):
        same(ours, wanted, torch.float64, "DTensor")


def test_smoothing_takes_the_whole_vocabulary(two: list[dict[str, Any]]) -> None:
    """Megatron-LM #737, #7464: a rank that takes the mean of its own log-probabilities is wrong as soon as TP > 1."""
    z, y, alpha = made(torch.float64, False), targets()["hard"].index[:, 0], 0.1
    log_p = torch.log_softmax(z, 1)
    named = log_p.gather(1, y[:, None])[:, 0]

    def smoothed(mean: Tensor, classes: int) -> Tensor:  # Megatron's formula: alpha / (K - 1) off the label
        a = alpha * classes / (classes - 1)
        return -((1 - a) * named + a * mean)

    right = smoothed(log_p.mean(1), K)
    wrong = [smoothed(own.mean(1), own.shape[1]) for own in (log_p[:, :9], log_p[:, 9:])]
    for ours in each(two, "excluding_the_label"):
        torch.testing.assert_close(ours, right, rtol=1e-12, atol=1e-12)
        assert all((ours - w).abs().max() > 0.1 for w in wrong)


def test_every_rank_hears_the_same_error(two: list[dict[str, Any]]) -> None:
    one, other = each(two, "errors")
    own = "rank 1 of the group refused its arguments: see the error that it raised"
    wanted: list[tuple[str, str] | str] = [
        "ValueError: logits[4, 11] is nan: the loss of this row is undefined; "
        "look for an overflow or a division by zero before it",
        "ValueError: logits[4, 11] is inf: the loss of this row is undefined; "
        "mask a class with -inf; +inf has no softmax",
        "ValueError: logits[8] is -inf in every class: the loss of this row is undefined; "
        "leave one class unmasked or ignore the row",
        "ValueError: logits[1, 15] is nan: the loss of this row is undefined; "
        "look for an overflow or a division by zero before it",
        "ValueError: rank 1 has 22 rows, rank 0 has 23: expected the same on every rank",
        (f"ValueError: {own}", "TypeError: logits_shard has dtype torch.int32: expected floating point"),
        (
            f"ValueError: {own}",
            "ValueError: logits_shard has shape (8,): expected (N, K_r), one row an example",
        ),
        "ValueError: labels[0] is 17, outside 0..16: labels start at 0; subtract 1, or mark the row as ignored "
        "with -100",
        "ValueError: target has 18 classes, logits have 17: expected the same",
        "ValueError: target has 22 rows, logits have 23: expected one a row",
        "ValueError: target on rank 1 has 7 columns, its logits have 8: expected the same, or all 17 classes on "
        "every rank",
        (
            f"ValueError: {own}",
            "ValueError: probabilities_shard[3, 1] is -0.1: probabilities are finite and not negative",
        ),
        "ValueError: probabilities[0] sums to 1.47059 over the ranks, not 1 (tolerance 0.001): divide the row by its "
        "sum",
        "ValueError: target requires a gradient, which this loss does not give it: detach it",
    ]
    assert one[:-1] == [w if isinstance(w, str) else w[0] for w in wanted]
    assert other[:-1] == [w if isinstance(w, str) else w[1] for w in wanted]
    after = definition.cross_entropy(made(torch.float32, False), targets()["labels"]).item()
    assert one[-1] == other[-1] and float(one[-1]) == pytest.approx(after, rel=1e-6)


@pytest.mark.parametrize("work", [a_rank_dies, a_rank_sleeps])
def test_a_lost_rank_is_an_error_within_the_time_out(work: Callable[..., Any], tmp_path: Path) -> None:
    (said, seconds), lost = processes(work, 2, tmp_path)
    assert lost is None
    assert said != "no error"
    assert seconds < 30  # the group's time-out is 2; without it: for ever


def test_half(alone: None) -> None:
    for dtype in (torch.bfloat16, torch.float16):
        z = (made(torch.float64, True) - 30).to(dtype).requires_grad_()
        loss, gradient = differentiated(vocab_parallel_cross_entropy(z, targets()["prior"]), z)
        wanted = plain(z.detach(), targets()["prior"], {})
        assert loss.dtype == torch.float32 and gradient.dtype == dtype
        torch.testing.assert_close(loss.double(), wanted[0], rtol=1e-6, atol=0)
        torch.testing.assert_close(gradient.double(), wanted[1], rtol=1e-2, atol=1e-4)
        h, w, _ = (x.to(dtype).requires_grad_() for x in layers(torch.float64, False))
        loss, dh, dw = differentiated(vocab_parallel_linear_cross_entropy(h, w, targets()["prior"]), h, w)
        loss_wanted, g = plain(h.detach().double() @ w.detach().double().T, targets()["prior"], {})
        assert loss.dtype == torch.float32 and dh.dtype == dw.dtype == dtype
        torch.testing.assert_close(loss.double(), loss_wanted, rtol=1e-3, atol=0)
        torch.testing.assert_close(dh.double(), g @ w.double(), rtol=2e-2, atol=1e-3)
        torch.testing.assert_close(dw.double(), g.T @ h.double(), rtol=2e-2, atol=1e-3)


def test_autocast(alone: None) -> None:
    h, w, _ = (x.requires_grad_() for x in layers(torch.float32, False))
    with torch.autocast("cpu", torch.bfloat16):
        loss = vocab_parallel_linear_cross_entropy(h, w, targets()["smoothed"])
    dh, dw = torch.autograd.grad(loss, (h, w))
    half = [x.detach().bfloat16().requires_grad_() for x in (h, w)]
    same_loss = vocab_parallel_linear_cross_entropy(*half, targets()["smoothed"])
    assert torch.equal(loss, same_loss)
    for ours, wanted in zip((dh, dw), torch.autograd.grad(same_loss, half), strict=True):
        assert ours.dtype == torch.float32
        torch.testing.assert_close(ours, wanted.float())


def test_rows_without_mass_are_not_read(alone: None) -> None:
    z, (h, w, _) = made(torch.float64, False), layers(torch.float64, False)
    y = targets()["labels"]
    wanted = definition.cross_entropy(z, y)
    z[[0, 9]] = h[[0, 9]] = torch.nan
    torch.testing.assert_close(vocab_parallel_cross_entropy(z, y), wanted)
    w.requires_grad_()
    for target in (y, ow.smooth(y, 0.1, num_classes=K)):
        assert torch.isfinite(torch.autograd.grad(vocab_parallel_linear_cross_entropy(h, w, target), w)[0]).all()


def test_a_product_that_overflows_masks_its_class(alone: None) -> None:
    h, w = torch.tensor([[3e38], [1.0]]), torch.tensor([[1.0], [0.5], [-9.0]])
    target = ow.smooth(torch.tensor([0, 1]), 0.1, num_classes=3)
    logits = h @ w.T
    assert torch.isneginf(logits[0, 2])
    wanted = definition.cross_entropy(logits.double(), target)
    torch.testing.assert_close(vocab_parallel_linear_cross_entropy(h, w, target).double(), wanted, rtol=1e-6, atol=0)


def test_many_rows_in_blocks(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onewarm.torch.parallel_rows.BLOCK", 40)
    monkeypatch.setattr("onewarm.torch.parallel_linear._BLOCK", 40)
    check_agreement([agreement(0, 1)])
    check_linear([linear_agreement(0, 1)])


def test_a_second_derivative_is_refused(alone: None) -> None:
    z = made(torch.float64, False).requires_grad_()
    h, w, _ = layers(torch.float64, False)
    w.requires_grad_()
    for loss, x in (
        (vocab_parallel_cross_entropy(z, targets()["hard"]), z),
        (vocab_parallel_linear_cross_entropy(h, w, targets()["hard"]), w),
    ):
        with pytest.raises(RuntimeError, match="the vocabulary-parallel losses have no second derivative"):
            torch.autograd.grad(loss, x, create_graph=True)


def test_settings_are_refused_before_any_rank_is_asked(alone: None) -> None:
    z, y = made(torch.float64, False), targets()["hard"]
    with pytest.raises(ValueError, match="reduction is 'average': expected 'mean', 'sum' or 'none'"):
        vocab_parallel_cross_entropy(z, y, reduction="average")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="normalizer is 'row': expected 'rows', 'mass' or a number"):
        vocab_parallel_cross_entropy(z, y, normalizer="row")
    with pytest.raises(ValueError, match="z_loss is -1: expected a number that is not negative"):
        vocab_parallel_cross_entropy(z, y, z_loss=-1)
    with pytest.raises(ValueError, match=r"weight_shard \(17, 5\): expected \(N, D\), \(K_r, D\)"):
        vocab_parallel_linear_cross_entropy(torch.ones(N, 6), torch.ones(17, 5), y)
    with pytest.raises(TypeError, match="target holds a numpy array: expected PyTorch tensors"):
        vocab_parallel_cross_entropy(z, y.index.numpy())  # type: ignore[arg-type]


def test_no_process_group() -> None:
    with pytest.raises(RuntimeError, match=r"call torch.distributed.init_process_group first"):
        vocab_parallel_cross_entropy(torch.zeros(1, 2), torch.tensor([0]))
