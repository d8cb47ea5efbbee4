"""The interface of a data set: what it is called, what was done to it, and its rows for each seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from onewarm.errors import InputError
from onewarm.study.data.splits import Sampling, Split


@dataclass(frozen=True)
class Dataset:
    """A data set that a study can run on: `split(seed)` gives its training, validation and test rows.

    `content` is a SHA-256 of everything that determines the rows (data bytes, sizes, noise); it is part of the
    key under which runs are stored.
    """

    key: str
    title: str
    source: str
    class_names: tuple[str, ...]
    sizes: tuple[int, int, int]
    content: str
    sample: Callable[[int], Split]
    hidden: int = 128
    """Default width of the hidden layers of the network that a study trains on it."""
    sampling: Sampling = "resplit"
    label: str | None = None
    """The label column of a file or DataFrame."""
    notes: tuple[str, ...] = ()
    """What was done to the columns and rows, a sentence each; printed, and kept in the report."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The arguments of `load` that made it, but for the data and the label: names of columns; None for an array."""

    @property
    def num_classes(self) -> int:
        """K."""
        return len(self.class_names)

    def split(self, seed: int) -> Split:
        """The rows of this seed; the same seed gives the same bytes. Raises InputError for an invalid seed."""
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise InputError(f"seed must be a whole number from 0, got {seed!r}")
        return self.sample(int(seed))

    def describe(self) -> dict[str, Any]:
        """The data set's part of a study report."""
        train, validation, test = self.sizes
        return {
            "key": self.key,
            "title": self.title,
            "source": self.source,
            "num_classes": self.num_classes,
            "classes": list(self.class_names),
            "train": train,
            "validation": validation,
            "test": test,
            "content": self.content,
            "sampling": self.sampling,
            "label": self.label,
            "notes": list(self.notes),
            "options": dict(self.options),
        }


def content(*parts: object) -> str:
    """SHA-256 of what determines the rows."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
