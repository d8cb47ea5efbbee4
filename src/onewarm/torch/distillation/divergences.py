"""Divergences of a block of rows and their gradients in closed form, precise where student and teacher are near.

With q the teacher's row, p the student's, r = log(q / p) and w = tanh(r / 2) = (q - p) / (q + p):

    2 KL(q || p) = sum (q + p) (r w + (r - 2 w))
    2 KL(p || q) = sum (q + p) (r w - (r - 2 w))          since q and p have the same sum

No term is negative, and none is a difference of numbers that are much larger: a cross-entropy minus an entropy loses
all digits of a divergence that is small, and comes out below 0. An error in the normaliser of q or p moves every r by
the same amount, which changes the sums in second order only. The generalised Jensen-Shannon divergence is written in
the same way, with the mixture m, u = (q - p) / m and xi(x) = (1 + x) log(1 + x) - x:

    beta KL(q || m) + (1 - beta) KL(p || m) = sum m (beta xi((1 - beta) u) + (1 - beta) xi(-beta u))
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from onewarm.distillation_options import Divergence
from onewarm.torch.device import on_cpu, sum_dtype

_FAR = 80.0  # tanh(40) is 1: a ratio that is infinite is as good as this one
# Below, r - 2 tanh(r / 2) is taken from its series: where that is more precise than the difference.
_NEAR = {torch.float64: 0.01}
_NEAR_OTHERS = 0.1


class TeacherRows(NamedTuple):
    """A teacher's distribution in some rows, (n, K); both arrays may be overwritten."""

    q: Tensor  # sums to 1; for the cross-entropy with ``mass``, to that
    log_q: Tensor | None  # log q plus the logarithm of ``total``; None for the cross-entropy
    total: Tensor | None  # (n, 1); None for 1
    mass: Tensor | None  # (n, 1), by which a row's loss is multiplied; None for 1


