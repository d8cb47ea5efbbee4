"""Items of a Dataset or DataLoader of PyTorch: pairs (x, y), dicts as Hugging Face gives, named tuples, dataclasses."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.summary.inputs import to_numpy
from onewarm.checks import visible
from onewarm.errors import InputError, needs
from onewarm.tables.columns.names import LABEL_NAMES, clean

MOST_HELD = 1 << 31
"""Bytes of features that are held in memory: of a sparse matrix made dense, of a PyTorch Dataset's items."""

X_NAMES = (
    "x", "pixel_values", "input_values", "input_features", "input_ids", "inputs", "input", "features", "feature",
    "embedding", "embeddings", "image", "images", "img", "data",
)  # fmt: skip
"""Usual names of an item's examples; the first one that an item has is taken."""
Y_NAMES = (*LABEL_NAMES, "label_ids")
_REMEDY = "pass a Dataset whose items are pairs (x, y)"


def items_of(data: Any) -> tuple[NDArray[Any], NDArray[Any], tuple[str, ...]]:
    """The rows of a Dataset or DataLoader, and notes. Each item is read once, in the data's own order.

    An item is a pair (x, y), or a dict, named tuple or dataclass whose names say which is which.

    Raises InputError for other items, for those that are no arrays of one shape, and for more than ``MOST_HELD`` bytes.
    """
    with needs("a Dataset of PyTorch", "study"):
        from torch.utils.data import DataLoader, IterableDataset, default_collate

    name = type(data).__name__
    batches: Iterable[Any]
    if not isinstance(data, DataLoader):
        batches = DataLoader(data, batch_size=256, collate_fn=_stacked)
    elif isinstance(data.dataset, IterableDataset):
        batches = data
    else:  # in order, not shuffled: the same data gives the same runs
        collate = _stacked if data.collate_fn is default_collate else data.collate_fn
        batches = DataLoader(data.dataset, batch_size=data.batch_size or 256, collate_fn=collate)
    xs, ys, held, row = [], [], 0, 1
    notes = [f"Read each item of the {name} once, in order: what it draws at random is drawn once for all runs."]
    for batch in _read(batches, name):
        pairs, note = _pairs(batch, name, row)
        notes += [note] if note and len(notes) == 1 else []
        for x, y in pairs:
            xs.append(x)
            ys.append(y)
            row += len(x)
            held += x.nbytes
        if held > MOST_HELD:
            raise InputError(
                f"{name}: its features take more than {MOST_HELD >> 30} GiB, and a study holds them in memory: pass "
                "a part, as with torch.utils.data.Subset"
            )
    if not xs:
        raise InputError(f"{name}: no rows")
    try:
        return np.concatenate(xs), np.concatenate(ys), tuple(notes)
    except ValueError:
        raise _of_several_shapes(name, sorted({x.shape[1:] for x in xs})) from None


class _Items(list[Any]):
    """Items of a batch that nothing has put together."""


def _stacked(items: list[Any]) -> Any:
    return _Items(items)


def _read(batches: Iterable[Any], name: str) -> Iterable[Any]:
    try:
        yield from batches
    except (TypeError, RuntimeError, IndexError, KeyError) as error:
        reason = str(error).split("\n")[0][:200]
        raise InputError(
            f"{name}: its items cannot be put together ({reason}): give tensors or arrays of one shape, as with "
            "transform=torchvision.transforms.ToTensor()"
        ) from None


def _pairs(batch: Any, name: str, row: int) -> tuple[list[tuple[NDArray[Any], NDArray[Any]]], str]:
    """Arrays of examples and labels of a batch, and how its names were taken, in words."""
    if not isinstance(batch, _Items):
        x, y, note = _parts(batch, name)
        return [(_numbers(x, name, row), np.atleast_1d(to_numpy(y, "y")))], note
    found = []
    note = ""
    for i, item in enumerate(batch):
        x, y, note = _parts(item, name)
        found.append((_numbers(x, name, row + i), y))
    shapes = sorted({x.shape for x, _ in found})
    if len(shapes) > 1:
        raise _of_several_shapes(name, shapes)
    ys = [y.item() if getattr(y, "ndim", 1) == 0 and hasattr(y, "item") else y for _, y in found]
    for i, y in enumerate(ys):
        if y is None or isinstance(y, Mapping):
            raise InputError(
                f"{name}: item {row + i - 1} has the label {_short(y)}: give one class, a number or a text"
            )
    labels = np.stack([to_numpy(y, "y") for y in ys]) if hasattr(ys[0], "shape") else np.asarray(ys)
    return [(np.stack([x for x, _ in found]), labels)], note


