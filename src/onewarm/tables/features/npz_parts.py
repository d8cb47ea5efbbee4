"""NPZ archives with x_train, y_train, x_test and y_test, as Keras keeps its data sets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError
from onewarm.tables.features.raw import Raw, file_hash, open_file, whole

_ARRAY = re.compile(
    r"(?P<what>x|data|features?|images?|y|labels?|targets?)_?(?P<part>train|training|test|val|valid|validation|dev)"
    r"|(?P<part2>train|training|test|val|valid|validation|dev)_(?P<what2>x|data|features?|images?|y|labels?|targets?)"
)


def of_parts(path: Path) -> tuple[Raw, list[str]] | None:
    """The parts of an archive, one after the other, as columns "x" and "y", and the part of each row; else None.

    Raises InputError where a part's arrays differ in rows, or the parts in shape.
    """
    if path.suffix.lower() != ".npz" or not path.is_file():
        return None
    source = open_file(path)
    found: dict[str, dict[str, str]] = {}
    for name in source.columns:
        match = _ARRAY.fullmatch(name.lower())
        if match:
            what, part = match["what"] or match["what2"], match["part"] or match["part2"]
            found.setdefault(part, {})["y" if what[0] in "ylt" else "x"] = name
    parts = {part: names for part, names in found.items() if len(names) == 2}
    if len(parts) < 2:
        return None
    for names in found.values():
        if len(names) == 1:
            ((what, name),) = names.items()
            missing = "labels" if what == "x" else "examples"
            raise InputError(f"{source.name}: {name!r} has no {missing} beside it: save them too, or leave it out")
    xs: list[NDArray[Any]] = []
    ys: list[NDArray[Any]] = []
    named: list[str] = []
    for part, names in parts.items():
        columns = whole(source, [names["x"]]) | whole(source, [names["y"]])
        x, y = columns[names["x"]], columns[names["y"]]
        if len(x) != len(y):
            raise InputError(f"{source.name}: {names['x']!r} has {len(x)} rows, and {names['y']!r} {len(y)}")
        if xs and x.shape[1:] != xs[0].shape[1:]:
            raise InputError(f"{source.name}: {names['x']!r} has rows of shape {x.shape[1:]}, others {xs[0].shape[1:]}")
        xs.append(x)
        ys.append(y.reshape(len(y), -1)[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y)
        named += [part] * len(x)
    if any(y.ndim > 1 for y in ys):
        raise InputError(f"{source.name}: the labels have shape {ys[0].shape}: give (N,), one class a row")
    return Raw(source.name, {"x": np.concatenate(xs), "y": np.concatenate(ys)}, file_hash(path)), named
