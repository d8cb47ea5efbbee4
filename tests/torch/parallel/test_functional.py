"""The vocabulary-parallel loss on 1, 2 and 4 gloo processes of this machine, against the loss of whole rows."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm import definition
from onewarm.torch import (
    vocab_parallel_cross_entropy,
    vocab_parallel_linear_cross_entropy,
    vocab_parallel_soft,
)

Two = Callable[[str], list[Any]]


def check_agreement(ranks: ModuleType, of_ranks: list[dict[Any, list[Tensor]]]) -> None:
    targets = ranks.targets()
    for key in of_ranks[0]:
        _, dtype, masked, name, i = key
        losses, gradients = zip(*(of_rank[key] for of_rank in of_ranks), strict=True)
        assert all(torch.equal(losses[0], loss) for loss in losses), f"{key}: not the same bits on every rank"
        assert losses[0].dtype == dtype and gradients[0].dtype == dtype
        wanted = ranks.reference(ranks.made(dtype, masked), targets[name], ranks.OPTIONS[i])
        ranks.assert_close([losses[0], torch.cat(gradients, 1)], wanted, dtype, key)


def test_one_rank(alone: None, ranks: ModuleType) -> None:
    check_agreement(ranks, [ranks.agreement(0, 1)])


def test_two_ranks(two: Two, ranks: ModuleType) -> None:
    check_agreement(ranks, two("agreement"))


def test_four_ranks(results: dict[str, list[Any]], ranks: ModuleType) -> None:
    check_agreement(ranks, results["agreement"])


def test_many_rows_in_blocks(alone: None, ranks: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onewarm.torch.parallel.row_sums.BLOCK", 120)
    check_agreement(ranks, [ranks.agreement(0, 1)])


def test_a_teacher_that_is_sharded_too(two: Two, ranks: ModuleType) -> None:
    z, labels, teacher = ranks.made(torch.float64, True), ranks.targets()["hard"], ow.soft(ranks.targets()["teacher"])
    wanted = [definition.cross_entropy(z, t) for t in (teacher, teacher, ow.mix(labels, teacher.scale(0.5), 0.4))]
    for losses in two("sharded_teachers"):
        ranks.assert_close(losses, wanted, torch.float64, "sharded teacher")


def test_a_dtensor(two: Two, ranks: ModuleType) -> None:
    wanted = ranks.reference(ranks.made(torch.float64, True), ranks.targets()["mixup"], {})
    for loss, gradient, _ in two("dtensors"):
        ranks.assert_close([loss, gradient], wanted, torch.float64, "DTensor")


def test_smoothing_takes_the_whole_vocabulary(two: Two, ranks: ModuleType) -> None:
    """Megatron-LM #737, #7464: a rank that takes the mean of its own log-probabilities is wrong as soon as TP > 1."""
    z, y, alpha = ranks.made(torch.float64, False), ranks.targets()["hard"].index[:, 0], 0.1
    log_p = torch.log_softmax(z, 1)
    named = log_p.gather(1, y[:, None])[:, 0]

    def smoothed(mean: Tensor, classes: int) -> Tensor:  # Megatron's formula: alpha / (K - 1) off the label
        a = alpha * classes / (classes - 1)
        return -((1 - a) * named + a * mean)

    right = smoothed(log_p.mean(1), ranks.K)
    wrong = [smoothed(own.mean(1), own.shape[1]) for own in (log_p[:, :9], log_p[:, 9:])]
    for ours in two("excluding_the_label"):
        torch.testing.assert_close(ours, right, rtol=1e-12, atol=1e-12)
        assert all((ours - w).abs().max() > 0.1 for w in wrong)


