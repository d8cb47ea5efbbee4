"""The arrays of a target: their names, and whether they fit together."""

from __future__ import annotations

from typing import Any, TypeAlias

from onewarm import checks
from onewarm.checks import Array
from onewarm.errors import InputError

Parts: TypeAlias = dict[str, Array]
TABLE_PARTS = ("table", "table_index", "table_weight")
PARTS = ("index", "weight", *TABLE_PARTS)


def checked(parts: Parts, num_classes: Any) -> int:
    """The number of classes as Python's, of parts that fit together. Values are not looked at.

    Raises:
        TypeError: arrays of different libraries, or indices that are not integers.
        ValueError: shapes that disagree, or only a part of the three table arguments.
    """
    xp = checks.namespace(**parts)
    if type(num_classes) is not int or num_classes < 1:
        num_classes = checks.count(num_classes, "num_classes")
    given = [name for name in TABLE_PARTS if parts[name] is not None]
    if len(given) not in (0, 3):
        raise InputError(f"only {' and '.join(given)} given: table, table_index and table_weight go together")
    for name, weight_name in (("index", "weight"), ("table_index", "table_weight")):
        index, weight = parts[name], parts[weight_name]
        if index is None:
            continue
        if len(index.shape) != 2 or tuple(index.shape) != tuple(weight.shape):
            raise InputError(
                f"{name} has shape {tuple(index.shape)} and {weight_name} {tuple(weight.shape)}: "
                "expected the same two-dimensional shape"
            )
        if not xp.isdtype(index.dtype, "integral"):
            raise TypeError(f"{name} has dtype {index.dtype}: expected integers")
    if given:
        if len(parts["table"].shape) != 2 or parts["table"].shape[1] != num_classes:
            raise InputError(
                f"table has shape {tuple(parts['table'].shape)}: expected rows of num_classes = {num_classes}"
            )
        if parts["table_index"].shape[0] != parts["index"].shape[0]:
            raise InputError(
                f"table_index has {parts['table_index'].shape[0]} rows, index has "
                f"{parts['index'].shape[0]}: one row of each an example"
            )
    return int(num_classes)
