"""Teachers given by logits, or by a layer that computes them: their softmax is computed in blocks of rows."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, Self

import torch
from torch import Tensor

from onewarm import checks
from onewarm.target import SoftTarget
from onewarm.torch.linear.autograd import checked_layer
from onewarm.torch.linear.chunks import Layer


class LogitTeacher:
    """The rows ``softmax(v / temperature)`` of logits v (N, K), made when a chunk of a linear layer needs them.

    Args:
        logits: v, (N, K).
        temperature: above 0.
        with_entropy: whether :meth:`distribution` gives the entropy, which turns a cross-entropy into a divergence.
    """

    table = None  # as of a SoftTarget without one: there is nothing that a closed form could be made of

    def __init__(self, logits: Tensor, temperature: float, *, with_entropy: bool) -> None:
        self.logits, self.temperature, self.with_entropy = logits, temperature, with_entropy
        self.count, self.num_classes, self.device = int(logits.shape[0]), int(logits.shape[1]), logits.device

    def __len__(self) -> int:
        return self.count

    def distribution(self, rows: slice | Tensor) -> tuple[SoftTarget, Tensor | None]:
        """Some rows as a target, and their entropies (n,) in float64, or None.

        Raises:
            ValueError: a logit that is NaN or +inf, a row with every class masked.
        """
        with torch.no_grad(), torch.autocast(self.device.type, enabled=False):
            log_p = torch.log_softmax(self.scores(rows) / self.temperature, dim=1)
            p = log_p.exp()
            if (bad := checks.first_true(~p.sum(dim=1).isfinite())) is not None:
                row = bad[0] + int(rows.start or 0) if isinstance(rows, slice) else int(rows[bad[0]])
                raise checks.bad_logits(self.scores(slice(row, row + 1))[0], row, "teacher")
            entropy = None
            if self.with_entropy:
                entropy = -log_p.mul_(p).nan_to_num_(nan=0.0).sum(dim=1, dtype=torch.float64)  # 0 log 0 is 0
        count = len(p)
        target = SoftTarget(
            index=torch.zeros(count, 0, dtype=torch.int64, device=self.device),
            weight=torch.zeros(count, 0, dtype=torch.float64, device=self.device),
            table=p,
            table_index=torch.arange(count, device=self.device)[:, None],
            table_weight=torch.ones(count, 1, dtype=torch.float64, device=self.device),
            num_classes=self.num_classes,
        )
        return target, entropy

    def tensors(self) -> tuple[Tensor | None, ...]:
        """What the teacher is made of, for autograd to save."""
        return (self.logits,)

    def with_tensors(self, tensors: Sequence[Tensor | None]) -> Self:
        """The same teacher made of others, or of None until they are put back."""
        teacher = copy(self)
        (teacher.logits,) = tensors  # type: ignore[assignment]
        return teacher

    def scores(self, rows: slice | Tensor) -> Tensor:
        """The logits of some rows, in float32 or better."""
        v = self.logits[rows]
        return v if v.dtype == torch.float64 else v.float()

    def has_mass(self) -> Tensor:
        """True for every row, (N,)."""
        return torch.ones(self.count, dtype=torch.bool, device=self.device)

    def mass(self) -> Tensor:
        """1 for every row, (N,)."""
        return torch.ones(self.count, dtype=torch.float64, device=self.device)


class LayerTeacher(LogitTeacher):
    """The rows ``softmax((W x + b) / temperature)`` of a layer with N inputs x and K classes."""

    def __init__(self, layer: Layer, temperature: float, *, with_entropy: bool) -> None:
        self.layer = Layer(*(None if part is None else part.detach() for part in layer))  # type: ignore[arg-type]
        self.temperature, self.with_entropy = temperature, with_entropy
        self.count, self.num_classes = int(layer.hidden.shape[0]), int(layer.weight.shape[0])
        self.device = layer.hidden.device

    def tensors(self) -> tuple[Tensor | None, ...]:
        """What the teacher is made of, for autograd to save."""
        return tuple(self.layer)

    def with_tensors(self, tensors: Sequence[Tensor | None]) -> Self:
        """The same teacher made of others, or of None until they are put back."""
        teacher = copy(self)
        teacher.layer = Layer(*tensors)  # type: ignore[arg-type]
        return teacher

    def scores(self, rows: slice | Tensor) -> Tensor:
        """The logits of some rows, in float32 or better."""
        x = self.layer.hidden[rows].to(self.layer.dtype)
        v = x.new_empty(len(x), self.num_classes)
        self.layer.logits(x, v)
        return v


def logit_teacher(
    teacher: Any, shape: torch.Size, classes: int, temperature: float, name: str, *, with_entropy: bool
) -> LogitTeacher:
    """A teacher by its logits, which have one for each of the student's.

    Args:
        teacher: logits, (*shape, classes).
        shape: of the student's rows.
        classes: K.
        temperature: above 0.
        name: of the student's argument that the shape is from.
        with_entropy: as for :class:`LogitTeacher`.

    Raises:
        TypeError: not a tensor of floating point.
        ValueError: another shape.
    """
    if not isinstance(teacher, Tensor) or not teacher.is_floating_point():
        kind = teacher.dtype if isinstance(teacher, Tensor) else type(teacher).__name__
        raise TypeError(f"teacher is {kind}: expected a tensor of logits, or a SoftTarget")
    if tuple(teacher.shape) != (*shape, classes):
        raise ValueError(f"teacher has shape {tuple(teacher.shape)}: expected {(*shape, classes)} as of {name}")
    return LogitTeacher(teacher.detach().reshape(-1, classes), temperature, with_entropy=with_entropy)


def layer_teacher(
    teacher: Any, shape: torch.Size, classes: int, temperature: float, *, with_entropy: bool
) -> LayerTeacher:
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
    if rows != shape or layer.weight.shape[0] != classes:
        raise ValueError(
            f"teacher has rows of shape {tuple(rows)} over {layer.weight.shape[0]} classes, the student {tuple(shape)} "
            f"over {classes}: expected the same"
        )
    return LayerTeacher(layer, temperature, with_entropy=with_entropy)