def test_every_rank_raises_the_same_error(two: Two, ranks: ModuleType) -> None:
    first, second = two("errors")
    elsewhere = "rank 1 of the group rejected its arguments: see the error that it raised"
    wanted: list[tuple[str, str] | str] = [
        "InputError: logits[4, 11] is nan: the loss of this row is undefined; "
        "look for an overflow or a division by zero before it",
        "InputError: logits[4, 11] is inf: the loss of this row is undefined; "
        "mask a class with -inf; +inf has no softmax",
        "InputError: logits[8] is -inf in every class: the loss of this row is undefined; "
        "leave one class unmasked or ignore the row",
        "InputError: logits[1, 15] is nan: the loss of this row is undefined; "
        "look for an overflow or a division by zero before it",
        "InputError: rank 1 has 22 rows, rank 0 has 23: expected the same on every rank",
        (f"InputError: {elsewhere}", "TypeError: logits_shard has dtype torch.int32: expected floating point"),
        (
            f"InputError: {elsewhere}",
            "InputError: logits_shard has shape (8,): expected (N, K_r), one row an example",
        ),
        (f"InputError: {elsewhere}", "TypeError: logits_shard is a list: expected a PyTorch tensor"),
        "InputError: labels[0] is 17, outside 0..16: labels start at 0; subtract 1, or mark the row as ignored "
        "with -100",
        "InputError: target has 18 classes, logits have 17: expected the same",
        "InputError: target has 22 rows, logits have 23: expected one a row",
        "InputError: target on rank 1 has 7 columns, its logits have 8: expected the same, or all 17 classes on "
        "every rank",
        (
            f"InputError: {elsewhere}",
            "InputError: probabilities_shard[3, 1] is -0.1: probabilities are finite and not negative",
        ),
        "InputError: probabilities[0] sums to 1.47059 over the ranks, not 1 (tolerance 0.001): divide the row by its "
        "sum",
        "InputError: target requires a gradient, which this loss does not give it: detach it",
    ]
    assert first[:-1] == [w if isinstance(w, str) else w[0] for w in wanted]
    assert second[:-1] == [w if isinstance(w, str) else w[1] for w in wanted]
    after = definition.cross_entropy(ranks.made(torch.float32, False), ranks.targets()["labels"]).item()
    assert first[-1] == second[-1] and float(first[-1]) == pytest.approx(after, rel=1e-6)


def test_a_fault_of_one_rank_is_an_error_on_all(two: Two) -> None:
    """Robustness item 10: a label out of range, other rows or classes, None, an option: the others were left waiting;
    another number of table parts ended the process, another dtype gave other digits."""
    first, second = two("faults_of_one_rank")
    target, arguments = (
        f"ValueError: rank 1 of the group rejected its {what}: see the error that it raised"
        for what in ("target", "arguments")
    )
    agree = "expected the same on every rank"
    told = [
        (target, "labels[3] is 17, outside 0..16: labels start at 0; subtract 1, or mark the row as ignored with -100"),
        (target, "target has 22 rows, logits have 23: expected one a row"),
        (target, "target has 18 classes, logits have 17: expected the same"),
        (arguments, "target is None: expected labels (N,), probabilities (N, K) or a SoftTarget"),
        (arguments, "TypeError: target holds a builtins array: expected PyTorch tensors"),
        (None, f"table parts of the target: 1 on rank 1, 0 on rank 0: {agree}"),
        (None, f"table parts of the target: 2 on rank 1, 0 on rank 0: {agree}"),
        (None, f"table parts of the target: 1 on rank 1, 0 on rank 0: {agree}"),
        (arguments, "reduction is 'average': expected 'mean', 'sum' or 'none'"),
        (None, f"reduction: 'sum' on rank 1, 'mean' on rank 0: {agree}"),
        (None, f"normalizer: 'mass' on rank 1, 'rows' on rank 0: {agree}"),
        (None, f"normalizer: 3 on rank 1, 'rows' on rank 0: {agree}"),
        (arguments, "normalizer is -1: expected a number above 0, by which the loss is divided"),
        (None, f"z_loss: 0.1 on rank 1, 0 on rank 0: {agree}"),
        (arguments, "z_loss is '0.1': expected a finite number, not negative"),
        (arguments, "Group the group is not registered"),
        (None, f"dtype: torch.float64 on rank 1, torch.float32 on rank 0: {agree}"),
    ]
    for i, (elsewhere, here) in enumerate(told):
        here = here if here.startswith("TypeError") else f"ValueError: {here}"
        for j in (2 * i, 2 * i + 1):  # logits, a layer
            assert second[j].startswith(here) and first[j].startswith(elsewhere or here)
    assert (
        first[-3:-1]
        == second[-3:-1]
        == [
            f"InputError: gradient: hidden requires it on rank 1, hidden does not require it on rank 0: {agree}",
            f"InputError: hidden width: 3 on rank 1, 6 on rank 0: {agree}",
        ]
    )
    assert first[-1] == second[-1]


