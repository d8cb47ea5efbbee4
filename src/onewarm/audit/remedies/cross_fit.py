"""Cross-fitting: each row is predicted by a map that was fitted on the rows of other folds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.row_sample import scramble
from onewarm.calibration.calibrators.methods import METHODS, Parameters
from onewarm.calibration.calibrators.rows import FitRows

Floats = NDArray[np.float64]

_SEED = np.uint64(0x5EED)
_MOST_FOLDS = 5
_ROWS, _NUMBERS = 20_000, 1 << 18  # a fit has at most this many rows, and about this many numbers ...
_LEAST_ROWS, _MOST_NUMBERS = 4000, 1 << 21  # ... but this many rows, unless there are very many classes
_REFIT = 2  # times as many rows for the maps that are handed out


class Folds:
    """Folds of rows by a seeded hash of their place, or of their group; and bounded fits on all but one of them.

    There are 2 folds where half the rows are enough for a fit, else 3, else 5.

    Args:
        places: (n,) a number for each row.
        groups: (n,) hashes of groups, which are never split; or None.
        num_classes: K, on which the size of a fit depends.
    """

    def __init__(self, places: NDArray[Any], groups: NDArray[Any] | None, num_classes: int) -> None:
        n = len(places)
        self.size = min(_ROWS, max(_NUMBERS // num_classes, min(_LEAST_ROWS, _MOST_NUMBERS // num_classes)))
        self.count = next((f for f in (2, 3) if n * (f - 1) >= f * self.size), _MOST_FOLDS)
        order = scramble(places.astype(np.uint64) ^ _SEED)
        keys = order
        if groups is not None:
            values, codes = np.unique(groups, return_inverse=True)
            if len(values) > 1:
                self.count = min(self.count, len(values))
                ranks = np.argsort(np.argsort(scramble(values.astype(np.uint64) ^ _SEED)))
                keys = ranks[codes].astype(np.uint64)
        self.of = (keys % np.uint64(self.count)).astype(np.int64)
        self._order = np.argsort(order, kind="stable")
        fold = self.of[self._order]
        self._others = [self._order[fold != f][: self.size] for f in range(self.count)]
        self._held = [np.flatnonzero(self.of == f) for f in range(self.count)]

    @property
    def most_fitted(self) -> int:
        """Rows of the largest fit."""
        return min(self.size, int((len(self.of) - np.bincount(self.of, minlength=self.count)).max()))

    def predictions(self, key: str, rows: FitRows) -> tuple[Floats, Parameters]:
        """Calibrated probabilities (n, K) of every row by the method of ``key``, fitted on other folds; one such fit.

        Raises:
            InputError: a fit has no best parameters, with the reason.
        """
        how = METHODS[key]
        out = np.empty(rows.log_p.shape)
        parameters: Parameters = {}
        for held, others in zip(self._held, self._others, strict=True):
            if held.size:
                parameters = how.fit(rows.take(others))
                out[held] = how.apply(parameters, np.asfortranarray(rows.log_p[held]))
        return out, parameters

    def refitted(self, key: str, rows: FitRows) -> Parameters:
        """The parameters from the rows of every fold, of which a fit takes at most twice as many as above."""
        most = _REFIT * self.size
        return METHODS[key].fit(rows if len(rows) <= most else rows.take(self._order[:most]))
