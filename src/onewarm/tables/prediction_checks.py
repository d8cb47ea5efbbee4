"""Mends a rejected batch of predictions where only rounding is at fault, or says why not: row, column, value, remedy.

It runs only after ``CalibrationSummary.update`` has rejected the batch, so that good rows are not checked twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.errors import InputError
from onewarm.tables.columns.head import rounding
from onewarm.tables.row_checks import Place

BEYOND = 1e-6
"""A probability this far beyond 0..1 is rounding."""


def mended(
    at: Place, names: tuple[str, ...], values: NDArray[Any], *, logits: bool, normalize: bool, unit: float
) -> tuple[NDArray[Any], dict[str, int]]:
    """A rejected batch without the errors of rounding: values within 0..1, rows that sum to 1.

    Args:
        at: the batch's place.
        names: of the columns: one a class, or one column of lists or of probabilities of class 1.
        values: (n, K) probabilities or logits, or confidences (n,).
        logits: whether they are logits.
        normalize: whether rows of probabilities may have any positive sum.
        unit: of the last decimal in which they are written; 0 where that is not known.

    Returns:
        The values, and how many rows were changed: "clipped" to 0..1, "divided" by their sum.

    Raises:
        ValueError: what is wrong is not rounding; with file, row, column, value and remedy.
    """
    changes: dict[str, int] = {}
    if not logits:
        with np.errstate(invalid="ignore"):
            beyond = ((values < 0) & (values >= -BEYOND)) | ((values > 1) & (values <= 1 + BEYOND))
        if beyond.any():
            changes["clipped"] = int(beyond.reshape(len(values), -1).any(axis=1).sum())
            values = np.where(beyond, np.clip(values, 0, 1), values)
        tolerance = rounding(values.shape[-1], unit)
        if values.ndim == 2 and not normalize and tolerance > checks.SUM_TOLERANCE:
            sums = values.sum(axis=1, keepdims=True, dtype=np.float64)
            off = np.abs(sums - 1)
            rounded = (off > checks.SUM_TOLERANCE) & (off <= tolerance * (1 + 1e-9))
            if rounded.any():
                changes["divided"] = int(rounded.sum())
                values = np.where(rounded, values / sums, values).astype(values.dtype)
    fault = prediction_fault(at, names, values, logits=logits, normalize=normalize)
    if fault is not None:
        raise fault
    return values, changes


def told(what: str, rows: int, unit: float) -> str:
    """What was done to how many rows, in a sentence: "skipped", "clipped" or "divided"."""
    counted = "1 row" if rows == 1 else f"{rows:,} rows"
    if what == "skipped":
        return f"{counted} with a missing value {'was' if rows == 1 else 'were'} left out."
    if what == "clipped":
        return f"{counted} held a probability beyond 0..1 by rounding (up to {BEYOND:g}); it was set to 0 or 1."
    return f"{counted} summed to 1 within the rounding of numbers to {unit:g}; each was divided by its sum."


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

    if values.ndim == 1:
        return _confidence_fault(at, names[0], values)

    def column(k: int) -> str:
        return names[k] if len(names) > 1 else (f"{names[0]}[{k}]" if values.shape[1] > 2 else names[0])

    def error_at_first(bad: NDArray[np.bool_], remedy: str) -> InputError:
        row, k = (int(i) for i in np.unravel_index(int(bad.argmax()), bad.shape))
        if len(names) == 1 and values.shape[1] == 2 and values[row, 0] == 1 - values[row, 1]:
            k = 1  # of one column of probabilities the other is the complement
        return at.error(row, column(k), f"is {values[row, k]:g}", remedy)

    with np.errstate(invalid="ignore", over="ignore"):
        if logits:
            bad = np.isnan(values) | np.isposinf(values)
            if bad.any():
                missing = np.isnan(values).any()
                remedy = "; leave such rows out with --skip-missing" if missing else "; fix or drop the row"
                return error_at_first(bad, "a logit is a number (or -inf, which masks a class)" + remedy)
            masked = np.isneginf(values).all(axis=1)
            if masked.any():
                row = int(masked.argmax())
                return InputError(f"{at.file}: row {at.row(row)} is -inf in every class: leave one unmasked")
            return None
        if np.isnan(values).any():
            return error_at_first(np.isnan(values), "correct it, or leave such rows out with --skip-missing")
        if np.isinf(values).any():
            return error_at_first(np.isinf(values), "probabilities are finite numbers; fix or drop the row")
        sums = values.sum(axis=1, dtype=np.float64)
        if np.abs(np.median(sums) - 100) < 2 or (values.shape[1] == 2 and len(names) == 1 and values.max() > 2):
            big = values > 1
            if big.any() and values[:, -1].min() >= 0 and values.min() >= -100:
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


def _confidence_fault(at: Place, name: str, values: NDArray[Any]) -> ValueError | None:
    with np.errstate(invalid="ignore"):
        bad = ~((values >= 0) & (values <= 1))
    if not bad.any():
        return None
    row = int(bad.argmax())
    percent = bool(np.nanmin(values) >= 0 and 2 < np.nanmax(values) <= 100)
    remedy = "these are percentages; divide by 100" if percent else "confidences are within 0..1; fix or drop the row"
    return at.error(row, name, f"is {values[row]:g}", remedy)