@pytest.mark.parametrize("changed", ["logits", "labels", "probabilities"])
def test_what_is_changed_before_the_backward_pass_raises(alone: None, ranks: ModuleType, changed: str) -> None:
    """B7 of the reports, for the classes of several ranks."""
    z = ranks.made(torch.float32, False).requires_grad_() * 1
    target = ranks.targets()["labels" if changed != "probabilities" else "teacher"].clone()
    loss = vocab_parallel_cross_entropy(z, target)
    with torch.no_grad():
        (z if changed == "logits" else target).zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_leading_shapes(alone: None, ranks: ModuleType) -> None:
    z, y = ranks.made(torch.float64, False)[:20].reshape(4, 5, -1).requires_grad_(), ranks.targets()["labels"][:20]
    teacher = ranks.targets()["teacher"][:20]
    for target, flat in ((y.reshape(4, 5), y), (teacher.reshape(4, 5, -1), teacher), (ow.one_hot(y, ranks.K),) * 2):
        losses = vocab_parallel_cross_entropy(z, target, reduction="none")
        wanted = definition.cross_entropy(z.reshape(20, -1), flat, reduction="none")
        torch.testing.assert_close(losses, wanted.reshape(4, 5))
        mean = vocab_parallel_cross_entropy(z, target)
        torch.testing.assert_close(torch.autograd.grad(mean, z)[0], torch.autograd.grad(
            definition.cross_entropy(z.reshape(20, -1), flat), z)[0])  # fmt: skip
    for wrong in (y, y.reshape(5, 4), teacher):
        with pytest.raises(ValueError, match=r"^target has shape .*, logits_shard \(4, 5, 17\): expected"):
            vocab_parallel_cross_entropy(z, wrong)


@pytest.mark.parametrize("upstream", [1.0, 2.0**16, 2.0**20])
def test_half_precision_is_rounded_once(alone: None, upstream: float) -> None:
    z = (3 * torch.randn(512, 999, generator=torch.Generator().manual_seed(0))).half().requires_grad_()
    y = torch.arange(512)
    (ours,) = torch.autograd.grad(vocab_parallel_cross_entropy(z, y) * upstream, z)
    exact = definition.cross_entropy_with_gradient(z.detach().double(), y)[1] * upstream
    assert (ours - exact).norm() <= 1.05 * (exact.half() - exact).norm()


@pytest.mark.parametrize("work", ["a_rank_dies", "a_rank_sleeps"])
def test_a_lost_rank_is_an_error_within_the_time_out(work: str, results: dict[str, list[Any]]) -> None:
    (text, seconds), lost = results[work]
    assert lost is None
    assert text != "no error"
    assert seconds < 60  # the group's time-out is 10 or 3; without it: for ever


def test_half_precision_logits(alone: None, ranks: ModuleType) -> None:
    target = ranks.targets()["prior"]
    for dtype in (torch.bfloat16, torch.float16):
        z = (ranks.made(torch.float64, True) - 30).to(dtype).requires_grad_()
        loss, gradient = ranks.differentiated(vocab_parallel_cross_entropy(z, target), z)
        wanted = ranks.reference(z.detach(), target, {})
        assert loss.dtype == torch.float32 and gradient.dtype == dtype
        torch.testing.assert_close(loss.double(), wanted[0], rtol=1e-6, atol=0)
        torch.testing.assert_close(gradient.double(), wanted[1], rtol=1e-2, atol=1e-4)


