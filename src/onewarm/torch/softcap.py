"""The scale and the soft cap of logits in place, for a block of them at a time: :mod:`onewarm.softcap` for kernels."""

from __future__ import annotations

import torch
from torch import Tensor

from onewarm.torch.device import on_cpu


def cap_(z: Tensor, scale: float, cap: float | None, slope: Tensor | None = None) -> None:
    """``z <- cap tanh(scale z / cap)``, and its derivative into ``slope``; infinite logits stay what they are.

    Args:
        z: in float32 or float64.
        scale: above 0.
        cap: above 0, or None for ``z <- scale z``.
        slope: of the shape and dtype of z, or None. The derivative is made by cosh, since ``1 - tanh^2`` has no digit
            left where the hyperbolic tangent is 1 to the last digit.

    >>> z, slope = torch.tensor([-torch.inf, 1.0, 60.0]), torch.empty(3)
    >>> cap_(z, 1.0, 30.0, slope)
    >>> z, slope
    (tensor([   -inf,  0.9996, 28.9208]), tensor([0.0000, 0.9989, 0.0707]))
    """
    if cap is None:
        if slope is not None:
            slope.fill_(scale)
        z.mul_(scale)
        return
    infinite = z.isinf()
    z.mul_(scale / cap)
    if slope is not None:
        torch.cosh(z, out=slope).reciprocal_().square_().mul_(scale)
    if not on_cpu(z) or bool(infinite.any()):
        torch.where(infinite, z, z.tanh().mul_(cap), out=z)
    else:
        z.tanh_().mul_(cap)
