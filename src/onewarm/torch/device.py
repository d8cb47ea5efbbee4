"""Chooses the kernel for a call: the CPU's, Triton's on a GPU, or none; then the definition runs, on any device.

To add a kernel for another device, add it to :data:`KERNELS` and a branch at the callers of :func:`kernel_for`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import forward_ad

from onewarm.kernels.triton import rows as triton_rows
from onewarm.target import SoftTarget


class Kernel(NamedTuple):
    """Where a kernel runs and what it computes."""

    device_type: str  # PyTorch's device type
    dtypes: tuple[torch.dtype, ...]  # of logits
    installed: bool


KERNELS = {
    "cpu": Kernel("cpu", (torch.float16, torch.bfloat16, torch.float32, torch.float64), True),
    "triton": Kernel("cuda", triton_rows.DTYPES, triton_rows.INSTALLED),
}
_NAMES = {kernel.device_type: name for name, kernel in KERNELS.items()}
_TENSOR_TYPES = (Tensor, torch.nn.Parameter)  # exactly these types: another subclass may define its own operations


def kernel_of(logits: Tensor) -> str:
    """The kernel for logits of this device and dtype: a key of :data:`KERNELS`, or ``""`` for none.

    >>> kernel_of(torch.zeros(1, 2)), kernel_of(torch.zeros(1, 2, device="meta"))
    ('cpu', '')
    """
    name = _NAMES["cpu"] if logits.is_cpu else _NAMES.get(logits.device.type, "")  # is_cpu is five times as fast
    return name if name and KERNELS[name].installed and logits.dtype in KERNELS[name].dtypes else ""


def kernel_for(logits: Any, target: Any, normalizer: Any = "rows", z_loss: Any = 0.0) -> str:
    """The kernel that may take this call in eager mode, as :func:`kernel_of` names it, or ``""`` for none.

    A kernel reads memory and computes only the logits' gradient: no tensor may be of a subclass, sparse, on another
    device, traced or transformed, and only the logits may require a gradient.
    """
    return "" if refusal(logits, target, normalizer, z_loss) else kernel_of(logits)


def refusal(logits: Any, target: Any, normalizer: Any = "rows", z_loss: Any = 0.0) -> str:
    """Why no kernel may take this call in eager mode; ``""`` where one may.

    >>> refusal(torch.zeros(1, 2), torch.zeros(1, 2).requires_grad_())
    'the target requires a gradient'
    """
    if torch.compiler.is_compiling():
        return "the call is being compiled"
    if type(logits) not in _TENSOR_TYPES:
        return f"the logits are a {type(logits).__name__}, which may have operations of its own"
    if logits.layout is not torch.strided:
        return "the logits are sparse"
    if not kernel_of(logits):
        return f"no kernel is installed for {logits.dtype} on {logits.device.type}"
    here = logits.is_cpu
    others: tuple[Any, ...] = (target,)
    if isinstance(target, SoftTarget):
        others = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    if isinstance(normalizer, Tensor):
        others += (normalizer,)
    for other in others:
        if other is not None and (why := _unfit(other, logits, here)):
            return f"the {'normalizer' if other is normalizer else 'target'} {why}"
    if isinstance(z_loss, Tensor):
        return "z_loss is a tensor"
    if traced(logits):
        return "torch.jit.trace records the call"
    return "a transform of torch.func or forward mode differentiates the call" if transformed(logits) else ""


def _unfit(other: Any, logits: Tensor, here: bool) -> str:
    if type(other) not in _TENSOR_TYPES:
        return f"is a {type(other).__name__}"
    if other.requires_grad:
        return "requires a gradient"
    if other.layout is not torch.strided:
        return "is sparse"
    return "" if (other.is_cpu if here else other.device == logits.device) else f"is on {other.device}"


def operator_for(logits: Any) -> bool:
    """Whether, inside a graph of ``torch.compile``, a registered operator with a kernel takes these logits."""
    return torch.compiler.is_compiling() and isinstance(logits, Tensor) and kernel_of(logits) != ""


def on_cpu(tensor: Tensor) -> bool:
    """Whether values can be read without waiting for another device, and products are bound by the CPU's caches."""
    return tensor.is_cpu


def sum_dtype(device: torch.device) -> torch.dtype:
    """The dtype of losses and of sums over rows on a device: float64, or float32 on Apple's MPS, which has no other.

    >>> sum_dtype(torch.device("cpu")), sum_dtype(torch.device("mps"))
    (torch.float64, torch.float32)
    """
    return torch.float32 if device.type == "mps" else torch.float64


def traced(tensor: Tensor) -> bool:
    """Whether ``torch.jit.trace`` records operations. ``tensor`` has a dimension."""
    if torch.compiler.is_compiling():
        return False
    tracing = getattr(torch._C, "_is_tracing", None)  # private: where a PyTorch lacks it, sizes show it too
    return bool(tracing()) if tracing is not None else isinstance(tensor.shape[0], Tensor)


def transformed(tensor: Tensor) -> bool:
    """Whether ``torch.func`` (vmap, grad, ...) or forward-mode differentiation is at work."""
    functorch = getattr(torch._C, "_are_functorch_transforms_active", None)  # private, as is the level
    level = getattr(forward_ad, "_current_level", None)
    return (functorch() if functorch is not None else not has_memory(tensor)) or (
        level >= 0 if level is not None else _is_dual(tensor)
    )


def has_memory(tensor: Tensor) -> bool:
    """False inside a transform of ``torch.func``, which wraps what ``detach`` returns, and for batched gradients."""
    try:
        tensor.detach().data_ptr()
    except RuntimeError:
        return False
    return True


def _is_dual(tensor: Tensor) -> bool:
    """Whether the tensor carries a tangent of forward mode."""
    try:
        return forward_ad.unpack_dual(tensor).tangent is not None  # type: ignore[no-untyped-call]
    except NameError:  # PyTorch's own function reads the level too
        return False
