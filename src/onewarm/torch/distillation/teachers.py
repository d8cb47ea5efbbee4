"""Teachers whose distribution is made from logits, some rows at a time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from onewarm import checks
from onewarm.target import SoftTarget
from onewarm.torch.linear.autograd import checked_layer
from onewarm.torch.linear.chunks import Layer


class LogitTeacher:
    """``softmax(v / temperature)`` of logits v (N, K), taken by rows: what a target is to the chunks of a linear layer.

    Attributes:
        entropy: (N,) float64, of the rows that were taken so far.
    """

    table = None

    def __init__(self, logits: Tensor, temperature: float) -> None:
        self.logits, self.temperature, self.device = logits, temperature, logits.device
        self.count, self.num_classes = int(logits.shape[0]), int(logits.shape[1])
        self.entropy = torch.zeros(self.count, dtype=torch.float64, device=self.device)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, rows: slice | Tensor) -> SoftTarget:
        with torch.no_grad(), torch.autocast(self.device.type, enabled=False):
            log_p = torch.log_softmax(self.scores(rows) / self.temperature, dim=1)
            p = log_p.exp()
            floor = -log_p.mul_(p).nan_to_num_(nan=0.0).sum(dim=1, dtype=torch.float64)  # 0 log 0 is 0
            bad = checks.first_true(~p.sum(dim=1).isfinite())
            if bad is not None:
                row = bad[0] + int(rows.start or 0) if isinstance(rows, slice) else int(rows[bad[0]])
                raise checks.bad_logits(self.scores(slice(row, row + 1))[0], row, "teacher")
            self.entropy[rows] = floor
        count = len(p)
        return SoftTarget(
            index=torch.zeros(count, 0, dtype=torch.int64, device=self.device),
            weight=torch.zeros(count, 0, dtype=torch.float64, device=self.device),
            table=p,
            table_index=torch.arange(count, device=self.device)[:, None],
            table_weight=torch.ones(count, 1, dtype=torch.float64, device=self.device),
            num_classes=self.num_classes,
        )

    def scores(self, rows: slice | Tensor) -> Tensor:
        """The logits of some rows, in float32 or better."""
        v = self.logits[rows]
        return v if v.dtype == torch.float64 else v.float()

    def has_mass(self) -> Tensor:
        """Every row."""
        return torch.ones(self.count, dtype=torch.bool, device=self.device)

    def mass(self) -> Tensor:
        """1 for every row."""
        return torch.ones(self.count, dtype=torch.float64, device=self.device)


class LayerTeacher(LogitTeacher):
    """The same of the logits of a layer."""

    def __init__(self, layer: Layer, temperature: float) -> None:
        self.layer = Layer(*(None if part is None else part.detach() for part in layer))  # type: ignore[arg-type]
        self.temperature, self.device = temperature, layer.hidden.device
        self.count, self.num_classes = int(layer.hidden.shape[0]), int(layer.weight.shape[0])
        self.entropy = torch.zeros(self.count, dtype=torch.float64, device=self.device)

    def scores(self, rows: slice | Tensor) -> Tensor:
        """The logits of some rows, in float32 or better."""
        x = self.layer.hidden[rows].to(self.layer.dtype)
        v = x.new_empty(len(x), self.num_classes)
        self.layer.logits(x, v)
        return v


def logit_teacher(teacher: Any, shape: torch.Size, classes: int, temperature: float, name: str) -> LogitTeacher:
    """A teacher's logits for the same rows."""
    if not isinstance(teacher, Tensor) or not teacher.is_floating_point():
        kind = teacher.dtype if isinstance(teacher, Tensor) else type(teacher).__name__
        raise TypeError(f"teacher is {kind}: expected a tensor of logits, or a SoftTarget")
    if tuple(teacher.shape) != (*shape, classes):
        raise ValueError(f"teacher has shape {tuple(teacher.shape)}: expected {(*shape, classes)} as of {name}")
    return LogitTeacher(teacher.detach().reshape(-1, classes), temperature)


def layer_teacher(teacher: Any, shape: torch.Size, classes: int, temperature: float) -> LayerTeacher:
    """A teacher's hidden rows and weight."""
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
    return LayerTeacher(layer, temperature)
