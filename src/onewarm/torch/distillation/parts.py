"""The parts of a distillation loss, and their losses and gradients by blocks of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from onewarm import checks
from onewarm.distillation_options import Divergence
from onewarm.torch.device import on_cpu, sum_dtype
from onewarm.torch.distillation.divergences import row_divergences
from onewarm.torch.distillation.teachers import LogitTeacher, Rows, Teacher, row_number
from onewarm.torch.interop.openmp import share

_BLOCK = 2**16  # logits at a time: the temporaries stay in a core's cache
_BLOCK_ON_A_GPU = 2**24


class Part(NamedTuple):
    """``scale D(teacher, softmax(z / temperature))``, over the first ``teacher.num_classes`` classes of z."""

    teacher: Teacher
    scale: float | Tensor
    temperature: float = 1.0
    divergence: Divergence = "cross_entropy"
    beta: float = 0.5


def all_rows(
    parts: Sequence[Part],
    z: Tensor,
    *,
    gradient: bool,
    upstream: Tensor | None = None,
    out: Tensor | None = None,
    name: str = "logits",
) -> tuple[Tensor, Tensor | None]:
    """The loss of each row, the sum of the parts, and its gradient.

    Args:
        parts: one or more, of N rows.
        z: (N, K), the student's logits. Rows that do not count in a part are not read for it.
        gradient: whether it is wanted.
        upstream: (N,), a factor of each row's gradient, or None.
        out: (N, K), where the gradient goes; may be z, for a single part.
        name: of the logits, for messages.

    Returns:
        Losses (N,) in the dtype of sums, and the gradient (N, K), in float32, or float64 for float64 logits.

    Raises:
        ValueError: a logit that is NaN or +inf, a row with every class masked, a target that has no divergence.
    """
    losses = torch.zeros(len(z), dtype=sum_dtype(z.device), device=z.device)
    wide = torch.promote_types(z.dtype, torch.float32)
    slopes = out if out is not None else torch.empty(z.shape, dtype=wide, device=z.device) if gradient else None
    for number, part in enumerate(parts):
        live = part.teacher.has_mass()
        # The rows that count are picked on the CPU alone: elsewhere that would wait for the device.
        picked = torch.nonzero(live)[:, 0] if on_cpu(z) and not bool(live.all()) else None
        blocks = _Blocks(part, z, name, gradient=gradient)

        def step(
            rows: Rows, number: int = number, part: Part = part, blocks: _Blocks = blocks, live: Tensor = live
        ) -> None:
            block_losses, slope = blocks.losses(rows, None if on_cpu(z) else live[rows])
            losses[rows] += block_losses.to(losses.dtype) * part.scale
            if slopes is None or slope is None:
                return
            factor = part.scale / part.temperature
            slope.mul_(factor if upstream is None else (upstream[rows, None] * factor).to(slope.dtype))
            if number:
                slopes[rows, : slope.shape[1]] += slope
            else:
                slopes[rows, : slope.shape[1]] = slope.to(wide)

        share(step, blocks.of(picked))
        if number == 0 and slopes is not None:
            slopes[:, part.teacher.num_classes :] = 0
            if picked is not None:
                slopes[~live] = 0
    return losses, slopes


class PartOfLayer:
    """A part as a term of a loss of :mod:`onewarm.torch.linear`: computed from a chunk's logits, in their memory."""

    def __init__(self, part: Part) -> None:
        self.part = part

    def has_mass(self) -> Tensor:
        """The rows that count, (N,)."""
        return self.part.teacher.has_mass()

    def tensors(self) -> tuple[Tensor | None, ...]:
        """What the part is made of, for autograd to save."""
        return part_tensors(self.part)

    def with_tensors(self, tensors: Sequence[Tensor | None]) -> PartOfLayer:
        """The same part made of others, or of None until they are put back."""
        return PartOfLayer(part_with(self.part, tensors))

    def chunk(self, z: Tensor, rows: Rows, upstream: Tensor | None, *, gradient: bool) -> Tensor:
        """The losses of some rows, (n,); with ``gradient`` their logits (n, V) are overwritten by it."""
        part = self.part._replace(teacher=self.part.teacher.some(rows))
        return all_rows([part], z, gradient=gradient, upstream=upstream, out=z if gradient else None)[0]


def part_tensors(part: Part) -> tuple[Tensor | None, ...]:
    """What a part is made of, for autograd to save."""
    return part.scale if isinstance(part.scale, Tensor) else None, *part.teacher.tensors()


def part_with(part: Part, tensors: Sequence[Tensor | None]) -> Part:
    """The same part made of others, or of None until they are put back."""
    given, *of_teacher = tensors
    plain = 1.0 if isinstance(part.scale, Tensor) else part.scale
    return part._replace(teacher=part.teacher.with_tensors(of_teacher), scale=plain if given is None else given)


class _Blocks:
    """A part's losses, block by block.

    Args:
        part: of N rows.
        z: (N, K).
        name: of the logits, for messages.
        gradient: whether it is wanted.
    """

    def __init__(self, part: Part, z: Tensor, name: str, *, gradient: bool) -> None:
        self.part, self.z, self.name, self.gradient = part, z, name, gradient
        self.dtype = torch.promote_types(torch.promote_types(z.dtype, torch.float32), part.teacher.dtype)
        self.entropy = part.divergence != "cross_entropy"
        # Zeros and masks cost two passes more. Where they are not sure, a loss that is not finite shows them.
        from_logits = isinstance(part.teacher, LogitTeacher)
        self.masked = not on_cpu(z) or part.divergence == "js" or (self.entropy and not from_logits)

    def of(self, picked: Tensor | None) -> list[Rows]:
        """All rows, or those that are picked, in blocks."""
        size = _BLOCK if on_cpu(self.z) else _BLOCK_ON_A_GPU
        step = max(size // max(self.z.shape[1], 1), 1)
        if picked is not None:
            return [picked[start : start + step] for start in range(0, len(picked), step)]
        return [slice(start, min(start + step, len(self.z))) for start in range(0, len(self.z), step)]

    def losses(self, rows: Rows, live: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """The losses of a block (n,) and their gradients in its logits times the temperature; 0 where not ``live``."""
        part = self.part
        z = self.z[rows, : part.teacher.num_classes].to(self.dtype)
        if live is not None:
            z = z.masked_fill(~live[:, None], 0)
        top = z.amax(1, keepdim=True)
        if on_cpu(z) and (bad := checks.first_true(~top.isfinite())) is not None:
            row = row_number(part.teacher.numbers, row_number(rows, bad[0]))
            raise checks.bad_logits(z[bad[0]], row, self.name)
        while True:
            scores = (z - top).div_(part.temperature)
            dead = scores == -torch.inf if self.masked else None
            teacher = part.teacher.rows(rows, dead, self.dtype, entropy=self.entropy)
            losses, slope = row_divergences(
                *(scores, teacher, part.divergence, part.beta), masked=self.masked, gradient=self.gradient
            )
            if self.masked or bool(losses.isfinite().all()):
                break
            self.masked = True
        if live is not None:
            losses = torch.where(live, losses, 0.0)
            slope = None if slope is None else slope.masked_fill_(~live[:, None], 0)
        return losses, slope