def _of_several_shapes(name: str, shapes: list[tuple[int, ...]]) -> InputError:
    shown = ", ".join(map(str, shapes[:2]))
    return InputError(
        f"{name}: its items cannot be put together (shapes {shown}): give tensors or arrays of one shape, padded or cut"
    )


def _numbers(x: Any, name: str, row: int) -> NDArray[Any]:
    remedy = "give tensors or arrays of numbers, as with transform=torchvision.transforms.ToTensor()"
    if isinstance(x, Mapping) or x is None:
        raise InputError(f"{name}: item {row - 1} has as x {_short(x)}: {remedy}")
    try:
        array = np.asarray(to_numpy(x, "x"))
    except ValueError:
        raise InputError(f"{name}: item {row - 1} has as x lists of different lengths: {remedy}") from None
    if array.dtype.kind not in "biuf":
        hint = "tokenise it, or give its embedding" if isinstance(x, str) else remedy
        raise InputError(f"{name}: item {row - 1} has as x {_short(x)}: {hint}")
    return array


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"a dict of {', '.join(map(repr, list(value)[:4]))}"
    return visible(repr(value))[:60]


def _parts(item: Any, name: str) -> tuple[Any, Any, str]:
    """The example and the label of an item or batch, and how they were found, in words."""
    fields = _fields(item)
    if fields is not None:
        pair = len(fields) == 2 and isinstance(item, tuple)
        return _named(fields, name, pair=pair)
    if isinstance(item, list | tuple) and len(item) == 2:
        return item[0], item[1], ""
    if isinstance(item, list | tuple):
        raise InputError(f"{name}: an item is a {type(item).__name__} of {len(item)}, not a pair (x, y): {_REMEDY}")
    raise InputError(f"{name}: an item is {type(item).__name__}, not a pair (x, y): {_REMEDY}")


def _fields(item: Any) -> dict[str, Any] | None:
    if isinstance(item, Mapping):
        return {str(key): value for key, value in item.items()}
    if isinstance(item, tuple) and hasattr(item, "_fields"):
        return dict(zip(item._fields, item, strict=True))
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    return None


def _named(fields: dict[str, Any], name: str, *, pair: bool) -> tuple[Any, Any, str]:
    names = list(fields)
    shown = ", ".join(repr(visible(n)) for n in names[:6]) + (", ..." if len(names) > 6 else "")
    labels = [n for n in names if clean(n) in Y_NAMES]
    if pair and not labels:
        return fields[names[0]], fields[names[1]], ""
    if len(labels) != 1:
        why = "none is the label (looked for 'label', 'labels', 'target', 'y')" if not labels else "two are labels"
        raise InputError(f"{name}: an item has {shown}, of which {why}: {_REMEDY}")
    rest = [n for n in names if n not in labels]
    usual = [n for known in X_NAMES for n in rest if clean(n) == known]
    if not usual and len(rest) != 1:
        raise InputError(
            f"{name}: an item has {shown}, of which {labels[0]!r} is the label, and which holds the example is not "
            f"clear (looked for {', '.join(map(repr, X_NAMES[:5]))}, ...): {_REMEDY}"
        )
    example = (usual or rest)[0]
    unused = [n for n in rest if n != example]
    more = f"; not used: {', '.join(repr(visible(n)) for n in unused[:6])}" if unused else ""
    return (
        fields[example],
        fields[labels[0]],
        (f"Items: {visible(example)!r} is the example and {visible(labels[0])!r} the label{more}."),
    )
