"""Scaled and capped logits in the linear loss, figures beside it, and the module's order of arguments."""

import re
from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm import definition
from onewarm.errors import InputError
from onewarm.loss_stats import LossStats
from onewarm.torch import LinearCrossEntropyLoss, linear_cross_entropy
from onewarm.torch.linear import chunks

DOUBLE = torch.float64
N, D, V = 120, 6, 50


@pytest.fixture(autouse=True)
def chunks_of_16_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_SMALL", 16 * V)
    torch.compiler.reset()


def made(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hidden states, weight, bias and labels; logits up to about 20."""
    g = torch.Generator().manual_seed(0)
    x, w, b = (torch.randn(*size, generator=g, dtype=DOUBLE) for size in ((N, D), (V, D), (V,)))
    y = torch.randint(0, V, (N,), generator=g)
    y[3] = y[100] = -100
    return x.to(dtype).requires_grad_(), (2 * w).to(dtype).requires_grad_(), b.to(dtype).requires_grad_(), y


def formed(leaves: Any, scale: float, cap: float | None) -> Tensor:
    """The logits in float64."""
    x, w, b = leaves
    z = scale * (x @ w.T + b)
    return z if cap is None else torch.where(z.isinf(), z, cap * torch.tanh(z / cap))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize(("dtype", "rtol"), [(DOUBLE, 1e-11), (torch.float32, 3e-6), (torch.float16, None)])
@pytest.mark.parametrize(("scale", "cap", "reduction"), [(0.3, None, "none"), (1.0, 5.0, "none"), (0.5, 3.0, "mean")])
@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.long)])
def test_scaled_and_capped_logits(
    dtype: torch.dtype, rtol: float | None, scale: float, cap: float | None, reduction: Any, compiled: bool
) -> None:
    """ml-cross-entropy#48, unsloth#11277: a soft cap in the linear loss; Liger#239, trl#6314: figures beside it."""
    *leaves, y = made(dtype)
    target = ow.smooth(ow.one_hot(y, V), 0.1)

    def loss(x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, LossStats]:
        options: Any = {"reduction": reduction, "z_loss": 0.01, "logit_scale": scale, "softcap": cap, "stats": True}
        return linear_cross_entropy(x, w, target, bias=b, **options)  # type: ignore[no-any-return]

    ours, stats = (torch.compile(loss, fullgraph=True, backend="aot_eager") if compiled else loss)(*leaves)
    wide = [leaf.detach().double().requires_grad_() for leaf in leaves]
    z = formed(wide, scale, cap)
    exact = definition.cross_entropy(z, target, reduction=reduction, z_loss=0.01)
    torch.testing.assert_close(ours.double(), exact, rtol=rtol or 3e-6, atol=0)
    upstream = torch.linspace(1, 2, ours.numel(), dtype=DOUBLE).reshape(ours.shape)
    truth = torch.autograd.grad(exact, wide, upstream)
    for gradient, wanted in zip(torch.autograd.grad(ours, leaves, upstream.to(ours.dtype)), truth, strict=True):
        least = 1.05 * (wanted.to(dtype).double() - wanted).norm() if rtol is None else rtol * wanted.norm()
        assert (gradient.double() - wanted).norm() <= least
    live = target.has_mass()
    log_p = torch.log_softmax(z, 1)
    close = {"rtol": 1e-5, "atol": 1e-5}
    for figure, wanted in (
        (stats.lse, torch.logsumexp(z, 1)),
        (stats.z_loss, 0.01 * torch.logsumexp(z, 1) ** 2),
        (stats.entropy, -(log_p.exp() * log_p).sum(1)),
    ):
        torch.testing.assert_close(figure.double(), torch.where(live, wanted, 0.0).detach(), **close)
        assert not figure.requires_grad and figure.dtype == ours.dtype
    assert torch.equal(stats.prediction, torch.where(live, z.argmax(1), -1))
    assert torch.equal(stats.correct, live & (z.argmax(1) == y))


def test_a_masked_class_stays_masked_under_a_cap() -> None:
    x, w, b, y = made(torch.float32)
    with torch.no_grad():
        b[0] = -torch.inf
    y[y == 0] = 1
    loss, stats = linear_cross_entropy(x, w, y, bias=b, softcap=4.0, stats=True, reduction="none")
    wide = [leaf.detach().double().requires_grad_() for leaf in (x, w, b)]
    exact = definition.cross_entropy(formed(wide, 1.0, 4.0), y, reduction="none")
    torch.testing.assert_close(loss.double(), exact, rtol=1e-6, atol=1e-6)
    for gradient, wanted in zip(
        torch.autograd.grad(loss.sum(), (x, w, b)), torch.autograd.grad(exact.sum(), wide), strict=True
    ):
        torch.testing.assert_close(gradient.double(), wanted.nan_to_num(0.0), rtol=1e-5, atol=1e-5)
    assert stats.entropy.isfinite().all() and (stats.prediction != 0).all()


def test_batched_upstream_gradients_of_capped_logits() -> None:
    x, w, b, y = made(DOUBLE)
    loss = linear_cross_entropy(x, w, y, bias=b, softcap=3.0, reduction="none")
    batch = torch.linspace(-1, 1, 2 * N, dtype=DOUBLE).reshape(2, N)
    together = torch.autograd.grad(loss, (x, w, b), batch, is_grads_batched=True, retain_graph=True)
    each = [torch.autograd.grad(loss, (x, w, b), one, retain_graph=True) for one in batch]
    for ours, wanted in zip(together, zip(*each, strict=True), strict=True):
        torch.testing.assert_close(ours, torch.stack(wanted))


def test_figures_come_in_the_leading_shape() -> None:
    x, w, b, y = made(torch.float32)
    loss, stats = linear_cross_entropy(
        x.reshape(4, 5, 6, D), w, y.reshape(4, 5, 6), bias=b, reduction="none", stats=True
    )
    flat_loss, flat = linear_cross_entropy(x, w, y, bias=b, reduction="none", stats=True)
    assert torch.equal(loss, flat_loss.reshape(4, 5, 6))
    for figure, of_rows in zip(stats, flat, strict=True):
        assert torch.equal(figure, of_rows.reshape(4, 5, 6))
    plain = linear_cross_entropy(x, w, y, bias=b)
    beside, _ = LinearCrossEntropyLoss(stats=True)(x, w, y, b)
    assert torch.equal(plain, beside)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ({"softcap": 0.0}, "softcap is 0.0: expected a finite number above 0"),
        ({"softcap": "30"}, "softcap is '30': expected a finite number above 0"),
        ({"logit_scale": -1.0}, "logit_scale is -1.0: expected a finite number above 0"),
        ({"logit_scale": None}, "logit_scale is None: expected a finite number above 0"),
    ],
)
def test_bad_numbers(option: Any, text: str) -> None:
    x, w, _, y = made(torch.float32)
    for call in (lambda: linear_cross_entropy(x, w, y, **option), lambda: LinearCrossEntropyLoss(**option)):
        with pytest.raises(InputError) as caught:
            call()
        assert str(caught.value) == text


