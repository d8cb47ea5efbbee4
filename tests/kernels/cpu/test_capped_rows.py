"""The kernel on scaled and capped logits: blocks, errors that count rows over all blocks, and warnings."""

from typing import Any

import numpy as np
import pytest

import onewarm as ow
from onewarm import definition
from onewarm.kernels.cpu import capped_rows
from onewarm.kernels.cpu.capped_rows import capped_row_losses, stats_in_blocks
from onewarm.loss_options import LossOptions

N, K = 23, 9


@pytest.fixture(autouse=True)
def blocks_of_four_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capped_rows, "_BLOCK", 4 * K)


def made() -> tuple[Any, ow.SoftTarget]:
    random = np.random.default_rng(0)
    labels = random.integers(0, K, N)
    labels[5] = -100
    return random.normal(0, 9, (N, K)), ow.smooth(ow.one_hot(labels, K), 0.2)


@pytest.mark.parametrize(("scale", "cap"), [(0.5, None), (1.0, 6.0), (2.0, 30.0)])
def test_blocks_are_the_whole(scale: float, cap: Any) -> None:
    z, target = made()
    each = np.linspace(-1, 2, N)
    losses, gradient = capped_row_losses(z, target, scale, cap, row_scale=each, gradient=True)
    options = LossOptions("none", logit_scale=scale, softcap=cap)
    wanted, slope = definition.loss_and_gradient(z, target, options)
    np.testing.assert_allclose(losses, wanted, rtol=1e-12)
    np.testing.assert_allclose(gradient, each[:, None] * slope, rtol=1e-10, atol=1e-14)
    alone, none = capped_row_losses(z, target, scale, cap, row_scale=1.0, gradient=False)
    assert none is None and (alone == losses).all()
    for ours, of_all in zip(
        stats_in_blocks(z, target, options), definition.stats_of_rows(z, target, options), strict=True
    ):
        np.testing.assert_array_equal(ours, of_all)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.nan, "logits[17, 2] is nan: the loss of this row is undefined;"),
        (np.inf, "logits[17, 2] is inf: the loss of this row is undefined;"),
        (-np.inf, "logits[17] is -inf in every class: the loss of this row is undefined;"),
    ],
)
def test_a_row_without_a_loss_is_named(value: float, text: str) -> None:
    """A cap would make +inf a number."""
    z, target = made()
    z[5] = np.nan  # an ignored row
    assert np.isfinite(capped_row_losses(z, target, 1.0, 6.0, row_scale=1.0, gradient=True)[0]).all()
    z[17, 2 if value != -np.inf else slice(None)] = value
    with pytest.raises(ValueError) as caught:
        ow.cross_entropy(z, target, softcap=6.0)
    assert str(caught.value).startswith(text)


def test_mass_that_is_not_finite_is_named() -> None:
    z, target = made()
    weight = target.weight.copy()
    weight[3, 0] = np.nan
    bad = ow.SoftTarget(index=target.index, weight=weight, num_classes=K)
    with pytest.raises(ValueError, match=r"target.weight\[3, 0\] is nan: expected finite mass"):
        ow.cross_entropy(z, bad, softcap=6.0)


def test_no_rows() -> None:
    z, target = made()
    loss, stats = ow.cross_entropy(z[:0], target[:0], reduction="none", softcap=6.0, stats=True)
    assert loss.shape == (0,) and all(figure.shape == (0,) for figure in stats)
