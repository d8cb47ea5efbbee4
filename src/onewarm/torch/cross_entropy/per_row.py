"""The loss of each row in PyTorch's own operations, which PyTorch differentiates: by our meaning or by PyTorch's."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from onewarm import definition
from onewarm.loss_options import LossOptions
from onewarm.target import SoftTarget


def per_row_loss(logits: Tensor, target: SoftTarget, options: LossOptions) -> Any:
    """:func:`onewarm.definition.per_row_loss`, (N,), with the options ``move_mass`` and ``check``.

    Example:
        >>> from onewarm.target import one_hot
        >>> z = torch.tensor([[0.0, 0.0], [torch.nan, 0.0]])
        >>> per_row_loss(z, one_hot(torch.tensor([0, 1]), 2), LossOptions(check=False))
        tensor([0.6931,    nan])
    """
    if not options.move_mass:
        return _torch_rows(logits, target, options.z_loss)
    if options.check:
        return definition.per_row_loss(logits, target, options.z_loss)
    top = logits.detach().amax(1) if logits.shape[1] else logits.new_zeros(len(logits))
    lost = ~top.isfinite() & target.has_mass()
    # Each loss sees 0 in the other's rows, so that no gradient of NaN crosses over.
    rows = definition.per_row_loss(torch.where(lost[:, None], 0.0, logits), target, options.z_loss)
    nan = torch.where(lost[:, None], logits, 0.0).to(rows.dtype).sum(1) * torch.nan
    return torch.where(lost, nan, rows)


def minus_dot(t: Tensor, log_p: Tensor) -> Tensor:
    """``-t log_p``, entry by entry, and 0 where no mass meets a masked class; differentiable in t at 0 too."""
    return -t * torch.where((t == 0) & (log_p == -torch.inf), 0.0, log_p)


def _torch_rows(logits: Tensor, target: SoftTarget, z_loss: Any) -> Tensor:
    """``-<t, log softmax(z)>``, where smoothed mass on a masked class costs +inf, and 0 where t is 0."""
    wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
    z = torch.where(target.has_mass()[:, None], wide, 0.0)
    t = target.dense().to(z.dtype)
    rows = minus_dot(t, torch.log_softmax(z, 1)).sum(1)
    return rows.add(z_loss * t.sum(1) * torch.logsumexp(z, 1) ** 2)
