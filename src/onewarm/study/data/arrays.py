"""What Python passes as examples: arrays, tensors, sparse matrices, PyTorch's Datasets and DataLoaders."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.summary.inputs import to_numpy
from onewarm.errors import InputError
from onewarm.study.data.items import MOST_HELD


@dataclass(frozen=True)
class Labels:
    """One label a row, (N,), as an array, Series or list; or votes (N, K) with the label that most of them name."""

    values: Any
    votes: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()


def is_frame(value: Any) -> bool:
    """Whether a value has named columns, as a DataFrame, an Arrow table, or records of NumPy."""
    named = isinstance(value, np.ndarray) and value.dtype.names is not None
    return named or isinstance(value, dict) or any(hasattr(value, n) for n in ("collect", "columns", "column_names"))


def columns_of_rows(value: Any) -> Any:
    """Rows that are dicts as a mapping of names to columns, and so are records of NumPy; anything else as it is.

    >>> columns_of_rows([{"a": 1}, {"a": 2, "b": "u"}])
    {'a': [1, 2], 'b': [None, 'u']}
    """
    if isinstance(value, list | tuple) and value and all(isinstance(row, Mapping) for row in value):
        names = dict.fromkeys(name for row in value for name in row)
        return {name: [row.get(name) for row in value] for name in names}
    if isinstance(value, np.ndarray) and value.dtype.names is not None:
        return {name: value[name] for name in value.dtype.names}
    return value


def is_torch_data(value: Any) -> bool:
    """Whether a value is a Dataset or DataLoader of PyTorch, or something else that gives its items by place."""
    data = sys.modules.get("torch.utils.data")
    if hasattr(value, "column_names") and hasattr(value, "with_format"):  # of Hugging Face
        return True
    if data is not None and isinstance(value, data.Dataset | data.DataLoader):
        return True
    plain = isinstance(value, list | tuple | dict | str | bytes | np.ndarray)
    return not plain and not hasattr(value, "shape") and hasattr(value, "__getitem__") and hasattr(value, "__len__")


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
    if x is None or isinstance(x, str | bytes | int | float | set | frozenset) or hasattr(x, "read") or _once(x):
        what = "is None" if x is None else f"is of type {type(x).__name__}"
        remedy = "its path, or pandas.read_csv of it" if hasattr(x, "read") else "list(X)" if _once(x) else "an array"
        raise InputError(f"X {what}, which holds no rows of examples by place: pass {remedy}")
    if isinstance(x, np.ma.MaskedArray):
        x = np.where(np.ma.getmaskarray(x), np.nan, x.data.astype(np.float64))
    if isinstance(x, list | tuple) and len({len(row) if hasattr(row, "__len__") else -1 for row in x}) > 1:
        lengths = [len(row) if hasattr(row, "__len__") and not isinstance(row, str) else -1 for row in x]
        row = next((i for i, length in enumerate(lengths) if length != lengths[0]), 0)
        if row:
            raise InputError(
                f"X: row {row + 1} has {max(1, lengths[row])} values, and row 1 {max(1, lengths[0])}: give rows of one "
                "length"
            )
    try:
        array = to_numpy(x, "X")
    except ValueError as error:
        raise InputError(f"X: {type(x).__name__} cannot be read as an array: {str(error)[:200]}") from None
    if array.ndim == 0 or not array.size:
        raise InputError(f"X has shape {array.shape}: expected (N, ...), one row an example")
    if array.dtype.kind == "c":
        raise InputError(f"X holds {array.dtype}: give real numbers, as with np.column_stack([X.real, X.imag])")
    return array.reshape(-1, 1) if array.ndim == 1 else array


def _once(value: Any) -> bool:
    """Whether a value can be gone through once only, as a generator."""
    return hasattr(value, "__next__")


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
    if hasattr(y, "tocsr"):
        y = y.toarray()
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
