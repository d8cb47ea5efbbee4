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
        slope: of the shape and dtype of z, or None.

    >>> z, slope = torch.tensor([-torch.inf, 1.0, 60.0]), torch.empty(3)
    >>> cap_(z, 1.0, 30.0, slope)
    >>> z, slope
    (tensor([   -inf,  0.9996, 28.9208]), tensor([0.0000, 0.9989, 0.0707]))
    """
    if slope is not None:
        slope_(slope.copy_(z), scale, cap)
    if cap is None:
        z.mul_(scale)
        return
    z.mul_(scale / cap)
    if on_cpu(z) and all_finite(z):
        z.tanh_().mul_(cap)
    else:
        torch.where(z.isinf(), z, z.tanh().mul_(cap), out=z)


def all_finite(z: Tensor) -> bool:
    """Whether no entry is infinite or NaN, in one pass."""
    if not z.numel():
        return True
    least, most = z.aminmax()
    return bool(least > -torch.inf) and bool(most < torch.inf)


def slope_(z: Tensor, scale: float, cap: float | None) -> Tensor:
    """``z <- scale / cosh(scale z / cap)^2``, the derivative of what :func:`cap_` does; 0 for a NaN.

    By cosh, since ``1 - tanh^2`` has no digit left where the hyperbolic tangent is 1 to the last digit.
    """
    if cap is None:
        return z.fill_(scale)
    return z.mul_(scale / cap).cosh_().reciprocal_().square_().mul_(scale).nan_to_num_(nan=0.0)
