"""The fused loss on a GPU: loss and gradient of every row against any target, two passes over the logits, in Triton.

Needs Triton, which PyTorch for CUDA installs. Tested on the CPU with Triton's interpreter (``TRITON_INTERPRET=1``, set
before Triton is imported). Speed on a GPU: not yet measured.
"""

from __future__ import annotations

import importlib.util
import os
from contextlib import nullcontext
from functools import cache
from typing import Any

import torch
from torch import Tensor

from onewarm import checks

DTYPES = (torch.float16, torch.bfloat16, torch.float32)
INSTALLED = importlib.util.find_spec("triton") is not None
_BLOCK = 4096  # classes at a time: 16 for each of 256 threads, far from the registers' limit
_SMALL = 2**20  # entries of a float64 table that is turned into float32, which halves what every row reads of it


def row_losses(
    logits: Tensor,
    index: Tensor,
    weight: Tensor,
    table: Tensor | None = None,
    table_index: Tensor | None = None,
    table_weight: Tensor | None = None,
    *,
    row_scale: Tensor | float | None = None,
    z_loss: float = 0.0,
    gradient: bool = True,
    out: Tensor | None = None,
    threads: int | None = None,
    move_mass: bool = True,
    check: bool = True,
) -> tuple[Tensor, Tensor | None]:
    """:func:`onewarm.kernels.cpu.rows.row_losses` for tensors on a GPU.

    ``loss[i] = s lse(z) - <t, z> + z_loss s lse(z)^2``,
    ``gradient[i] = row_scale[i] (s (1 + 2 z_loss lse) softmax(z) - t)``, computed in float32. Rows without mass are not
    read: loss 0, gradient 0. New weights, alphas and scales compile nothing.

    Args:
        logits: (N, K), float16, bfloat16 or float32, entries of a row next to each other (else a copy is made); -inf
            masks a class.
        index, weight: (N, J), the named classes and their mass.
        table, table_index, table_weight: (R, K), (N, T), (N, T), the shared rows, or None together.
        row_scale: (N,), or one number for all rows; 1 if left out. Losses are not scaled.
        z_loss: not negative.
        gradient: whether to compute it.
        out: (N, K) in the logits' dtype, entries of a row next to each other: where the gradient goes; may be the
            logits.
        threads: ignored; taken because the kernel on the CPU takes it.
        move_mass: whether a table row's mass on masked classes moves to the others; if not, it makes the loss +inf.
        check: whether to raise for rows without a loss and for indices out of range, which waits for the GPU. If not,
            the loss and the gradient of such rows are NaN.

    Returns:
        Losses (N,) in float32 and the gradient (N, K) in the logits' dtype, or None.

    Raises:
        ImportError: no Triton.
        TypeError: logits of another dtype.
        ValueError: shapes or devices that disagree, no GPU, an index out of range, a row with a NaN, a +inf, or every
            class masked (in place: such a row keeps its logits).

    Example::

        loss, gradient = row_losses(z, labels[:, None], torch.ones_like(labels[:, None], dtype=torch.float32))

    Source: the running maximum: Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018.
    """
    if logits.dtype not in DTYPES:
        raise TypeError(f"logits has dtype {logits.dtype}: the kernel takes float16, bfloat16 and float32")
    if logits.ndim != 2 or logits.shape[1] == 0:
        raise ValueError(f"logits has shape {tuple(logits.shape)}: expected (N, K), one row an example")
    if logits.device.type != "cuda" and not interpreted():
        raise ValueError(f"logits are on {logits.device}: the kernel runs on a GPU (or under TRITON_INTERPRET=1)")
    n, k = logits.shape
    if n >= 2**31:
        raise ValueError(f"logits has {n} rows: the kernel takes fewer than 2**31")
    _pair("index", index, weight, logits)
    if table is None or table_index is None or table_weight is None:
        table, table_index, table_weight = logits, index[:, :0], weight[:, :0]  # a table that is not read
    elif table.ndim != 2 or table.shape[1] != k or table.shape[0] == 0 or table.device != logits.device:
        raise ValueError(
            f"table has shape {tuple(table.shape)} on {table.device}: expected rows of {k} classes on {logits.device}"
        )
    _pair("table_index", table_index, table_weight, logits)
    if table_weight.shape[1] and table.shape[0] == 1:  # one row: its shares add up
        table_index, table_weight = table_index[:, :1], table_weight.sum(1, keepdim=True)
    if table.dtype == torch.float64 and (table.shape[0] == 1 or table.numel() <= _SMALL):
        table = table.float()
    one = logits.new_ones(1, dtype=torch.float32)
    scale = row_scale.reshape(-1) if isinstance(row_scale, Tensor) else one
    if scale.numel() not in (1, n) or scale.device != logits.device:
        raise ValueError(
            f"row_scale has {scale.numel()} entries on {scale.device}: expected one, or one for each of the {n} rows, "
            f"on {logits.device}"
        )
    if out is not None and (out.shape != logits.shape or out.dtype != logits.dtype or not _side_by_side(out)):
        raise ValueError(
            f"out is {out.dtype} of shape {tuple(out.shape)}: expected {logits.dtype} {(n, k)}, not strided"
        )
    z, table = (x.detach() if _side_by_side(x) else x.detach().contiguous() for x in (logits, table))
    loss = torch.empty(n, dtype=torch.float32, device=logits.device)
    result = (torch.empty_like(z, memory_format=torch.contiguous_format) if out is None else out) if gradient else None
    if n == 0:
        return loss, result
    block = min(1 << (k - 1).bit_length(), _BLOCK)
    flag = torch.full((2,), n, dtype=torch.int32, device=logits.device)
    place = z if result is None else result.detach()
    names, parts = index.shape[1], table_index.shape[1]
    with torch.cuda.device(z.device) if z.is_cuda else nullcontext():
        _kernel()[(n,)](
            *(z, z.stride(0), place, place.stride(0), loss, flag, k),
            *(index.contiguous(), weight.detach().contiguous(), names),
            *(table, table.stride(0), table.shape[0], table_index.contiguous()),
            *(table_weight.detach().contiguous(), parts, scale.detach().contiguous(), int(scale.numel() > 1)),
            *(1.0 if row_scale is None or isinstance(row_scale, Tensor) else float(row_scale), float(z_loss)),
            *(int(move_mass), int(check)),
            BLOCK=block,
            NAMES=_power(names),
            PARTS=_power(parts) if parts else 0,
            ONE=int(table.shape[0] == 1),
            GRADIENT=int(gradient),
            CUTS=int(logits.dtype == torch.bfloat16 and interpreted()),
            num_warps=max(1, min(8, block // 512)),
            enable_fp_fusion=True,  # Triton's default, written out in case that changes
        )
    if check:
        bad, lost = flag.tolist()
        if lost < n:
            _out_of_range("index", index, k)
            _out_of_range("table_index", table_index, table.shape[0])
        if bad < n:
            raise checks.bad_logits(logits[bad], bad)
    return loss, result


def interpreted() -> bool:
    """Whether Triton runs in its interpreter, on the CPU."""
    return os.environ.get("TRITON_INTERPRET", "0") == "1"


@cache
def _kernel() -> Any:
    try:
        from onewarm.kernels.triton.rows_kernel import rows_kernel
    except ImportError as error:
        raise ImportError("the loss on a GPU needs Triton: pip install triton") from error
    return rows_kernel


def _pair(name: str, index: Tensor, weight: Tensor, logits: Tensor) -> None:
    n = logits.shape[0]
    if index.ndim != 2 or index.shape != weight.shape or index.shape[0] != n:
        raise ValueError(
            f"{name} has shape {tuple(index.shape)} and its weights {tuple(weight.shape)}: "
            f"expected the same, of {n} rows"
        )
    for argument, array in ((name, index), (f"{name}'s weight", weight)):
        if array.device != logits.device:
            raise ValueError(f"{argument} is on {array.device}, logits on {logits.device}: expected the same device")


def _out_of_range(name: str, index: Tensor, size: int) -> None:
    index = index.cpu()  # where values may be read
    if (bad := checks.first_true((index < 0) | (index >= size))) is not None:
        raise ValueError(f"target.{name}{list(bad)} is {checks.item(index, bad)}, outside 0..{size - 1}")


def _side_by_side(rows: Tensor) -> bool:
    """Whether the entries of a row lie next to each other."""
    return rows.stride(1) == 1 or rows.shape[1] == 1


def _power(number: int) -> int:
    """The next power of two, at least 1."""
    return 1 << max(number - 1, 0).bit_length()
