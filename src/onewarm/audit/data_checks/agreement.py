"""Do predictions and truth belong together? The share of what the predictions promise to know that the truth confirms.

With deviations u of the predictions and v of the truth from their means, a calibrated model has sum <u, v> = sum <u, u>
in expectation, whatever it predicts, and rows whose labels are those of other rows have sum <u, v> = 0. The ratio of
the two sums is called skill below: 1 if the truth confirms all that they say, 0 if it is independent of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.data_checks.view import FILE, Floats, View
from onewarm.audit.findings import Finding
from onewarm.report.numbers import percent

Places = NDArray[np.int64]

MOST_SHIFT = 50
MOST_ROWS = 1 << 17
NOTHING = 0.12
"""A skill whose upper bound (3.5 standard errors) lies below is none; a model with that little is as good as none."""


@dataclass(frozen=True)
class Skill:
    """Skill of predictions for a truth, and its standard error if they are independent."""

    value: float
    error: float

    @property
    def z(self) -> float:
        return self.value / self.error if self.error > 0 else 0.0


def deviations(view: View) -> tuple[Floats, Floats]:
    """Predictions and truth (n, K), each minus its mean."""
    u, v = view.predicted(), view.shares()
    return u - u.mean(axis=0), v - v.mean(axis=0)


def skill(u: Floats, v: Floats) -> Skill:
    """The skill of predictions ``u`` for the truth ``v``, deviations (n, K).

    The standard error is that of a sum over independent rows, by one fixed permutation of the truth: a turn by about
    a golden section of the rows, which no file's order has a reason to agree with.
    """
    promised = float((u * u).sum())
    if promised <= 1e-12 * len(u):
        return Skill(0.0, np.inf)
    turned = np.einsum("ij,ij->i", u, np.roll(v, int(len(v) * 0.381966), axis=0))
    return Skill(float(np.einsum("ij,ij->", u, v)) / promised, float(turned.std()) * len(u) ** 0.5 / promised)


def other_rows(view: View, wider: float = 1.0) -> Finding | None:
    """Labels of other rows: predictions that promise much, and a truth that is independent of them.

    A bad model is not accused: it shows some skill, or rows too few to say that there is none. ``wider`` is the design
    effect of rows that are not independent.
    """
    if view.kind == "confidence" or len(view) < 50:
        return None
    view = view.at_most(MOST_ROWS)
    u, v = deviations(view)
    found = skill(u, v)
    found = Skill(found.value, found.error * wider**0.5)
    most = found.value + 3.5 * found.error
    limit = 3 if most < NOTHING / 2 else 2
    if not -4 < found.z < limit or most > NOTHING:
        return None
    logs = np.log(np.maximum(view.predicted(), 1e-6))  # a bad model often knows more in its logits than in its answers
    if skill(logs - logs.mean(axis=0), v).z > limit * wider**0.5:
        return None
    accuracy, chance = float(view.right.mean()), expected_by_chance(view)
    return Finding(
        "other rows",
        f"It is right {percent(accuracy)} of the time, where predictions and labels that have nothing to do with each "
        f"other would agree {percent(chance)} of the time, and yet {percent(float(view.confidence.mean()))} confident: "
        "the labels look like those of other rows.",
        "wrong rows",
        value=accuracy - chance,
        remedy="Check that the labels are in the order of the predictions (shuffled loader, another file, a lost row); "
        "if they are, the model knows nothing about these rows.",
    )


def expected_by_chance(view: View) -> float:
    """The accuracy of independent predictions and labels: sum_k P(predicted k) P(true k)."""
    predicted = np.bincount(view.top, minlength=view.classes) / len(view)
    return float(predicted @ view.shares().mean(axis=0))


def shifted(head: View) -> Finding | None:
    """Labels that fit when they are moved by some rows, in the first rows of the files."""
    if len(head) < 100:
        return None
    u, v = deviations(head)
    here = skill(u, v)
    if not np.isfinite(here.error) or here.value > 0.6:
        return None
    best, at = here, 0
    for shift in [s for most in range(1, MOST_SHIFT + 1) for s in (most, -most)]:
        mine, other = _pairs(head, shift)
        if len(mine) < 100:
            continue
        moved = skill(u[mine], v[other])
        if moved.value > best.value:
            best, at = moved, shift
    if at == 0 or best.z < 7 or not _better(best, here):
        return None
    mine, other = _pairs(head, at)
    way = "down" if at < 0 else "up"
    rows = "one row" if abs(at) == 1 else f"{abs(at)} rows"
    what = f"the labels look shifted by {rows}"
    return _moved(head, mine, other, what, f"Move the labels {way} by {rows}", float(at))


def reversed_labels(view: View, rows: int) -> Finding | None:
    """Labels that fit in reversed order, where the sample holds all ``rows`` of the first file."""
    first = view[(view.places >> FILE) == 0]
    if len(first) != rows or rows < 50:
        return None
    mine: Places = np.arange(0, rows, 1 + rows // MOST_ROWS, dtype=np.int64)
    other = rows - 1 - mine
    u, v = deviations(first[np.concatenate([mine, other])])
    half = len(mine)
    here, back = skill(u[:half], v[:half]), skill(u[:half], v[half:])
    if back.z < 7 or not _better(back, here):
        return None
    return _moved(first, mine, other, "the labels look reversed", "Reverse the labels", None)


def _better(moved: Skill, here: Skill) -> bool:
    return here.value < 0.5 * moved.value and moved.value - here.value > 6 * np.hypot(moved.error, here.error)


def _pairs(head: View, shift: int) -> tuple[Places, Places]:
    """Rows i and i + shift of the same file, as positions in the head."""
    n = len(head)
    if abs(shift) >= n:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    mine = np.arange(max(0, -shift), min(n, n - shift))
    other = mine + shift
    steps = head.places[other].astype(np.int64) - head.places[mine].astype(np.int64)
    return mine[steps == shift], other[steps == shift]


def _moved(view: View, mine: Places, other: Places, what: str, remedy: str, value: float | None) -> Finding:
    if view.kind == "confidence":
        u, v = deviations(view)
        measure = "correlate"
        now, then = (float(np.corrcoef(u[mine, 0], v[o, 0])[0, 1]) for o in (mine, other))
        sentence = f"Confidence and correctness {measure} {then:.2f} instead of {now:.2f} after that: {what}."
    else:
        t = view.shares()
        now, then = float(view.right.mean()), float(t[other, view.top[mine]].mean())
        sentence = f"{what[0].upper()}{what[1:]}: after that {percent(then)} agree instead of {percent(now)}."
    return Finding(
        "shifted rows",
        sentence,
        "wrong rows",
        value=value,
        remedy=f"{remedy}, and audit again; look for what moved them (a header, a lost row, a loader that drops rows).",
    )