def test_rows_without_mass_are_not_read(alone: None, ranks: ModuleType) -> None:
    z, y = ranks.made(torch.float64, False), ranks.targets()["labels"]
    wanted = definition.cross_entropy(z, y)
    z[[0, 9]] = torch.nan
    torch.testing.assert_close(vocab_parallel_cross_entropy(z, y), wanted)


def test_a_second_derivative_is_refused(alone: None, ranks: ModuleType) -> None:
    z = ranks.made(torch.float64, False).requires_grad_()
    loss = vocab_parallel_cross_entropy(z, ranks.targets()["hard"])
    with pytest.raises(RuntimeError, match="the vocabulary-parallel losses have no second derivative"):
        torch.autograd.grad(loss, z, create_graph=True)


def test_options_and_arguments_are_checked(alone: None, ranks: ModuleType) -> None:
    z, y = ranks.made(torch.float64, False), ranks.targets()["hard"]
    with pytest.raises(ValueError, match=r"^reduction is 'average': expected 'mean', 'sum' or 'none'$"):
        vocab_parallel_cross_entropy(z, y, reduction="average")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^target holds a numpy array: expected PyTorch tensors$"):
        vocab_parallel_cross_entropy(z, y.index.numpy())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^probabilities\[0\] sums to 2 over the ranks, not 1 \(tolerance 0.001\)"):
        vocab_parallel_soft(torch.ones(1, 2))


@pytest.mark.parametrize("number", [np.float32, np.array, torch.tensor])
def test_numbers_of_any_library(alone: None, ranks: ModuleType, number: Any) -> None:
    z, y = ranks.made(torch.float64, False), ranks.targets()["labels"]
    wanted = vocab_parallel_cross_entropy(z, y, normalizer=16, z_loss=0.5)
    assert torch.equal(vocab_parallel_cross_entropy(z, y, normalizer=number(16.0), z_loss=number(0.5)), wanted)
    with pytest.raises(ValueError, match=r"^z_loss is -1: expected a finite number, not negative$"):
        vocab_parallel_cross_entropy(z, y, z_loss=number(-1.0))


def test_no_process_group() -> None:
    with pytest.raises(RuntimeError, match=r"call torch.distributed.init_process_group first"):
        vocab_parallel_cross_entropy(torch.zeros(1, 2), torch.tensor([0]))


@pytest.mark.parametrize("number", [np.float32, np.array, torch.tensor])
def test_options_are_numbers_of_any_library(alone: None, number: Any) -> None:
    """And they are checked before the ranks exchange anything, so that all of them raise."""
    z, y = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 3, -100, 0])
    hidden, weight = torch.eye(6), z.T.contiguous()  # whose logits are z
    wanted = ow.cross_entropy(z, y, normalizer=4.0, z_loss=0.25)
    for loss, arguments in (
        (vocab_parallel_cross_entropy, (z, y)),
        (vocab_parallel_linear_cross_entropy, (hidden, weight, y)),
    ):
        ours = loss(*arguments, normalizer=number(4.0), z_loss=number(0.25))
        torch.testing.assert_close(ours, wanted, rtol=1e-5, atol=1e-6)
        for options, text in (
            ({"z_loss": number(-1.0)}, "z_loss is -1: expected a finite number, not negative"),
            ({"reduction": "average"}, "reduction is 'average': expected 'mean', 'sum' or 'none'"),
            ({"normalizer": "row"}, "normalizer is 'row': expected 'rows', 'mass' or a number"),
            ({"normalizer": number(0.0)}, "normalizer is 0: expected a number above 0, by which the loss is divided"),
        ):
            with pytest.raises(ValueError) as error:
                loss(*arguments, **options)
            assert str(error.value) == text