def test_an_option_that_requires_a_gradient_is_refused() -> None:
    x, w, _, y = made(torch.float32)
    with pytest.raises(RuntimeError, match="logit_scale requires a gradient, which this loss does not compute"):
        linear_cross_entropy(x, w, y, logit_scale=torch.tensor(2.0, requires_grad=True))  # type: ignore[arg-type]


def test_the_module_notices_arguments_in_liger_kernels_order() -> None:
    """With as many rows as classes the shapes of (weight, hidden, labels) fit too."""
    hidden, head = torch.randn(V, D), torch.nn.Linear(D, V, bias=False)
    labels = torch.arange(V)
    loss = LinearCrossEntropyLoss()
    text = re.escape(
        f"hidden is a parameter and weight, of the same shape ({V}, {D}), is not: the order is (hidden, weight, target)"
    )
    with pytest.warns(UserWarning, match=text):
        loss(head.weight, hidden, labels)
    loss(hidden=hidden, weight=head.weight, target=labels)


def test_the_module_wants_labels_of_the_leading_shape() -> None:
    """Labels (3, 2) for hidden states (2, 3, D) were taken in the wrong order."""
    loss = LinearCrossEntropyLoss(label_smoothing=0.1)
    with pytest.raises(ValueError, match=re.escape("target has shape (3, 2): expected labels of shape (2, 3)")):
        loss(torch.zeros(2, 3, D), torch.zeros(V, D), torch.zeros(3, 2, dtype=torch.int64))
