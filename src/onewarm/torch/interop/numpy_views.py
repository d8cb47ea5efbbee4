"""Tensors and NumPy arrays over the same memory; NumPy has no bfloat16, so its bits go as uint16."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from onewarm.soft_target import SoftTarget, unchecked


def plain(tensor: Tensor | None) -> Any:
    """The same numbers as a NumPy array; a copy only of bfloat16, in float32."""
    if tensor is None:
        return None
    tensor = tensor.detach().resolve_neg()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def bits(tensor: Tensor) -> Any:
    """The same memory as a NumPy array, bfloat16 as uint16."""
    tensor = tensor.detach().resolve_neg()
    return (tensor.view(torch.uint16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def from_bits(array: Any, dtype: torch.dtype) -> Tensor:
    """Back again. NumPy asks for huge pages, which PyTorch's allocator does not: its fresh memory costs less."""
    tensor = torch.from_numpy(np.asarray(array))
    return tensor.view(dtype) if tensor.dtype != dtype else tensor


def in_numpy(target: SoftTarget, raw_table: bool = False) -> SoftTarget:
    """The same target over the same memory; a ``raw_table`` has its :func:`bits`."""
    names = ("index", "weight", "table_index", "table_weight")
    table = target.table
    return unchecked(
        num_classes=target.num_classes,
        table=bits(table) if raw_table and table is not None else plain(table),
        **{name: plain(getattr(target, name)) for name in names},
    )


def tensors(target: SoftTarget) -> dict[str, Any]:
    """The arrays of a target by name, without those that are None."""
    names = ("index", "weight", "table", "table_index", "table_weight")
    return {name: getattr(target, name) for name in names if getattr(target, name) is not None}
