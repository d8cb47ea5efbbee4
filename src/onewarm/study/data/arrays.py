"""What Python passes as examples: arrays, tensors, sparse matrices, PyTorch's Datasets and DataLoaders."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.summary.inputs import to_numpy
from onewarm.errors import InputError, needs

MOST_HELD = 1 << 31
"""Bytes of features that are held in memory: of a sparse matrix made dense, of a PyTorch Dataset's items."""


@dataclass(frozen=True)
class Labels:
    """One label a row, (N,), as an array, Series or list; or votes (N, K) with the label that most of them name."""

    values: Any
    votes: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()


def is_frame(value: Any) -> bool:
    """Whether a value has named columns, as a DataFrame or an Arrow table."""
    return isinstance(value, dict) or any(hasattr(value, name) for name in ("collect", "columns", "column_names"))


def is_torch_data(value: Any) -> bool:
    """Whether a value is a Dataset or DataLoader of PyTorch, or something else that gives (x, y) by place."""
    data = sys.modules.get("torch.utils.data")
    if data is not None and isinstance(value, data.Dataset | data.DataLoader):
        return True
    plain = isinstance(value, list | tuple | dict | str | np.ndarray)
    return not plain and not hasattr(value, "shape") and hasattr(value, "__getitem__") and hasattr(value, "__len__")


def items_of(data: Any) -> tuple[NDArray[Any], NDArray[Any], tuple[str, ...]]:
    """The rows of a Dataset or DataLoader of (x, y), and a note. Each item is read once, in the data's own order.

    Raises InputError for items that are no pairs, and for more than ``MOST_HELD`` bytes.
    """
    with needs("a Dataset of PyTorch", "study"):
        from torch.utils.data import DataLoader, IterableDataset

    name = type(data).__name__
    batches: Iterable[Any] = data
    if not isinstance(data, DataLoader):
        batches = DataLoader(data, batch_size=256)
    elif not isinstance(data.dataset, IterableDataset):  # in order, not shuffled: the same data gives the same runs
        batches = DataLoader(data.dataset, batch_size=data.batch_size or 256, collate_fn=data.collate_fn)
    xs, ys, held = [], [], 0
    for batch in _read(batches, name):
        if not isinstance(batch, list | tuple) or len(batch) != 2:
            raise InputError(f"{name}: an item is {type(batch).__name__}, not a pair (x, y)")
        xs.append(to_numpy(batch[0], "x"))
        ys.append(to_numpy(batch[1], "y"))
        held += xs[-1].nbytes
        if held > MOST_HELD:
            raise InputError(
                f"{name}: its features take more than {MOST_HELD >> 30} GiB, and a study holds them in memory: pass "
                "a part, as with torch.utils.data.Subset"
            )
    if not xs:
        raise InputError(f"{name}: no rows")
    note = f"Read each item of the {name} once, in order: what it draws at random is drawn once for all runs."
    return np.concatenate(xs), np.concatenate(ys), (note,)


def _read(batches: Iterable[Any], name: str) -> Iterable[Any]:
    try:
        yield from batches
    except (TypeError, RuntimeError, IndexError) as error:
        reason = str(error).split("\n")[0][:200]
        raise InputError(
            f"{name}: its items cannot be put together ({reason}): give tensors or arrays of one shape, as with "
            "transform=torchvision.transforms.ToTensor()"
        ) from None


def features_of(x: Any) -> NDArray[Any]:
    """Examples as an array (N, ...) of numbers, or of objects where they are none.

    Raises InputError for a sparse matrix too large to hold densely, for rows of different lengths, and for no rows.
    """
    if hasattr(x, "tocsr"):
        size = x.shape[0] * x.shape[1] * 4
        if size > MOST_HELD:
            raise InputError(
                f"X: a sparse matrix of shape {x.shape} takes {size / (1 << 30):.1f} GiB as dense features, and "
                f"{MOST_HELD >> 30} are allowed: reduce it, as with sklearn.decomposition.TruncatedSVD"
            )
        return np.asarray(x.astype(np.float32).toarray())
    try:
        array = to_numpy(x, "X")
    except ValueError as error:
        raise InputError(f"X: {type(x).__name__} cannot be read as an array: {str(error)[:200]}") from None
    if array.ndim == 0 or not array.size:
        raise InputError(f"X has shape {array.shape}: expected (N, ...), one row an example")
    if array.dtype.kind == "c":
        raise InputError(f"X holds {array.dtype}: give real numbers, as with np.column_stack([X.real, X.imag])")
    return array.reshape(-1, 1) if array.ndim == 1 else array


