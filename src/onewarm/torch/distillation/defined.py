"""Divergences in operations that PyTorch differentiates any number of times, transforms and compiles.

:mod:`onewarm.torch.distillation.divergences` computes the same in blocks, with gradients in closed form.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from onewarm.distillation_options import Divergence
from onewarm.torch.distillation.teachers import LogitTeacher, Teacher, dense_rows


def defined_divergences(z: Tensor, teacher: Teacher, temperature: float, divergence: Divergence, beta: float) -> Tensor:
    """The divergence of each row, (N,), from the student's logits z (N, K) in float32 or better; 0 in rows that do not
    count."""
    live = teacher.has_mass()
    scores = torch.where(live[:, None], z, 0.0) / temperature
    dead = scores == -torch.inf
    top = scores.detach().amax(1, keepdim=True)
    log_total = (scores - top).exp().sum(1, keepdim=True).log()
    log_p = torch.where(dead, 0.0, torch.where(dead, 0.0, scores) - top - log_total)
    p = torch.where(dead, 0.0, log_p.exp())
    mass: Tensor | float = 1.0
    if isinstance(teacher, LogitTeacher):
        log_q = _log_softmax(teacher, live, dead, z.dtype)
        absent = log_q == -torch.inf
        q = log_q.exp()
    else:
        t = dense_rows(teacher.target, slice(None), dead, z.dtype)
        total = t.sum(1, keepdim=True)
        mass, absent = total[:, 0], t == 0
        q = t / torch.where(total == 0, 1.0, total)
        log_q = torch.where(absent, 0.0, torch.where(absent, 1.0, q).log())
    log_q = torch.where(absent, 0.0, log_q)
    losses = _divergence(q, log_q, absent, p, log_p, dead, divergence, beta)
    return torch.where(live, mass * losses, 0.0)


def _divergence(
    q: Tensor,
    log_q: Tensor,
    absent: Tensor,
    p: Tensor,
    log_p: Tensor,
    dead: Tensor,
    divergence: Divergence,
    beta: float,
) -> Tensor:
    if divergence == "cross_entropy":
        return torch.where((dead & ~absent).any(1), torch.inf, -(q * log_p).sum(1))
    if divergence == "kl":
        return _kl(q, log_q, absent, p, log_p, dead)
    if divergence == "reverse_kl":
        return _kl(p, log_p, dead, q, log_q, absent)
    neither = absent & dead
    m = torch.where(neither, 0.0, beta * q + (1 - beta) * p)
    of_q = torch.where(absent, -torch.inf, math.log(beta) + log_q)
    of_p = torch.where(dead, -torch.inf, math.log1p(-beta) + log_p)
    # The larger first, so that no difference of infinities reaches the gradient.
    high, low = torch.maximum(of_q, of_p), torch.minimum(of_q, of_p)
    gap = torch.where(low == -torch.inf, -torch.inf, low - torch.where(low == -torch.inf, 0.0, high))
    log_m = torch.where(neither, 0.0, high + torch.log1p(gap.exp()))
    of_teacher = _kl(q, log_q, absent, m, log_m, neither)
    return beta * of_teacher + (1 - beta) * _kl(p, log_p, dead, m, log_m, neither)


def _kl(x: Tensor, log_x: Tensor, no_x: Tensor, y: Tensor, log_y: Tensor, no_y: Tensor) -> Tensor:
    """``sum x log(x / y) - x + y`` of each row, term by term: x and y have the same sum, and no term is negative."""
    both = ~(no_x | no_y)
    ratio = torch.where(both, log_x - log_y, 0.0)
    near = ratio.abs() < 1
    small = torch.where(near, ratio, 0.0)
    terms = torch.where(near, x * (torch.expm1(-small) + small), x * ratio - x + y)
    terms = torch.where(both, terms, torch.where(no_x, y, 0.0))
    return torch.where((no_y & ~no_x).any(1), torch.inf, terms.sum(1))


def _log_softmax(teacher: LogitTeacher, live: Tensor, dead: Tensor, dtype: torch.dtype) -> Tensor:
    """log q (N, K), -inf where a class is masked by the teacher or the student."""
    v = torch.where(live[:, None], teacher.logits.to(dtype), 0.0) / teacher.temperature
    kept = torch.where(dead, -torch.inf, v)
    nowhere = kept.amax(1, keepdim=True) == -torch.inf
    return torch.log_softmax(torch.where(nowhere, v, kept), dim=1)
