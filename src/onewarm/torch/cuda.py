"""The registered operators on a GPU: ``onewarm::soft_cross_entropy`` and its backward, by the Triton kernel.

Importing this module registers them; Triton itself is imported when the first loss is computed.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from onewarm.kernels import cuda
from onewarm.torch.ops import soft_cross_entropy, soft_cross_entropy_backward


def takes(logits: Any) -> bool:
    """Whether the Triton kernel may take these logits: on a GPU, of a dtype that it computes, Triton installed.

    >>> import torch
    >>> takes(torch.zeros(1, 2))
    False
    """
    return isinstance(logits, Tensor) and logits.is_cuda and logits.dtype in cuda.DTYPES and cuda.available()


@soft_cross_entropy.register_kernel("cuda")
def forward(logits: Tensor, *rest: Any) -> Tensor:
    """The loss of each row."""
    *target, z_loss, move_mass = rest
    return cuda.rows(logits, *target, z_loss=z_loss, gradient=False, move_mass=move_mass)[0]


@soft_cross_entropy_backward.register_kernel("cuda")
def backward(above: Tensor, logits: Tensor, *rest: Any) -> Tensor:
    """The gradient, made from the logits again; the forward pass has checked them."""
    *target, z_loss, move_mass = rest
    scale = above.contiguous()
    _, gradient = cuda.rows(logits, *target, z_loss=z_loss, row_scale=scale, move_mass=move_mass, check=False)
    assert gradient is not None
    return gradient
