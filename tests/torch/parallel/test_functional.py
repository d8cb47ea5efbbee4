"""The vocabulary-parallel losses on 1, 2 and 4 gloo processes of this machine, against the plain loss."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import Tensor

import onewarm as ow
from onewarm import definition
from onewarm.torch import vocab_parallel_cross_entropy, vocab_parallel_linear_cross_entropy

RANKS = Path(__file__).with_name("ranks.py")
specification = importlib.util.spec_from_file_location("ranks", RANKS)
assert specification is not None and specification.loader is not None
do = importlib.util.module_from_spec(specification)
specification.loader.exec_module(do)

K, N, OPTIONS = do.K, do.N, do.OPTIONS
made, targets, layers, differentiated = do.made, do.targets, do.layers, do.differentiated
near = {torch.float64: 1e-12, torch.float32: 1e-6}


def processes(folder: Path, *jobs: str) -> dict[str, list[Any]]:
    """What each rank of each job returned, or None where it did not."""
    subprocess.run([sys.executable, "-P", str(RANKS), str(folder), *jobs], check=True, timeout=200)
    found = {}
    for job in jobs:
        work, ranks = job.split(":")
        results = [folder / job / f"{rank}.pt" for rank in range(int(ranks))]
        found[work] = [torch.load(each, weights_only=False) if each.exists() else None for each in results]
    return found


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """All that several ranks are asked, in one start of Python."""
    return processes(tmp_path_factory.mktemp("ranks"), "by_two:2", "agreement:4", "a_rank_dies:2", "a_rank_sleeps:2")


@pytest.fixture
def two(results: dict[str, list[Any]]) -> list[Any]:
    return results["by_two"]


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[None]:
    """A group of this process only."""
    do.joined(0, 1, f"file://{tmp_path}/store")
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
    check_agreement([do.agreement(0, 1)])
    check_linear([do.linear_agreement(0, 1)])


def each(results: list[dict[str, Any]], name: str) -> list[Any]:
    return [of_rank[name] for of_rank in results]


def test_two_ranks(two: list[dict[str, Any]]) -> None:
    check_agreement(each(two, "agreement"))


def test_two_ranks_linear(two: list[dict[str, Any]]) -> None:
    check_linear(each(two, "linear_agreement"))


def test_four_ranks(results: dict[str, list[Any]]) -> None:
    check_agreement(results["agreement"])


@pytest.mark.long
def test_four_ranks_linear(tmp_path: Path) -> None:
    check_linear(processes(tmp_path, "linear_agreement:4")["linear_agreement"])


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


@pytest.mark.parametrize("work", ["a_rank_dies", "a_rank_sleeps"])
def test_a_lost_rank_is_an_error_within_the_time_out(work: str, results: dict[str, list[Any]]) -> None:
    (said, seconds), lost = results[work]
    assert lost is None
    assert said != "no error"
    assert seconds < 60  # the group's time-out is 10 or 3; without it: for ever


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
    monkeypatch.setattr("onewarm.torch.parallel.rows.BLOCK", 120)
    monkeypatch.setattr("onewarm.torch.parallel.linear._BLOCK", 120)
    check_agreement([do.agreement(0, 1)])
    check_linear([do.linear_agreement(0, 1)])


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
    with pytest.raises(ValueError, match="z_loss is -1: expected a finite number, not negative"):
        vocab_parallel_cross_entropy(z, y, z_loss=-1)
    with pytest.raises(ValueError, match=r"weight_shard \(17, 5\): expected \(N, D\), \(K_r, D\)"):
        vocab_parallel_linear_cross_entropy(torch.ones(N, 6), torch.ones(17, 5), y)
    with pytest.raises(TypeError, match="target holds a numpy array: expected PyTorch tensors"):
        vocab_parallel_cross_entropy(z, y.index.numpy())  # type: ignore[arg-type]


def test_no_process_group() -> None:
    with pytest.raises(RuntimeError, match=r"call torch.distributed.init_process_group first"):
        vocab_parallel_cross_entropy(torch.zeros(1, 2), torch.tensor([0]))
