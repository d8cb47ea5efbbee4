"""A sampled teacher: its expectation is the teacher, which the largest probabilities are not."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm.torch import distillation, sample_teacher

DOUBLE = torch.float64


def zipf(classes: int, power: float = 1.1) -> Tensor:
    p = torch.arange(1, classes + 1, dtype=DOUBLE) ** -power
    return p / p.sum()


def test_weights_are_shares_of_the_draws() -> None:
    p = torch.softmax(torch.randn(50, 200, generator=torch.Generator().manual_seed(0), dtype=DOUBLE), dim=1)
    target = sample_teacher(p, 16, seed=1)
    assert len(target) == 50 and target.index.shape[1] <= 16
    torch.testing.assert_close(target.mass(), torch.ones(50, dtype=DOUBLE))
    torch.testing.assert_close(16 * target.weight, (16 * target.weight).round())
    named = target.weight > 0
    assert all(len(set(row[keep].tolist())) == keep.sum() for row, keep in zip(target.index, named, strict=True))


def test_the_same_seed_gives_the_same_draws() -> None:
    p = zipf(1000).expand(20, -1)
    one, same, other = (sample_teacher(p, 8, seed).dense() for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_numbers_of_any_library() -> None:
    p = zipf(50)[None]
    wanted = sample_teacher(p, 4, 7).dense()
    for number in (np.int64, np.uint8, np.array, torch.tensor):
        assert torch.equal(sample_teacher(p, number(4), number(7)).dense(), wanted)


@pytest.mark.parametrize("draws", [1, 7, 50])
def test_the_expectation_is_the_teacher(draws: int) -> None:
    """The mean of 20,000 samples differs from the teacher by no more than chance allows, in every class."""
    rows, p = 20000, zipf(60)
    mean = sample_teacher(p.expand(rows, -1), draws, seed=2).dense().mean(dim=0)
    independent = (p * (1 - p) / draws / rows).sqrt()  # draws from slices vary less
    assert ((mean - p).abs() <= 4.5 * independent).all()


def test_slices_vary_less_than_independent_draws() -> None:
    p = zipf(60)
    spread = sample_teacher(p.expand(5000, -1), 20, seed=3).dense().var(dim=0)
    assert (spread <= 1.1 * p * (1 - p) / 20 + 1e-6).all() and spread[0] < 0.2 * p[0] * (1 - p[0]) / 20


def test_the_largest_probabilities_are_biased_and_a_sample_is_not() -> None:
    """Zipf(1.1) over 5000: the 20 largest keep .505 of the mass; normalised, each is 1.98 times too large."""
    p = zipf(5000)
    largest, index = p.topk(20)
    kept = float(largest.sum())
    assert round(kept, 3) == 0.505 and round(1 / kept, 2) == 1.98
    rows = 4000
    z = torch.zeros(rows, 5000, dtype=DOUBLE).requires_grad_()
    exact = (torch.softmax(z[0].detach(), dim=0) - p).norm()

    def error(teacher: Any) -> float:
        """How far the gradient, averaged over rows, is from that of the whole teacher."""
        (gradient,) = torch.autograd.grad(distillation(z, teacher, divergence="cross_entropy"), z)
        return float((gradient.sum(dim=0) - (1 / 5000 - p)).norm() / exact)

    top = ow.top_k(index.expand(rows, -1), (largest / kept).expand(rows, -1), num_classes=5000)
    assert error(top) > 0.9
    assert error(sample_teacher(p.expand(rows, -1), 20, seed=4)) < 0.02


def test_leading_shapes_and_classes_without_probability() -> None:
    p = torch.zeros(2, 3, 5)
    p[..., 1], p[..., 3] = 0.25, 0.75
    target = sample_teacher(p, 8, seed=0)
    assert len(target) == 6
    assert torch.equal(target.dense(), p.reshape(6, 5).double())
    edge = torch.tensor([[0.0, 1.0, 0.0]]).expand(500, -1)
    assert torch.equal(sample_teacher(edge, 3, seed=0).dense(), edge.double())


def test_a_draw_at_the_edge_of_a_class_without_probability(monkeypatch: pytest.MonkeyPatch) -> None:
    """A uniform number of exactly 0 falls on the first class that has any probability."""
    monkeypatch.setattr(torch, "rand", lambda *size, generator, dtype: torch.zeros(size, dtype=dtype))
    target = sample_teacher(torch.tensor([[0.0, 0.5, 0.0, 0.5]]), 2, seed=0)
    assert target.dense().tolist() == [[0, 0.5, 0, 0.5]]


@pytest.mark.parametrize(
    ("probabilities", "draws", "error", "text"),
    [
        (torch.ones(1, 1), 0, ValueError, "draws is 0: expected an integer of at least 1"),
        (torch.ones(1, 1), 2.5, ValueError, "draws is 2.5: expected an integer of at least 1"),
        (torch.ones(1, 1).long(), 2, TypeError, "probabilities has dtype torch.int64: expected floating point"),
        (
            torch.tensor([[1.5, -0.5]]),
            2,
            ValueError,
            "probabilities[0, 1] is -0.5: probabilities are finite and not negative; are these logits? take their "
            "softmax",
        ),
        (
            torch.ones(1, 2),
            2,
            ValueError,
            "probabilities[0] sums to 2, not 1 (tolerance 0.001): divide it by its sum",
        ),
    ],
)
def test_bad_input(probabilities: Tensor, draws: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        sample_teacher(probabilities, draws, seed=0)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("probabilities", "seed", "error", "text"),
    [
        (torch.tensor(1.0), 0, ValueError, r"probabilities has shape \(\): expected \(..., K\)"),
        (torch.zeros(2, 0), 0, ValueError, r"probabilities has shape \(2, 0\): expected \(..., K\)"),
        ([[1.0]], 0, TypeError, "probabilities is a list: expected a PyTorch tensor"),
        (torch.ones(1, 1), None, TypeError, "seed is None: expected an integer"),
    ],
)
def test_no_rows_of_classes_and_no_seed(probabilities: Any, seed: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        sample_teacher(probabilities, 2, seed=seed)
