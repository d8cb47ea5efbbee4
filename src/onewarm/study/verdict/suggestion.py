"""The alpha that the confidence gap of hard labels suggests."""

from __future__ import annotations

from typing import NamedTuple

from onewarm.calibration.defaults import LEVEL
from onewarm.study.comparison.results import Results

MOST = 0.5


class Suggestion(NamedTuple):
    """An alpha, 0 for hard labels, and the reason as a sentence without its full stop."""

    alpha: float
    because: str


def suggest(results: Results, hard: str, num_classes: int) -> Suggestion:
    """The share of smoothing that takes the confidence gap of the stopped hard arm away.

        alpha = g / (c - 1/K)        g the confidence gap, c the mean confidence; at least 0 and at most .5

    At the optimum of uniform smoothing the confidence of the true posterior falls by alpha (c - 1/K). It is 0 where
    the gap's interval contains 0, or lies below it: then nothing is overconfident.

    Args:
        results: the runs.
        hard: the arm of hard labels.
        num_classes: K.
    """
    gap, found, _ = results.estimate(hard, None, "confidence_gap")
    confidence = results.mean(hard, "mean_confidence")
    if gap is None or confidence is None or found is None:
        return Suggestion(0.0, f"the confidence gap of {hard} has no interval: it takes 2 seeds")
    low, high = found.interval(LEVEL)
    says = f"{hard}'s mean confidence minus its accuracy is {_points(gap)} points ({_points(low)} to {_points(high)})"
    if low <= 0 <= high:
        return Suggestion(0.0, f"{says}, no clear overconfidence to smooth away")
    if high < 0:
        return Suggestion(0.0, f"{says}; it is underconfident already, and smoothing would make it more so")
    alpha = min(MOST, gap / (confidence - 1 / num_classes)) if confidence > 1 / num_classes else MOST
    return Suggestion(alpha, f"{says}, and the optimum of smoothing with {alpha:.2g} is less confident by as much")


def _points(share: float) -> str:
    return f"{round(100 * share, 1) + 0.0:+.1f}"
