"""What the two forms of distillation check in the same way: the rows that count, the common classes."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from onewarm import checks
from onewarm.distillation_options import ignored_label
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget
from onewarm.target import as_target, one_hot
from onewarm.torch.device import on_cpu

Vocabulary: TypeAlias = Literal["equal", "common"]


def live_rows(mask: Any, ignore_index: Any, hard_target: Any, shape: torch.Size, like: Tensor) -> Tensor | None:
    """The rows (N,) that count in both parts, or None for all.

    Args:
        mask: bool, of the leading ``shape``, or None.
        ignore_index: of hard labels, whose rows do not count; or None.
        hard_target: the labels that it is about.
        shape: of the student's rows.
        like: on the student's device.

    Raises:
        TypeError: a mask that is not of bool.
        ValueError: a mask of another shape or on another device, an ``ignore_index`` without labels.
    """
    live = None
    if mask is not None:
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
            kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
            raise TypeError(f"mask is {kind}: expected a tensor of bool, True for the rows that count")
        if mask.shape != shape:
            raise InputError(f"mask has shape {tuple(mask.shape)}: expected {tuple(shape)}, one entry a row")
        if mask.device != like.device:
            raise InputError(f"mask is on {mask.device}, the student on {like.device}: expected the same device")
        live = mask.reshape(-1)
    if ignore_index is None:
        return live
    labels = isinstance(hard_target, Tensor) and not hard_target.is_floating_point()
    label = ignored_label(ignore_index, hard_target, labels=labels)
    counts: Tensor = hard_target.reshape(-1) != label
    return counts if live is None else live & counts


def hard_rows(
    hard_target: Any, shape: torch.Size, classes: int, ignore_index: Any, live: Tensor | None, like: Tensor
) -> SoftTarget:
    """The hard target as a row of mass for each of the student's rows; none where it does not count.

    Raises:
        TypeError: a target that is not made of tensors.
        ValueError: shapes or devices that disagree, an index out of range.
    """
    if isinstance(hard_target, Tensor):
        wide = hard_target.is_floating_point()
        expected = (*shape, classes) if wide else tuple(shape)
        if tuple(hard_target.shape) != expected:
            kind = "probabilities" if wide else "labels"
            raise InputError(f"hard_target has shape {tuple(hard_target.shape)}: expected {kind} of shape {expected}")
        hard_target = hard_target.reshape((-1, classes) if wide else (-1,))
    if isinstance(hard_target, Tensor) and not hard_target.is_floating_point() and ignore_index is not None:
        rows = one_hot(hard_target, classes, ignore_index=int(ignore_index))
    else:
        rows = as_target(hard_target, classes)
    return counted(fitting(rows, shape, like, "hard_target"), live)


def counted(target: SoftTarget, live: Tensor | None) -> SoftTarget:
    """A target without mass in the rows that do not count."""
    return target if live is None else target.scale(live.to(target.weight.dtype))


def fitting(target: SoftTarget, shape: torch.Size, like: Tensor, name: str) -> SoftTarget:
    """Refuse a target that is not made of tensors on the student's device, or not of its rows.

    Raises:
        TypeError: a target of another library's arrays.
        ValueError: another number of rows, another device, an index out of range.
    """
    for part in (target.index, target.weight, target.table, target.table_index, target.table_weight):
        if part is None:
            continue
        if not isinstance(part, Tensor):
            raise TypeError(f"{name} is made of {type(part).__name__}, the student's of tensors: make it of tensors")
        if part.device != like.device:
            raise InputError(f"{name} is on {part.device}, the student on {like.device}: expected the same device")
    rows = shape.numel()
    if len(target) != rows:
        raise InputError(f"{name} has {len(target)} rows, the student {rows}: expected one for each")
    checked = [(target.index, target.num_classes, "index")]
    if target.table is not None:
        checked.append((target.table_index, len(target.table), "table_index"))
    for index, size, part_name in checked:
        if not on_cpu(index):  # a check would wait for the device
            continue
        if (bad := checks.first_true((index < 0) | (index >= size))) is not None:
            value = checks.item(index, bad)
            raise InputError(f"{name}.{part_name}{list(bad)} is {value}, outside 0..{size - 1}")
    return target


def common_classes(teacher: int, student: int, vocabulary: Any, difference: str) -> int:
    """The number of classes over which teacher and student are compared; ``difference`` says how theirs differ.

    Raises:
        ValueError: an unknown ``vocabulary``, numbers that differ where they have to be equal.
    """
    if vocabulary not in ("equal", "common"):
        raise InputError(f"vocabulary is {vocabulary!r}: expected 'equal' or 'common'")
    if teacher != student and vocabulary == "equal":
        raise InputError(f"{difference}; for vocabularies padded to different sizes pass vocabulary='common'")
    return min(teacher, student)


def cut(target: SoftTarget, classes: int) -> SoftTarget:
    """A target over the first ``classes``, to which the mass of its other classes moves in proportion.

    Raises:
        ValueError: a row whose mass is all on the others.

    >>> cut(one_hot(torch.tensor([1]), 4), 3).dense()
    tensor([[0., 1., 0.]], dtype=torch.float64)
    """
    if target.num_classes == classes:
        return target
    inside = target.index < classes
    parts: dict[str, Any] = {
        "index": torch.where(inside, target.index, 0),
        "weight": torch.where(inside, target.weight, 0.0),
        "num_classes": classes,
    }
    if target.table is not None:
        parts |= {
            "table": target.table[:, :classes],
            "table_index": target.table_index,
            "table_weight": target.table_weight,
        }
    kept = SoftTarget(**parts)
    mass, left, counts = target.mass(), kept.mass(), target.has_mass()
    lost = counts & (left == 0)
    if on_cpu(left) and (bad := checks.first_true(lost)) is not None:
        raise InputError(
            f"teacher[{bad[0]}] has no mass on the {classes} classes that it shares with the student: leave the row "
            "out with mask="
        )
    return kept.scale(torch.where(counts & ~lost, mass / torch.where(left == 0, 1.0, left), 1.0))
