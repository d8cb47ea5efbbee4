"""Teachers: logits, a layer that computes them, or targets; their distributions are made a block of rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, Self

import torch
from torch import Tensor

from onewarm import checks
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget, unchecked
from onewarm.soft_target.parts import PARTS
from onewarm.torch.device import on_cpu
from onewarm.torch.distillation.divergences import TeacherRows
from onewarm.torch.linear.autograd import checked_layer
from onewarm.torch.linear.chunks import Layer

Rows = slice | Tensor


class LogitTeacher:
    """The rows ``softmax(v / temperature)`` of logits v.

    Args:
        logits: v, (N, K).
        temperature: above 0.
        live: (N,), the rows that count; None for all. The others are not read.
        numbers: which rows of the caller's these are, for messages.
    """

    def __init__(
        self, logits: Tensor, temperature: float, live: Tensor | None = None, numbers: Rows = slice(None)
    ) -> None:
        self.logits, self.temperature, self.live, self.numbers = logits, temperature, live, numbers
        self.count, self.num_classes, self.device = int(logits.shape[0]), int(logits.shape[1]), logits.device

    def __len__(self) -> int:
        return self.count

    @property
    def dtype(self) -> torch.dtype:
        """The least dtype of the arithmetic."""
        return torch.promote_types(self.logits.dtype, torch.float32)

    def tensors(self) -> tuple[Tensor | None, ...]:
        """What the teacher is made of, for autograd to save."""
        return self.logits, self.live

    def with_tensors(self, tensors: Sequence[Tensor | None]) -> Self:
        """The same teacher made of others, or of None until they are put back."""
        teacher = copy(self)
        teacher.logits, teacher.live = tensors  # type: ignore[assignment]
        return teacher

    def has_mass(self) -> Tensor:
        """The rows that count, (N,)."""
        return torch.ones(self.count, dtype=torch.bool, device=self.device) if self.live is None else self.live

    def mass(self) -> Tensor:
        """1 for every row that counts, (N,)."""
        return self.has_mass().to(torch.float32)

    def some(self, rows: Rows) -> LogitTeacher:
        """The teacher of some rows, whose logits are in memory."""
        live = None if self.live is None else self.live[rows]
        return LogitTeacher(self.logits[rows], self.temperature, live, rows)

    def rows(self, rows: Rows, dead: Tensor | None, dtype: torch.dtype, *, entropy: bool) -> TeacherRows:
        """The distributions of some rows.

        Args:
            rows: which.
            dead: (n, K), the classes that the student masks, whose mass moves to the others; None if there is none.
            dtype: of the arithmetic.
            entropy: whether the divergence reads log q.

        Raises:
            ValueError: a logit that is NaN or +inf, a row with every class masked.
        """
        v = self.logits[rows].to(dtype)
        top = v.amax(1, keepdim=True)
        if on_cpu(v) and (bad := checks.first_true(~top.isfinite())) is not None:
            raise checks.bad_logits(v[bad[0]], row_number(self.numbers, row_number(rows, bad[0])), "teacher")
        if dead is not None:
            kept = v.masked_fill(dead, -torch.inf)
            kept_top = kept.amax(1, keepdim=True)
            nowhere = kept_top == -torch.inf  # all of its mass is on masked classes: it stays there
            v, top = torch.where(nowhere, v, kept), torch.where(nowhere, top, kept_top)
        log_q = (v - top).div_(self.temperature)
        q = log_q.exp()
        total = q.sum(1, keepdim=True)
        return TeacherRows(q.div_(total), log_q if entropy else None, total, None)


class LayerTeacher(LogitTeacher):
    """The rows ``softmax((W x + b) / temperature)`` of a layer with N inputs x and K classes."""

    def __init__(self, layer: Layer, temperature: float, live: Tensor | None = None) -> None:
        self.layer = Layer(*(None if part is None else part.detach() for part in layer))  # type: ignore[arg-type]
        self.temperature, self.live, self.numbers = temperature, live, slice(None)
        self.count, self.num_classes = int(layer.hidden.shape[0]), int(layer.weight.shape[0])
        self.device = layer.hidden.device

    @property
    def dtype(self) -> torch.dtype:
        """The least dtype of the arithmetic."""
        return self.layer.dtype

    def tensors(self) -> tuple[Tensor | None, ...]:
        """What the teacher is made of, for autograd to save."""
        return *self.layer, self.live

    def with_tensors(self, tensors: Sequence[Tensor | None]) -> Self:
        """The same teacher made of others, or of None until they are put back."""
        teacher = copy(self)
        *layer, teacher.live = tensors
        teacher.layer = Layer(*layer)  # type: ignore[arg-type]
        return teacher

    def some(self, rows: Rows) -> LogitTeacher:
        """The teacher of some rows by their logits, which are computed here."""
        x = self.layer.hidden[rows].to(self.layer.dtype)
        v = x.new_empty(len(x), self.num_classes)
        self.layer.logits(x, v)
        return LogitTeacher(v, self.temperature, None if self.live is None else self.live[rows], rows)


class TargetTeacher:
    """The rows of a SoftTarget, at the temperature of the distillation.

    Args:
        target: of N rows.
        numbers: which rows of the caller's these are, for messages.
    """

    def __init__(self, target: SoftTarget, numbers: Rows = slice(None)) -> None:
        self.target, self.num_classes, self.numbers = target, target.num_classes, numbers

    def __len__(self) -> int:
        return len(self.target)

    @property
    def dtype(self) -> torch.dtype:
        """The least dtype of the arithmetic."""
        given = self.target.weight if self.target.table is None else self.target.table
        return torch.promote_types(given.dtype, torch.float32)

    def tensors(self) -> tuple[Tensor | None, ...]:
        """What the teacher is made of, for autograd to save."""
        return tuple(getattr(self.target, name) for name in PARTS)

    def with_tensors(self, tensors: Sequence[Tensor | None]) -> TargetTeacher:
        """The same teacher made of others, or of None until they are put back."""
        teacher = copy(self)
        teacher.target = unchecked(num_classes=self.num_classes, **dict(zip(PARTS, tensors, strict=True)))
        return teacher

    def has_mass(self) -> Tensor:
        """The rows that have mass, (N,)."""
        has_mass: Tensor = self.target.has_mass()
        return has_mass

    def mass(self) -> Tensor:
        """The mass of each row, (N,)."""
        mass: Tensor = self.target.mass()
        return mass

    def some(self, rows: Rows) -> TargetTeacher:
        """The teacher of some rows."""
        return TargetTeacher(self.target[rows], rows)

    def rows(self, rows: Rows, dead: Tensor | None, dtype: torch.dtype, *, entropy: bool) -> TeacherRows:
        """As :meth:`LogitTeacher.rows`.

        Raises:
            ValueError: for a divergence that reads log q, a row with a negative entry.
        """
        t = dense_rows(self.target, rows, dead, dtype)
        mass = t.sum(1, keepdim=True)
        if not entropy:
            return TeacherRows(t, None, None, mass)
        if on_cpu(t) and (bad := checks.first_true((t < 0).any(1))) is not None:
            row = row_number(self.numbers, row_number(rows, bad[0]))
            raise InputError(
                f"teacher[{row}] has a negative entry, so KL is not defined: pass divergence='cross_entropy'"
            )
        q = t.div_(mass)
        return TeacherRows(q, q.log(), None, mass)


Teacher = LogitTeacher | TargetTeacher


def dense_rows(target: SoftTarget, rows: Rows, dead: Tensor | None, dtype: torch.dtype) -> Tensor:
    """Some rows of a target, (n, K), after table mass has moved off the classes ``dead`` (n, K) where it can."""
    index, weight = target.index[rows], target.weight[rows].to(dtype)
    dense: Tensor = weight.new_zeros(len(index), target.num_classes)
    if target.table is not None:
        places, weights = target.table_index[rows], target.table_weight[rows].to(dtype)
        for j in range(places.shape[1]):
            row = (target.table if len(target.table) == 1 else target.table[places[:, j]]).to(dtype)
            dense = dense + weights[:, j, None] * (row if dead is None else _moved(row, dead))
    if index.shape[1]:
        dense = dense.scatter_add(1, index.long(), weight)
    return dense


def _moved(row: Tensor, dead: Tensor) -> Tensor:
    stays = torch.where(dead, 0.0, row)
    left, total = stays.sum(1, keepdim=True), row.sum(1, keepdim=True)
    moved = stays * (total / torch.where(left == 0, 1.0, left))
    return torch.where((left == 0) & (total != 0), row, moved)


def row_number(rows: Rows, i: int) -> int:
    """The number in all rows of the i-th of these."""
    return int(rows.start or 0) + i if isinstance(rows, slice) else int(rows[i])


def logit_teacher(teacher: Any, shape: torch.Size, temperature: float, name: str, live: Tensor | None) -> LogitTeacher:
    """A teacher by its logits, which have a row for each of the student's.

    Args:
        teacher: logits, (*shape, K).
        shape: of the student's rows.
        temperature: above 0.
        name: of the student's argument that the shape is from.
        live: (N,), the rows that count, or None.

    Raises:
        TypeError: not a tensor of floating point.
        ValueError: another shape.
    """
    if not isinstance(teacher, Tensor) or not teacher.is_floating_point():
        kind = teacher.dtype if isinstance(teacher, Tensor) else type(teacher).__name__
        raise TypeError(f"teacher is {kind}: expected a tensor of logits, or a SoftTarget")
    if teacher.ndim == 0 or teacher.shape[-1] == 0 or teacher.shape[:-1] != shape:
        rows = ", ".join([*(str(size) for size in shape), "K"])
        raise InputError(f"teacher has shape {tuple(teacher.shape)}: expected ({rows}), a row for each of {name}")
    return LogitTeacher(teacher.detach().reshape(-1, teacher.shape[-1]), temperature, live)


def layer_teacher(teacher: Any, shape: torch.Size, temperature: float, live: Tensor | None) -> LayerTeacher:
    """A teacher by its layer, ``(hidden, weight)`` or ``(hidden, weight, bias)``.

    Raises:
        TypeError: neither of these, or not tensors of floating point.
        ValueError: shapes that disagree with each other or with the student's.
    """
    parts = tuple(teacher) if isinstance(teacher, (tuple, list)) else ()
    if len(parts) not in (2, 3):
        raise TypeError(
            f"teacher is {type(teacher).__name__}: expected logits, a SoftTarget, (hidden, weight) or "
            "(hidden, weight, bias)"
        )
    try:
        layer, rows = checked_layer(*parts, *([None] * (3 - len(parts))))
    except (TypeError, ValueError) as error:
        raise type(error)(f"teacher: {error}") from None
    if rows != shape:
        raise InputError(
            f"teacher has rows of shape {tuple(rows)} over {layer.weight.shape[0]} classes, the student "
            f"{tuple(shape)}: expected rows of the same shape"
        )
    return LayerTeacher(layer, temperature, live)
