"""Losses and gradients of several parts, in any blocks and rows, in other memory or in place of the logits."""

from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm.torch.distillation import parts as parts_module
from onewarm.torch.distillation.defined import defined_divergences
from onewarm.torch.distillation.parts import Part, PartOfLayer, all_rows, part_tensors, part_with
from onewarm.torch.distillation.teachers import LogitTeacher, TargetTeacher

DOUBLE = torch.float64
N, K = 30, 8


def made() -> tuple[Tensor, list[Part]]:
    g = torch.Generator().manual_seed(0)
    z, v = (2 * torch.randn(N, K, generator=g, dtype=DOUBLE) for _ in range(2))
    y = torch.randint(0, K, (N,), generator=g)
    y[::7] = -100
    live = torch.arange(N) % 4 != 3
    hard = ow.smooth(ow.one_hot(y, K), 0.1)
    return z, [
        Part(LogitTeacher(v[:, : K - 2], 2.0, live), 0.7, 2.0, "js", 0.3),
        Part(TargetTeacher(hard), torch.tensor(0.2, dtype=DOUBLE)),
        Part(LogitTeacher(v, 1.5), 0.1, 1.5, "kl"),
    ]


@pytest.mark.parametrize("block", [1, 3 * K, 2**17])
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0], [1, 0]])
def test_the_sum_of_the_parts(block: int, order: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_module, "_BLOCK", block)
    z, parts = made()
    parts = [parts[i] for i in order]
    losses, slopes = all_rows(parts, z, gradient=True)
    leaf = z.clone().requires_grad_()
    wanted: Any = sum(
        part.scale
        * defined_divergences(
            leaf[:, : part.teacher.num_classes], part.teacher, part.temperature, part.divergence, part.beta
        )
        for part in parts
    )
    torch.testing.assert_close(losses, wanted.detach())
    torch.testing.assert_close(slopes, torch.autograd.grad(wanted.sum(), leaf)[0])
    assert all_rows(parts, z, gradient=False)[1] is None


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("rows", [slice(3, 20), torch.tensor([29, 3, 7, 8])])
def test_a_part_of_a_layer_overwrites_its_logits(which: int, rows: Any) -> None:
    z, parts = made()
    upstream = torch.linspace(-1, 1, len(z[rows]), dtype=DOUBLE)
    losses, slopes = all_rows([parts[which]], z, gradient=True)
    own = z[rows].clone()
    ours = PartOfLayer(parts[which])
    assert torch.equal(ours.has_mass(), parts[which].teacher.has_mass())
    torch.testing.assert_close(ours.chunk(own, rows, None, gradient=False), losses[rows])
    assert torch.equal(own, z[rows]) and slopes is not None
    torch.testing.assert_close(ours.chunk(own, rows, upstream, gradient=True), losses[rows])
    torch.testing.assert_close(own, slopes[rows] * upstream[:, None])


def test_parts_are_taken_apart() -> None:
    for part in made()[1]:
        tensors = part_tensors(part)
        bare = part_with(part, [None] * len(tensors))
        assert all(tensor is None for tensor in part_tensors(bare))
        again = part_with(bare, tensors)
        assert all(a is b for a, b in zip(part_tensors(again), tensors, strict=True)) and again.scale == part.scale


def test_masks_are_noticed_wherever_they_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are computed as if nothing were masked, until a loss that is not finite shows that something is."""
    monkeypatch.setattr(parts_module, "_BLOCK", 4 * K)
    z, parts = made()
    z[17, 2] = -torch.inf
    z[18, 1:] = -torch.inf
    for divergence in ("kl", "cross_entropy", "reverse_kl", "js"):
        part = parts[2]._replace(divergence=divergence)  # type: ignore[arg-type]
        wanted = defined_divergences(z, part.teacher, part.temperature, part.divergence, 0.5)
        torch.testing.assert_close(all_rows([part], z, gradient=True)[0], wanted * 0.1)


def test_bad_rows_are_named_by_their_number_among_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_module, "_BLOCK", 4 * K)
    z, parts = made()
    z[17, 2] = torch.nan
    for part in parts:
        with pytest.raises(ValueError, match=r"^z\[17, 2\] is nan: the loss of this row is undefined"):
            all_rows([part], z, gradient=False, name="z")
    rows = torch.tensor([1, 17])
    with pytest.raises(ValueError, match=r"^logits\[17, 2\] is nan"):
        PartOfLayer(parts[2]).chunk(z[rows], rows, None, gradient=False)
    z[17] = -torch.inf
    with pytest.raises(ValueError, match=r"^logits\[17\] is -inf in every class"):
        all_rows(parts, z, gradient=False)