def labels_of(y: Any) -> Labels:
    """Labels as they are given: one a row; one-hot (N, K); or counts of votes (N, K), with the majority as the label.

    Raises InputError for distributions, negative votes and rows without any.

    >>> labels_of([[0, 1], [1, 0]]).values.tolist()
    [1, 0]
    >>> labels_of([[3, 1], [0, 2]]).votes.tolist()
    [[3, 1], [0, 2]]
    """
    if hasattr(y, "columns") and hasattr(y, "iloc"):
        y = y.iloc[:, 0] if y.shape[1] == 1 else y.to_numpy()
    if hasattr(y, "iloc") or hasattr(y, "to_arrow"):
        return Labels(y)
    array = to_numpy(y, "y")
    if array.ndim == 0:
        raise InputError("y has no rows: expected (N,), one label an example")
    if array.ndim == 1:
        return Labels(array if array.dtype.kind in "biufUSM" else list(y))
    if array.ndim > 2:
        raise InputError(f"y has shape {array.shape}: expected (N,), or one-hot or votes (N, K)")
    if array.shape[1] == 1:
        return Labels(array[:, 0])
    found = votes_of(array, "y")
    one_hot = found.votes is not None and bool((found.votes.sum(axis=1) == 1).all())
    return Labels(found.values) if one_hot else found


def votes_of(given: Any, name: str) -> Labels:
    """Counts of votes (N, K), checked, with the class that most of a row's votes name; the first one where they tie."""
    array = to_numpy(given, name)
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise InputError(
            f"{name} has shape {array.shape} of {array.dtype}: expected votes (N, K), a count for each class"
        )
    bad = ~np.isfinite(array) | (array < 0) | (array != np.floor(array)) if array.dtype.kind == "f" else array < 0
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise InputError(
            f"{name}: row {row + 1}, class {column} is {array[row, column]}: give counts of votes, whole numbers from "
            "0 (shares: times the number of votes)"
        )
    votes = array.astype(np.int64)
    total = votes.sum(axis=1)
    if (total == 0).any():
        raise InputError(f"{name}: row {int((total == 0).argmax()) + 1} has no votes: leave such rows out")
    labels = votes.argmax(axis=1)
    ties = int(((votes == votes.max(axis=1, keepdims=True)).sum(axis=1) > 1).sum())
    tied = f" ({ties} rows tie: the first class)" if ties else ""
    return Labels(
        labels, votes, (f"Labels: the class with most votes of a row{tied}; the votes are kept for arms of votes.",)
    )


def check_order(data: Any, y: Any) -> None:
    """Raise InputError where rows and labels of pandas have the same index in another order."""
    if not (hasattr(data, "iloc") and hasattr(y, "iloc")) or len(data) != len(y) or data.index.equals(y.index):
        return
    if data.index.is_unique and data.index.sort_values().equals(y.index.sort_values()):
        raise InputError(
            "y has the rows of the DataFrame in another order, and rows are taken by place: pass y.loc[X.index]"
        )


def take(data: Any, rows: NDArray[np.int64]) -> Any:
    """Rows of what the user gave, by place, as the same type."""
    if data is None:
        return None
    if hasattr(data, "iloc"):
        return data.iloc[rows]
    if isinstance(data, dict):
        return {name: take(values, rows) for name, values in data.items()}
    if hasattr(data, "take") and hasattr(data, "schema") and not hasattr(data, "clone"):  # Arrow
        return data.take(rows)
    if hasattr(data, "detach"):
        import torch

        return data[torch.from_numpy(rows).to(data.device)]
    return [data[row] for row in rows.tolist()] if isinstance(data, list | tuple) else data[rows]


def without(frame: Any, names: Sequence[str]) -> Any:
    """A DataFrame or table without some columns."""
    if frame is None or not names or not is_frame(frame):
        return frame
    if isinstance(frame, dict):
        return {name: values for name, values in frame.items() if name not in names}
    if hasattr(frame, "iloc"):
        return frame.loc[:, [str(column) not in names for column in frame.columns]]
    return frame.drop_columns(list(names)) if hasattr(frame, "drop_columns") else frame.drop(list(names))
