"""Tensors as NumPy arrays over the same memory, and back; bfloat16, which NumPy lacks, as uint16 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from onewarm.soft_target import SoftTarget, unchecked
from onewarm.soft_target.parts import PARTS


def plain(tensor: Tensor | None) -> Any:
    """The same numbers as a NumPy array without a copy; bfloat16 is copied to float32."""
    if tensor is None:
        return None
    tensor = tensor.detach().resolve_neg()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def bits(tensor: Tensor) -> Any:
    """The same memory as a NumPy array: numbers, or for bfloat16 its bits as uint16."""
    tensor = tensor.detach().resolve_neg()
    return (tensor.view(torch.uint16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def from_bits(array: Any, dtype: torch.dtype) -> Tensor:
    """Inverse of :func:`bits`.

    Gradients are allocated by NumPy because it requests huge pages: first writing to fresh memory is then cheaper than
    with PyTorch's allocator.
    """
    tensor = torch.from_numpy(np.asarray(array))
    return tensor.view(dtype) if tensor.dtype != dtype else tensor


def in_numpy(target: SoftTarget, raw_table: bool = False) -> SoftTarget:
    """The target in NumPy arrays over the same memory; with ``raw_table`` its table by :func:`bits`, uncopied."""
    arrays = {name: plain(getattr(target, name)) for name in PARTS if name != "table"}
    table = target.table
    arrays["table"] = bits(table) if raw_table and table is not None else plain(table)
    return unchecked(num_classes=target.num_classes, **arrays)


def tensors(target: SoftTarget) -> dict[str, Any]:
    """The arrays of a target by name, leaving out those that are None."""
    return {name: getattr(target, name) for name in PARTS if getattr(target, name) is not None}
