"""Explains why a batch of predictions was rejected: row, column, value and remedy.

It runs only after ``CalibrationSummary.update`` has rejected the batch, so that good rows are not checked twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.errors import InputError
from onewarm.tables.row_checks import Place


def prediction_fault(
    at: Place, names: tuple[str, ...], values: NDArray[Any], *, logits: bool, normalize: bool
) -> ValueError | None:
    """Find what is wrong with a batch of predictions: an error with file, row, column, value and remedy.

    Args:
        at: the batch's place.
        names: of the columns: one a class, or one column of lists or of probabilities of class 1.
        values: (n, K) probabilities, or logits.
        logits: whether they are logits.
        normalize: whether rows of probabilities may have any positive sum.

    Returns:
        The error for the first fault; None if there is none.
    """

    def column(k: int) -> str:
        return names[k] if len(names) > 1 else (f"{names[0]}[{k}]" if values.shape[1] > 2 else names[0])

    def error_at_first(bad: NDArray[np.bool_], remedy: str) -> InputError:
        row, k = (int(i) for i in np.unravel_index(int(bad.argmax()), bad.shape))
        return at.error(row, column(k), f"is {values[row, k]:g}", remedy)

    with np.errstate(invalid="ignore", over="ignore"):
        if logits:
            bad = np.isnan(values) | np.isposinf(values)
            if bad.any():
                return error_at_first(bad, "a logit is a number (or -inf, which masks a class); fix or drop the row")
            masked = np.isneginf(values).all(axis=1)
            if masked.any():
                row = int(masked.argmax())
                return InputError(f"{at.file}: row {at.row(row)} is -inf in every class: leave one unmasked")
            return None
        if (~np.isfinite(values)).any():
            return error_at_first(~np.isfinite(values), "probabilities are finite numbers; fix or drop the row")
        sums = values.sum(axis=1, dtype=np.float64)
        if np.abs(np.median(sums) - 100) < 2 or (values.shape[1] == 2 and len(names) == 1 and values.max() > 2):
            big = values > 1
            if big.any() and values.min() >= -100:
                return error_at_first(big, "these are percentages; divide by 100")
        outside = (values < 0) | (values > 1 + checks.SUM_TOLERANCE)
        if outside.any() and not (normalize and (values >= 0).all()):
            whole = bool((values == np.floor(values)).all())
            return error_at_first(
                outside,
                "probabilities are within 0..1; "
                + ("are these labels or votes?" if whole else "are these logits? pass them with --logits"),
            )
        off = sums <= 0 if normalize else np.abs(sums - 1) > checks.SUM_TOLERANCE
        if off.any():
            row = int(off.argmax())
            which = f"columns {names[0]!r}..{names[-1]!r} sum" if len(names) > 1 else f"column {names[0]!r} sums"
            remedy = "leave it out" if normalize else "pass --normalize to scale rows, if only rounding did this"
            return InputError(
                f"{at.file}: row {at.row(row)}, {which} to {sums[row]:g}, not 1 (tolerance "
                f"{checks.SUM_TOLERANCE:g}): {remedy}"
            )
    return None
