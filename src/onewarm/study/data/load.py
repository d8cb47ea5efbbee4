"""Data for a study, from whatever it is given as: a name, a file, a DataFrame, arrays, a Dataset or DataLoader."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from onewarm.errors import InputError
from onewarm.study.data.arrays import check_order, columns_of_rows, features_of, is_frame, is_torch_data, labels_of
from onewarm.study.data.builtin import BUILT_IN
from onewarm.study.data.datasets import Dataset
from onewarm.study.data.items import X_NAMES, items_of
from onewarm.study.data.tables import Options, of_raw
from onewarm.tables.features.npz_parts import of_parts
from onewarm.tables.features.raw import Raw, columns_hash, of_file, of_frame
from onewarm.tables.source import Tell, untold

_LONGEST_PATH = 4096


def load(
    data: Any,
    y: Any = None,
    *,
    label: str | None = None,
    split: Any = None,
    group: Any = None,
    time: Any = None,
    rare: str = "error",
    votes: Any = None,
    drop: str | Sequence[str] = (),
    category: str | Sequence[str] = (),
    tell: Tell = untold,
) -> Dataset:
    """A data set for a study.

    Args:
        data: the name of a built-in data set; the path of a file (CSV, TSV, JSON Lines, JSON, Parquet, Arrow, NPZ);
            a DataFrame of pandas or polars, or an Arrow table; an array, tensor, list or sparse matrix (N, ...); a
            Dataset or DataLoader of PyTorch of (x, y); or a Dataset of ``onewarm.study``, which stays as it is.
        y: labels (N,) of an array or DataFrame, one-hot or votes (N, K), or the name of the label column.
        label: the label column of a file or DataFrame; found by its usual names where it is not given.
        split: a column, or an array (N,), that names each row's part (train, validation, test); or three arrays of
            places. Without validation rows, a fifth of the training rows are.
        group: a column or array (N,): rows of one group stay on one side.
        time: a column or array (N,): training on the earliest rows, test on the last.
        rare: what to do with classes of fewer than 3 rows: "error", "merge" into one class "other", "drop".
        votes: counts of annotators' votes (N, K), or their columns; without labels, these are the majority's.
        drop: columns that are left out.
        category: columns of numbers that are codes: each value is a category.
        tell: called with what is being done to a file, how much of it is done, and how much there is to do.

    Without split, group or time the rows are split by seed, 60 % training, 20 % validation, 20 % test, stratified.

    Raises InputError for an unknown name or data that cannot be used, FileNotFoundError for a missing file; the
    message names the remedy.

    >>> load("blobs").num_classes
    10
    >>> load([[0.5, 1.0], [1.5, 0.0]] * 10, ["a", "b"] * 10).class_names
    ('a', 'b')
    """
    if isinstance(y, str):
        label, y = y, None
    options = Options(split, group, time, rare, votes, drop, category)
    if isinstance(data, Dataset) or (isinstance(data, str) and data in BUILT_IN):
        asked = [*(["y"] if y is not None else []), *(["label"] if label is not None else []), *options.given]
        if asked:
            name = data if isinstance(data, str) else data.key
            raise InputError(f"{asked[0]}= is for files and arrays; the data set {name!r} has its own rows and labels")
        return BUILT_IN[data]() if isinstance(data, str) else data
    if isinstance(data, str | Path):
        if y is not None:
            raise InputError("y= is for arrays and DataFrames; name a file's label column with label=")
        return _from_file(Path(data), label, options, tell)
    return from_arrays(
        data, y, label=label, split=split, group=group, time=time, rare=rare, votes=votes, drop=drop, category=category
    )


def from_arrays(
    data: Any,
    y: Any = None,
    *,
    label: str | None = None,
    split: Any = None,
    group: Any = None,
    time: Any = None,
    rare: str = "error",
    votes: Any = None,
    drop: str | Sequence[str] = (),
    category: str | Sequence[str] = (),
) -> Dataset:
    """A data set of what is in memory: a DataFrame, or examples (N, ...) and labels. Arguments and errors as ``load``.

    A part's `x` are features for the study's own models; `original` are the rows as they were given.
    """
    options = Options(split, group, time, rare, votes, drop, category)
    notes: tuple[str, ...] = ()
    with _in_words_of_python():
        data = columns_of_rows(data)
        if hasattr(data, "to_pandas") and not {*X_NAMES} & {*getattr(data, "column_names", X_NAMES)}:
            data = data.to_pandas()  # a table of Hugging Face
        if is_torch_data(data):
            if y is not None:
                raise InputError(f"y is given, and the {type(data).__name__} has labels of its own")
            data, y, notes = items_of(data)
        if isinstance(y, str):
            label, y = y, None
        if is_frame(data):
            raw = of_frame(data, "data" if isinstance(data, dict) else type(data).__name__)
        else:
            raw = _of_array(data)
            if y is None and votes is None:
                raise InputError("y: the labels of X are missing: pass y=, one label an example")
            if label is not None:
                raise InputError(f"label={label!r} names a column, and X is an array: pass its labels as y=")
            data = data if hasattr(data, "shape") else raw.columns.get("X", data)
        check_order(data, y)
        labels = None if y is None else labels_of(y)
        return of_raw(raw, label, labels, options, original=data, notes=notes)


def _of_array(x: Any) -> Raw:
    """An array (N, ...) of numbers as one column; of texts or objects, as a column for each of its own."""
    array = features_of(x)
    if array.dtype.kind in "biuf":
        columns: dict[str, Any] = {"X": array}
        return Raw("X", columns, columns_hash(columns))
    if array.ndim > 2:
        raise InputError(f"X has shape {array.shape} and holds {array.dtype}: give numbers")
    return of_frame({f"X[{j}]": array[:, j] for j in range(array.shape[1])}, "X")


def _from_file(path: Path, label: str | None, options: Options, tell: Tell) -> Dataset:
    if "\n" in str(path) or len(str(path)) > _LONGEST_PATH:
        raise InputError(
            f"data is a text of {len(str(path))} characters, not the path of a file: save it as a file, or pass "
            "pandas.read_csv(io.StringIO(text))"
        )
    if not path.exists() and not path.suffix:
        near = difflib.get_close_matches(str(path), BUILT_IN, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        known = ", ".join(BUILT_IN)
        raise InputError(f"no data set {str(path)!r}{hint} (built in: {known}; or give a file)")
    parts = of_parts(path)
    if parts is not None:
        raw, names = parts
        if options.ways or label is not None:
            raise InputError(f"{raw.name} has a split and labels of its own: leave out --label, --group and --time")
        made = of_raw(raw, "y", None, replace(options, split=names))
        given = {name: value for name, value in made.options.items() if name != "split"}
        return replace(made, label=None, options=given)  # neither of which can be asked for
    if path.suffix.lower() == ".npy" and path.is_file():
        raise InputError(f"{path.name}: one array has no labels: save both, as with numpy.savez('data.npz', x=x, y=y)")
    return of_raw(of_file(path, tell), label, None, options, tell=tell)


@contextmanager
def _in_words_of_python() -> Iterator[None]:
    """Errors name arguments, not options of the command line."""
    try:
        yield
    except InputError as error:
        text = re.sub(r"--rare (\w+)", r"rare='\1'", str(error))
        raise InputError(re.sub(r"--([a-z]+)", r"\1=", text)) from None