def row_divergences(
    scores: Tensor, teacher: TeacherRows, divergence: Divergence, beta: float, *, masked: bool, gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """The losses (n,) of some rows and their gradients in ``scores``, (n, K).

    Args:
        scores: the student's logits by the temperature, less their maximum; overwritten.
        teacher: its rows, whose table mass has moved off the classes that the student masks.
        divergence: which.
        beta: of ``"js"``, between 0 and 1.
        masked: whether some score or probability may be 0 or -inf; if not, such a row gives a loss that is not finite.
        gradient: whether it is wanted.

    Example:
        >>> p, q = torch.tensor([[0.5, 0.5]]), torch.tensor([[0.25, 0.75]])
        >>> teacher = TeacherRows(q.clone(), q.log(), None, None)
        >>> loss, slope = row_divergences(p.log(), teacher, "kl", 0.5, masked=False, gradient=True)
        >>> round(loss.item(), 4), slope.numpy().round(4).tolist()  # 0.25 log(0.5) + 0.75 log(1.5), and p - q
        (0.1308, [[0.25, -0.25]])
    """
    dead = scores == -torch.inf if masked else None
    p = scores.exp()
    total = p.sum(1, keepdim=True)
    if divergence == "cross_entropy":
        losses, slopes = _cross_entropy(scores, p, total, teacher, dead)
        return losses, slopes if gradient else None
    q, log_q = teacher.q, teacher.log_q
    assert log_q is not None
    p.div_(total)
    endless = None
    if dead is not None and divergence != "js":
        absent = log_q == -torch.inf
        endless = ((dead & ~absent) if divergence == "kl" else (absent & ~dead)).any(1)
    wide = sum_dtype(p.device)
    shift = -total.to(wide).log()
    if teacher.total is not None:
        shift = shift + teacher.total.to(wide).log()
    ratio = log_q.sub_(scores).sub_(shift.to(p.dtype))
    if dead is not None:
        ratio.nan_to_num_(nan=0.0, posinf=_FAR, neginf=-_FAR)
    w = torch.mul(ratio, 0.5, out=scores).tanh_()
    both = q + p if divergence == "js" else q.add_(p)
    if divergence == "js":
        near = on_cpu(p) and _is_near(ratio)
        if near:
            _centre(ratio, w, both)
        losses, slope = _jensen_shannon(q, p, both.mul_(w), beta, near=near, gradient=gradient)
    else:
        sign = 1 if divergence == "kl" else -1
        losses = _half_sum(ratio, w, both, sign)
        if on_cpu(p) and len(p) and float(losses.min()) < _near(p) ** 2 and _is_near(ratio):
            _centre(ratio, w, both)
            losses = _half_sum_near(ratio, w, both, sign)
        if not gradient:
            slope = None
        elif divergence == "kl":
            slope = both.mul_(w).neg_()
        else:
            slope = p.mul_((p * ratio).sum(1, keepdim=True) - ratio)
    if endless is not None:
        losses = torch.where(endless, torch.inf, losses)
        if divergence == "reverse_kl" and slope is not None:
            slope.masked_fill_(endless[:, None], torch.nan)
    if teacher.mass is not None:
        losses = losses * teacher.mass[:, 0]
        slope = None if slope is None else slope.mul_(teacher.mass)
    return losses, slope


def _cross_entropy(
    scores: Tensor, p: Tensor, total: Tensor, teacher: TeacherRows, dead: Tensor | None
) -> tuple[Tensor, Tensor]:
    """``mass log sum exp(scores) - <q, scores>``; p (n, K) is exp(scores), of sums ``total``."""
    products = scores.mul_(teacher.q)
    if dead is not None:
        products.masked_fill_(dead, 0)
    mass = torch.ones_like(total) if teacher.mass is None else teacher.mass
    losses = (mass * total.log())[:, 0] - products.sum(1)
    if dead is not None:
        losses = torch.where((dead & (teacher.q != 0)).any(1), torch.inf, losses)
    return losses, p.mul_(mass / total).sub_(teacher.q)


def _half_sum(ratio: Tensor, w: Tensor, both: Tensor, sign: int) -> Tensor:
    """``sum both (ratio w + sign (ratio - 2 w)) / 2``, where ``w = tanh(ratio / 2)``."""
    terms = torch.sub(ratio, w, alpha=2)
    if sign < 0:
        terms.neg_()
    return terms.addcmul_(ratio, w).mul_(both).sum(1).mul_(0.5).clamp_(min=0)


def _is_near(ratio: Tensor) -> bool:
    """Whether the student is so near to the teacher that the sums lose digits where series do not."""
    return len(ratio) > 0 and float(ratio.abs().amax()) < _near(ratio)


def _near(rows: Tensor) -> float:
    return _NEAR.get(rows.dtype, _NEAR_OTHERS)


def _centre(ratio: Tensor, w: Tensor, both: Tensor) -> None:
    """Move small ratios to where they belong, in place: q and p have the same sum, so that what there is of
    ``sum (q + p) w = sum (q - p)`` is an error of the normalisers."""
    ratio.sub_((both * w).sum(1, keepdim=True))
    torch.mul(ratio, 0.5, out=w).tanh_()


def _half_sum_near(ratio: Tensor, w: Tensor, both: Tensor, sign: int) -> Tensor:
    """:func:`_half_sum` with the cubic ``r - 2 tanh(r / 2)`` from its series."""
    square = ratio * ratio
    terms = square.mul(-sign / 120).add_(sign / 12).mul_(square).mul_(ratio)
    return terms.addcmul_(ratio, w).mul_(both).sum(1).mul_(0.5).clamp_(min=0)


def _jensen_shannon(
    q: Tensor, p: Tensor, difference: Tensor, beta: float, *, near: bool, gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """The losses and gradients of ``"js"``; ``difference`` is q - p."""
    mixture = torch.add(p * (1 - beta), q, alpha=beta)
    u = difference.div_(mixture.clamp(min=torch.finfo(p.dtype).tiny))
    of_teacher, of_student = (u * (1 - beta)).clamp_(min=-1), (u * -beta).clamp_(min=-1)
    xi = _xi_near if near else _xi
    losses = (beta * xi(of_teacher)).add_(xi(of_student), alpha=1 - beta).mul_(mixture).sum(1).clamp_(min=0)
    if not gradient:
        return losses, None
    log = of_student.log1p_().clamp_(min=-_FAR)  # log(p / mixture)
    return losses, log.sub_((p * log).sum(1, keepdim=True)).mul_(p).mul_(1 - beta)


def _xi(x: Tensor) -> Tensor:
    """``(1 + x) log(1 + x) - x`` for x of at least -1."""
    terms: Tensor = torch.special.xlog1py(1 + x, x)
    return terms.sub_(x)


def _xi_near(x: Tensor) -> Tensor:
    """:func:`_xi` for small x: ``x^2 / 2 - x^3 / 6 + x^4 / 12 - ...``, the k-th of them over k (k - 1)."""
    series = torch.full_like(x, 1 / 72)
    for k in range(8, 1, -1):
        series.mul_(x).neg_().add_(1 / (k * (k - 1)))
    return series.mul_(x).mul_(x)
