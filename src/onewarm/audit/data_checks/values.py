"""Predictions that leave no confidence to audit, or infinite scores: hard, constant, zeros and ones."""

from __future__ import annotations

import numpy as np

from onewarm.audit.data_checks.copies import distinct
from onewarm.audit.data_checks.view import View
from onewarm.audit.findings import Finding
from onewarm.report.numbers import percent

_LOGITS = (
    "Save logits or log-probabilities (--logits COLUMNS), which cannot round to 0 or 1; or keep more digits of the "
    "probabilities."
)


def hard(view: View) -> Finding | None:
    """Predictions that are all 0 or 1."""
    n = len(view)
    if n == 0 or not bool(((view.p == 0) | (view.p == 1)).all()):
        return None
    if distinct(view) == 1 and n > 1:
        return None
    return Finding(
        "hard predictions",
        "Every prediction is exactly 0 or 1, as saved after an argmax or after rounding: they say which class, not how "
        f"sure, so that there is no confidence to audit; {percent(float(view.right.mean()))} of them are right.",
        "wrong rows",
        value=float(view.right.mean()),
        remedy="Save the probabilities or logits that the classes were chosen by.",
    )


def constant(view: View) -> Finding | None:
    """The same prediction for every row."""
    if len(view) < 2 or distinct(view) > 1:
        return None
    first = ", ".join(f"{v:g}" for v in np.atleast_1d(view.p[0])[:5])
    return Finding(
        "constant predictions",
        f"Every row has the same prediction ({first}{', ...' if view.classes > 5 else ''}): it says nothing about any "
        "row, and only its mean can be right or wrong.",
        "spoils",
        remedy="Check the columns: scores that never vary are often a default or a failed join.",
    )


def zeros(view: View, count: int, infinite: int) -> Finding | None:
    """Probabilities of exactly 0 and 1, and the rows whose truth got 0; ``infinite`` is counted over all rows."""
    exact = int(((view.p == 0) | (view.p == 1)).reshape(len(view), -1).any(axis=1).sum()) if len(view) else 0
    if not exact and not infinite:
        return None
    if len(view) < count:
        have = f"About {percent(exact / len(view))} of the rows have"
    else:
        have = f"{exact:,} of {count:,} rows {'has' if exact == 1 else 'have'}"
    sentence = f"{have} a probability of exactly 0 or 1"
    if infinite:
        rows = "1 row gives" if infinite == 1 else f"{infinite:,} rows give"
        sentence += (
            f"; {rows} the true class exactly 0, where the NLL is infinite, and so is the mean. Most zeros are small "
            "numbers that were rounded"
        )
    return Finding(
        "zeros",
        sentence + ".",
        "spoils" if infinite else "note",
        value=float(infinite),
        remedy=_LOGITS,
    )
