"""Reading and checking predictions, truth and weights; logits in float64 blocks small enough for a core's cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.errors import InputError

Array = NDArray[Any]
Floats = NDArray[np.float64]

_BLOCK = 1 << 17  # numbers in a block: its float64 copy stays in a core's cache


def to_numpy(values: Any, name: str = "values") -> Array:
    """``values`` as a NumPy array, without a copy if possible.

    A PyTorch tensor is detached, copied to the CPU and, if bfloat16, widened to float32. Arrow arrays, chunked or not,
    become (N,); lists of equal length become (N, K), as do the columns of a record batch or table. Raises ValueError
    for nulls and for lists of different lengths.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":
            values = values.float()
    if type(values).__module__.partition(".")[0] == "pyarrow":
        from onewarm.calibration.summary.arrow import from_arrow

        return from_arrow(values, name)
    return np.asarray(values)


def read_predictions(values: Any, name: str, num_classes: int | None = None) -> Array:
    """``values`` as a floating-point array (N, K), or (N,) for events.

    Shape and dtype are checked here, the numbers later, by what reads them. Raises TypeError or ValueError, naming
    ``name`` and a remedy.
    """
    array = to_numpy(values, name)
    if array.ndim == 1 and num_classes in (None, 1, 2):
        return _read_events(array, name)
    if array.ndim != 2:
        raise InputError(f"{name} has shape {array.shape}: expected (N, K), one row an example")
    if array.dtype.kind != "f":
        raise TypeError(f"{name} has dtype {array.dtype}: expected floating point")
    if array.shape[0] == 0:
        raise InputError(f"{name} has no rows: pass at least one")
    if array.shape[1] < 2:
        raise InputError(f"{name} has 1 class: pass the columns of both classes of a binary model")
    if num_classes is not None and array.shape[1] != num_classes:
        raise InputError(
            f"{name} has {array.shape[1]} classes, but the summary {num_classes}: use one summary for each model"
        )
    return array


@dataclass(frozen=True)
class Truth:
    """True ``labels`` (N,), or ``shares`` (N, K), which are divided by ``scale`` (N,) if there is one."""

    labels: Array | None
    shares: Array | None = None
    scale: Floats | None = None

    def block(self, rows: slice) -> tuple[Array | None, Floats | None]:
        """Labels (n,), or distributions with classes first (K, n), of these rows; the other is None."""
        if self.shares is None:
            return self.labels[rows] if self.labels is not None else None, None
        shares = np.ascontiguousarray(self.shares[rows].T, dtype=np.float64)
        if self.scale is not None:
            shares /= self.scale[rows]
        return None, shares

    def rows(self, rows: slice) -> tuple[NDArray[np.int64] | None, Floats | None]:
        """Labels (n,) int64, or distributions (n, K) float64, both C-contiguous, of these rows; the other is None."""
        if self.shares is None:
            return np.ascontiguousarray(self.labels[rows] if self.labels is not None else (), np.int64), None
        shares = np.ascontiguousarray(self.shares[rows], np.float64)
        return None, shares if self.scale is None else shares / self.scale[rows, None]


def read_truth(values: Any, shape: tuple[int, ...], *, normalize: bool = False, check_labels: bool = True) -> Truth:
    """``values`` as labels (N,), votes (N, K) of integers, or distributions (N, K) of floats; every row is checked.

    With ``check_labels=False`` labels are only checked to be integers, for a reader that checks their range itself.
    Raises TypeError or ValueError, naming the first bad row, its value and a remedy.
    """
    rows, num_classes = shape
    array = to_numpy(values, "truth")
    if array.shape not in ((rows,), (rows, num_classes)):
        raise InputError(
            f"truth has shape {array.shape}: expected labels of shape ({rows},), "
            f"or votes or distributions of shape ({rows}, {num_classes})"
        )
    if array.ndim == 1:
        if check_labels or array.dtype.kind not in "iu":
            array = checks.labels(array, num_classes, "truth")
        return Truth(array)
    if array.dtype.kind == "f":
        sums = _distributions(array, "truth", array, normalize)
        return Truth(None, array, sums if normalize else None)
    if array.dtype.kind not in "iub":
        raise TypeError(f"truth has dtype {array.dtype}: expected integers (votes) or floats (distributions)")
    if (bad := checks.first_true(array < 0)) is not None:
        raise InputError(f"truth[{bad[0]}, {bad[1]}] is {array[bad]}: counts of votes are not negative")
    sums = array.sum(axis=1, dtype=np.float64)
    if (bad := checks.first_true(sums == 0)) is not None:
        raise InputError(f"truth[{bad[0]}] has no votes: leave such rows out")
    return Truth(None, array, sums)


