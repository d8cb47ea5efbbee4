"""What a study found, in sentences: would smoothing help this data?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# metric, what it is called, whether more is better, how a difference is written
_TOLD = (
    ("accuracy", "accuracy", True, "{:+.3f}"),
    ("nll", "NLL", False, "{:+.3f}"),
    ("ece", "ECE", False, "{:+.3f}"),
)
_AFTER = (("nll_after", "NLL", False, "{:+.3f}"), ("ece_after", "ECE", False, "{:+.3f}"))
SIGNIFICANT = 0.05


def verdict(comparisons: Sequence[Mapping[str, Any]], arms: Sequence[str], baseline: str) -> list[str]:
    """One sentence an arm, and one that answers the question.

    A difference counts where its Holm-corrected p is below .05. The answer goes by the NLL after a fitted temperature,
    a proper score of what is left when confidence can be repaired for nothing, and by accuracy.

    Args:
        comparisons: a report's, each arm minus the baseline.
        arms: in the order they are told.
        baseline: the arm that the others are compared with.

    Example:
        >>> row = {"arm": "smooth:0.1", "metric": "ece", "mean": -0.05, "p_holm": 0.001}
        >>> verdict([row], ["hard", "smooth:0.1"], "hard")[0]
        'smooth:0.1 against hard: better ECE (-0.050).'
    """
    by = {(row["arm"], row["metric"]): row for row in comparisons}
    others = [arm for arm in arms if arm != baseline and any(row["arm"] == arm for row in comparisons)]
    if not others:
        return []
    told = [f"{arm} against {baseline}: {_sides(by, arm)}." for arm in others]
    return [*told, _answer(by, others, baseline)]


def _sides(by: Mapping[tuple[str, str], Mapping[str, Any]], arm: str) -> str:
    found = [_differences(by, arm, _TOLD), _differences(by, arm, _AFTER)]
    now = found[0] or "no clear difference"
    measured = any((arm, metric) in by for metric, *_ in _AFTER)
    return now + (f"; after a fitted temperature {found[1] or 'no clear difference'}" if measured else "")


def _differences(
    by: Mapping[tuple[str, str], Mapping[str, Any]], arm: str, metrics: Sequence[tuple[str, str, bool, str]]
) -> str:
    sides: dict[str, list[str]] = {"better": [], "worse": []}
    for metric, name, more_is_better, form in metrics:
        row = by.get((arm, metric))
        if row is not None and row["p_holm"] < SIGNIFICANT:
            side = "better" if (row["mean"] > 0) == more_is_better else "worse"
            sides[side].append(f"{name} ({form.format(row['mean'])})")
    return ", ".join(f"{side} {' and '.join(named)}" for side, named in sides.items() if named)


def _answer(by: Mapping[tuple[str, str], Mapping[str, Any]], others: Sequence[str], baseline: str) -> str:
    def change(arm: str, metric: str) -> float:
        row = by.get((arm, metric))
        return float(row["mean"]) if row is not None and row["p_holm"] < SIGNIFICANT else 0.0

    better = [arm for arm in others if change(arm, "nll_after") < 0 and change(arm, "accuracy") >= 0]
    raw = [arm for arm in others if change(arm, "nll") < 0 and change(arm, "accuracy") >= 0]
    if better:
        best = min(better, key=lambda arm: change(arm, "nll_after"))
        return f"With a temperature fitted afterwards, {best} does best on this data."
    if raw:
        best = min(raw, key=lambda arm: change(arm, "nll"))
        without = f"Without a temperature {best} does best on this data"
        return f"{without}; with one fitted afterwards, none clearly beats {baseline}."
    return f"None clearly beats {baseline} here: where confidence is the trouble, fit a temperature instead."
