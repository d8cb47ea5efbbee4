"""A study's verdict in sentences: would smoothing help this data?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onewarm.study.comparison.compare import SIGNIFICANCE

# metric, its name in a sentence, whether more is better
_METRICS = (("accuracy", "accuracy", True), ("nll", "NLL", False), ("ece", "ECE", False))
_METRICS_AFTER = (("nll_after", "NLL", False), ("ece_after", "ECE", False))

Row = Mapping[str, Any]


def verdict(comparisons: Sequence[Row], arms: Sequence[str], baseline: str) -> list[str]:
    """One sentence for each arm, and a last one that answers the question.

    A difference counts where its Holm-corrected p is below .05. The answer goes by the NLL after a fitted temperature
    (a proper score of the part that a temperature, which costs nothing, cannot repair), and by accuracy.

    Args:
        comparisons: a report's, each arm minus the baseline.
        arms: in the order of the sentences.
        baseline: the arm that the others are compared with.

    Returns [] where no arm could be compared.

    Example:
        >>> row = {"arm": "smooth:0.1", "metric": "ece", "mean": -0.05, "p_holm": 0.001}
        >>> verdict([row], ["hard", "smooth:0.1"], "hard")[0]
        'smooth:0.1 against hard: better ECE (-0.050).'
    """
    rows = {(row["arm"], row["metric"]): row for row in comparisons}
    others = [arm for arm in arms if arm != baseline and any(row["arm"] == arm for row in comparisons)]
    if not others:
        return []
    sentences = [f"{arm} against {baseline}: {_differences(rows, arm)}." for arm in others]
    return [*sentences, _answer(rows, others, baseline)]


def significant(row: Row | None) -> bool:
    """Whether a comparison's Holm-corrected p is below the significance level; False where there is no comparison."""
    return row is not None and row["p_holm"] < SIGNIFICANCE


def _differences(rows: Mapping[tuple[str, str], Row], arm: str) -> str:
    before = _clear_ones(rows, arm, _METRICS) or "no clear difference"
    if not any((arm, metric) in rows for metric, *_ in _METRICS_AFTER):
        return before
    after = _clear_ones(rows, arm, _METRICS_AFTER) or "no clear difference"
    return f"{before}; after a fitted temperature {after}"


def _clear_ones(rows: Mapping[tuple[str, str], Row], arm: str, metrics: Sequence[tuple[str, str, bool]]) -> str:
    sides: dict[str, list[str]] = {"better": [], "worse": []}
    for metric, name, more_is_better in metrics:
        row = rows.get((arm, metric))
        if row is not None and significant(row):
            side = "better" if (row["mean"] > 0) == more_is_better else "worse"
            sides[side].append(f"{name} ({row['mean']:+.3f})")
    return ", ".join(f"{side} {' and '.join(named)}" for side, named in sides.items() if named)


def _answer(rows: Mapping[tuple[str, str], Row], others: Sequence[str], baseline: str) -> str:
    def change(arm: str, metric: str) -> float:
        row = rows.get((arm, metric))
        return float(row["mean"]) if row is not None and significant(row) else 0.0

    better_after = [arm for arm in others if change(arm, "nll_after") < 0 and change(arm, "accuracy") >= 0]
    better_before = [arm for arm in others if change(arm, "nll") < 0 and change(arm, "accuracy") >= 0]
    if better_after:
        best = min(better_after, key=lambda arm: change(arm, "nll_after"))
        return f"With a temperature fitted afterwards, {best} does best on this data."
    if better_before:
        best = min(better_before, key=lambda arm: change(arm, "nll"))
        without = f"Without a temperature {best} does best on this data"
        return f"{without}; with one fitted afterwards, none clearly beats {baseline}."
    return f"None clearly beats {baseline} here: where confidence is the trouble, fit a temperature instead."