def _distributions(block: Array, name: str, whole: Array, normalize: bool) -> Floats:
    """The sums of the rows of ``block``, a part of ``whole``; raises ValueError if a row is not a distribution.

    A vectorised test finds whether any row is bad. Only then does ``checks`` search ``whole`` for it.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        sums: Floats = block.sum(axis=1, dtype=np.float64)  # NaN or infinity in a row reaches its sum
        fits = (sums > 0) & (sums < np.inf) if normalize else np.abs(sums - 1) <= checks.SUM_TOLERANCE
        good = fits & (block.min(axis=1) >= 0)
    if not good.all():
        checks.probabilities(whole, name, normalize=normalize, tolerance=checks.SUM_TOLERANCE)
    return sums


def _slices(shape: tuple[int, ...]) -> Iterator[slice]:
    rows, num_classes = shape
    step = max(32, _BLOCK // num_classes)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def logit_blocks(
    array: Array, *, probabilities: bool = False, normalize: bool = False
) -> Iterator[tuple[slice, Floats]]:
    """Blocks (rows, z): z has shape (K, n), float64, with the largest logit of each row moved to 0; -inf stays -inf.

    With ``probabilities`` the array holds probabilities, and z is their logarithm. Raises ValueError for a row with NaN
    or +inf, for one that is -inf everywhere, and for probabilities that do not sum to 1 (unless ``normalize``).
    """
    for rows in _slices(array.shape):
        if probabilities:
            _distributions(
                array[rows], "probabilities", array, normalize
            )  # only a check: the scale of a row cancels below
        z = np.ascontiguousarray(array[rows].T, dtype=np.float64)
        if probabilities:
            with np.errstate(divide="ignore"):
                np.log(z, out=z)
        top = z.max(axis=0)
        if not np.isfinite(top).all():  # NaN and +inf are the maximum of their row; -inf is if nothing else is there
            at = int((~np.isfinite(top)).argmax())
            raise checks.bad_logits(z[:, at], rows.start + at)
        z -= top
        yield rows, z


def _read_events(array: Array, name: str) -> Array:
    """(N,) floats, N >= 1: the probability of one event in each row."""
    if array.dtype.kind != "f":
        raise TypeError(f"{name} has dtype {array.dtype}: expected floating point")
    if array.shape[0] == 0:
        raise InputError(f"{name} has no rows: pass at least one")
    return array


def read_happened(values: Any, rows: int) -> Array:
    """Whether each event happened, (N,): booleans, integers 0 and 1, or floats in [0, 1] (shares of votes).

    Raises TypeError or ValueError, naming the first bad row, its value and a remedy.
    """
    array = to_numpy(values, "truth")
    if array.shape != (rows,):
        raise InputError(f"truth has shape {array.shape}: expected ({rows},), whether each event happened")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"truth has dtype {array.dtype}: expected 0 and 1, or shares between them")
    if not ((array >= 0) & (array <= 1)).all():
        at = int((~((array >= 0) & (array <= 1))).argmax())
        raise InputError(
            f"truth[{at}] is {array[at]:g}, outside 0..1: with predictions of shape (N,) the truth is whether the "
            "event happened; for class labels pass predictions of shape (N, K)"
        )
    return array


def read_weights(values: Any, rows: int) -> Floats | None:
    """Row weights (N,), finite and not negative, as float64; None if there are none.

    Raises TypeError or ValueError, naming the first bad row and its value.
    """
    if values is None:
        return None
    array = to_numpy(values, "weights")
    if array.shape != (rows,):
        raise InputError(f"weights has shape {array.shape}: expected ({rows},), one a row")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"weights has dtype {array.dtype}: expected numbers")
    array = array.astype(np.float64, copy=False)
    good = (array >= 0) & (array < np.inf)
    if not good.all():
        at = int((~good).argmax())
        raise InputError(f"weights[{at}] is {array[at]:g}: weights are finite and not negative; 0 leaves a row out")
    return array
