"""Rows that come in groups (patients, users, documents): what an audit keeps of each, for intervals over groups."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.defaults import BINS
from onewarm.calibration.intervals.bernoulli_sums import LEAST
from onewarm.calibration.intervals.group_variance import group_variance
from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, cell_of, check_bins
from onewarm.errors import InputError

Floats = NDArray[np.float64]

BUCKETS = 512
_MOST_NUMBERS = 1 << 23  # buckets times columns: 64 MB
_MOST_KNOWN = 1 << 16  # groups that are counted one by one

_SHARED = ("rows", "weight", "confidence", "correct", "nll", "brier", "null")
_OF_EVENTS = ("event_observed", "event_residual", "slope_residual", "slope_first", "slope_second")
_BINNED = ("weight", "residual", "observed")
_MASK = np.uint64(0x9E3779B97F4A7C15)


class Clusters:
    """Sums over at most 512 buckets of whole groups of rows, from which variances over groups are estimated.

    Groups are independent of each other, and so are buckets of whole groups: the variance of a sum over rows follows
    from the sums of the buckets, whatever rows of one group have in common. Sums can be merged in any order.

    Args:
        kind: "binary", "multiclass" or "confidence", as ``Plan.kind``.
        num_classes: K; 1 for "confidence".
        bins: of the questions and errors that are asked by bin.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> patient = np.repeat(np.arange(60, dtype=np.uint64), 100)
        >>> p = np.repeat(rng.uniform(0.1, 0.9, 60), 100)
        >>> y = np.repeat(rng.uniform(size=60), 100) < p                  # all rows of a patient are alike
        >>> clusters = Clusters("binary", 2)
        >>> clusters.add(np.stack([1 - p, p], 1), y.astype(int), patient)
        >>> clusters.groups, clusters.buckets
        (60, 60)
    """

    def __init__(self, kind: str, num_classes: int, bins: int = BINS) -> None:
        check_bins(bins, CELLS if kind == "confidence" else CLASS_CELLS)
        self.kind, self.num_classes, self.bins = kind, num_classes, bins
        widths = dict.fromkeys(_SHARED, 1) | {f"bin_{name}": bins for name in _BINNED}
        if kind != "multiclass":
            widths |= dict.fromkeys(_OF_EVENTS, 1)
        if kind == "binary":
            widths |= {f"event_bin_{name}": bins for name in _BINNED}
        if kind == "multiclass":
            widths |= {"class_probability": num_classes, "class_truth": num_classes}
        edges = np.cumsum([0, *widths.values()]).tolist()
        self._at = {name: slice(lo, hi) for name, lo, hi in zip(widths, edges, edges[1:], strict=False)}
        self._sums = np.zeros((max(2, min(BUCKETS, _MOST_NUMBERS // edges[-1])), edges[-1]))
        self._known: set[int] | None = set()

    def add(
        self,
        probabilities: NDArray[Any],
        truth: NDArray[Any],
        groups: NDArray[np.uint64],
        weights: Floats | None = None,
    ) -> None:
        """Add rows.

        Args:
            probabilities: (n, K); (n,) of kind "confidence".
            truth: labels (n,), or votes or distributions (n, K); of kind "confidence" correctness (n,) in 0..1.
            groups: (n,) a hash of each row's group.
            weights: (n,), or None for 1.
        """
        p = np.asarray(probabilities, np.float64)
        n = len(p)
        w = np.ones(n) if weights is None else np.asarray(weights, np.float64)
        columns: dict[str, Floats] = {"rows": (w > 0).astype(np.float64), "weight": w}
        with np.errstate(divide="ignore", invalid="ignore"):
            if p.ndim == 1:
                c, a = np.clip(p, 0, 1), np.asarray(truth, np.float64)
                nll = -np.where(a > 0, a * np.log(c), 0) - np.where(a < 1, (1 - a) * np.log1p(-c), 0)
                brier = c * c - 2 * c * a + a
                event, share = c, a
            else:
                p = p / p.sum(axis=1, keepdims=True)
                t = _shares(truth, p.shape[1])
                top = p.argmax(axis=1)
                c, a = p[np.arange(n), top], t[np.arange(n), top]
                nll = -np.where(t > 0, t * np.log(p), 0).sum(axis=1)
                brier = (p * p).sum(axis=1) - 2 * (p * t).sum(axis=1) + 1
                event, share = p[:, -1], t[:, -1]
        columns |= {"confidence": w * c, "correct": w * a, "brier": w * brier, "null": w * c * (1 - c)}
        columns["nll"] = w * np.where(np.isfinite(nll), nll, 0)
        if self.kind != "multiclass":
            x = np.clip(event, LEAST, 1 - LEAST)
            x = np.log(x) - np.log1p(-x)
            columns |= {"event_observed": w * share, "event_residual": w * (event - share)}
            columns |= {"slope_residual": columns["event_residual"] * x}
            columns |= {"slope_first": columns["null"] * x, "slope_second": columns["null"] * x * x}
        bucket = ((groups * _MASK) >> np.uint64(33)).astype(np.int64) % len(self._sums)
        for name, values in columns.items():
            self._sums[:, self._at[name]] += np.bincount(bucket, values, len(self._sums))[:, None]
        self._add_bins("bin", bucket, c, w, a)
        if self.kind == "binary":
            self._add_bins("event_bin", bucket, event, w, share)
        if self.kind == "multiclass":
            order = np.argsort(bucket, kind="stable")
            first = np.flatnonzero(np.diff(bucket[order], prepend=-1))
            for name, values in (("class_probability", p), ("class_truth", t)):
                sums = np.add.reduceat((values * w[:, None])[order], first, axis=0) if n else np.zeros((0, p.shape[1]))
                self._sums[bucket[order][first], self._at[name]] += sums
        if self._known is not None:
            self._known |= set(np.unique(groups).tolist())
            if len(self._known) > _MOST_KNOWN:
                self._known = None

    def merge(self, other: Self) -> Self:
        """Add the rows of ``other``. Raises ValueError if it was made for other predictions."""
        if self._at != other._at:
            raise InputError("the groups of two kinds of predictions cannot be merged: audit them apart")
        self._sums += other._sums
        both = None if self._known is None or other._known is None else self._known | other._known
        self._known = None if both is not None and len(both) > _MOST_KNOWN else both
        return self

    @property
    def groups(self) -> int | None:
        """Number of groups; None if there are more than 65,536."""
        return None if self._known is None else len(self._known)

    @property
    def buckets(self) -> int:
        """Buckets that have rows."""
        return int((self["rows"][:, 0] > 0).sum())

    def __getitem__(self, name: str) -> Floats:
        """The sums of this name by bucket, (buckets, columns)."""
        return self._sums[:, self._at[name]]

    def mean_variance(self, name: str) -> tuple[float, float]:
        """Variance of the total of "confidence", "correct", their "gap", "nll" or "brier", and its df."""
        sums = self["confidence"] - self["correct"] if name == "gap" else self[name]
        variance, df = group_variance(sums, self["weight"])
        return float(variance[0]), float(df[0])

    def _add_bins(self, name: str, bucket: NDArray[np.int64], p: Floats, w: Floats, observed: Floats) -> None:
        place = bucket * self.bins + cell_of(p) // (CELLS // self.bins)
        size = len(self._sums) * self.bins
        for column, values in zip(_BINNED, (w, w * (p - observed), w * observed), strict=True):
            self._sums[:, self._at[f"{name}_{column}"]] += np.bincount(place, values, size).reshape(-1, self.bins)


def _shares(truth: NDArray[Any], classes: int) -> Floats:
    """Truth as shares (n, K)."""
    if truth.ndim == 1:
        shares = np.zeros((len(truth), classes))
        shares[np.arange(len(truth)), truth] = 1.0
        return shares
    t = np.asarray(truth, np.float64)
    scaled: Floats = t / t.sum(axis=1, keepdims=True)
    return scaled
