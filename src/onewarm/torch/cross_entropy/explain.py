"""Which way a call of the loss takes, and why: for whoever wonders about its speed."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from onewarm.kernels.way import way as cpu_way
from onewarm.kernels.way import why as cpu_why
from onewarm.leading_shape import as_rows
from onewarm.loss_options import Normalizer, loss_options
from onewarm.target import SoftTarget
from onewarm.torch.device import KERNELS, kernel_of, refusal


class Way(NamedTuple):
    """The way of a call."""

    way: Literal["kernel", "operator", "definition"]
    where: str  # the kernel: "cpu" or "triton"; "" for the definition
    why: str

    def __str__(self) -> str:
        return f"{self.way}{f' ({self.where})' if self.where else ''}: {self.why}"


def explain(
    logits: Tensor, target: SoftTarget | Tensor, *, normalizer: Normalizer = "rows", z_loss: Any = 0.0, axis: int = -1
) -> Way:
    """Which way :func:`onewarm.torch.cross_entropy` takes for these arguments, and why; nothing is computed.

    ================  ========================================================================================
    ``"kernel"``      one fused call, on the CPU or by Triton on a GPU
    ``"operator"``    the same inside a graph of ``torch.compile`` or ``torch.export``, as a registered operator
    ``"definition"``  PyTorch's own operations, which work on every device and can all be differentiated
    ================  ========================================================================================

    Args:
        logits, target, normalizer, z_loss, axis: as for the loss.

    Raises:
        TypeError, ValueError: options and shapes that the loss refuses.

    Example:
        >>> print(explain(torch.zeros(1, 2), torch.tensor([0])))
        kernel (cpu): torch.float32 on cpu
        >>> print(explain(torch.zeros(1, 2), torch.full((1, 2), 0.5, requires_grad=True)))
        definition: the target requires a gradient
    """
    options = loss_options("mean", normalizer, z_loss)
    rows, target, _ = as_rows(logits, target, axis)
    kernel = kernel_of(rows) if isinstance(rows, Tensor) else ""
    if torch.compiler.is_compiling() and kernel and not isinstance(options.z_loss, Tensor):
        return Way("operator", kernel, "the call is being compiled")
    if why := refusal(rows, target, options.normalizer, options.z_loss):
        return Way("definition", "", why)
    reason = f"{rows.dtype} on {KERNELS[kernel].device_type}"
    if kernel == "cpu" and cpu_way() == "definition":
        reason += f", by its definition in NumPy. {cpu_why()}"
    return Way("kernel", kernel, reason)
