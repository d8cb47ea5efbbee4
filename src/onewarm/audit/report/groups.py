"""Which of an audit's measures to read, and for what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from onewarm.audit.measures import Measure
from onewarm.report.numbers import number, p_value, percent, points

SHARES = ("accuracy", "mean_confidence", "confidence_gap")


def measured(name: str, measure: Measure) -> tuple[str, str]:
    """A measure's value and interval as a table shows them: shares in percent, their difference in points.

    >>> measured("accuracy", Measure(0.8, (0.79, 0.81))), measured("confidence_gap", Measure(0.02))
    (('80.0\\xa0%', '79.0\\xa0% to 81.0\\xa0%'), ('+2.0 points', '–'))
    """
    value, interval = measure.value, measure.interval
    if name == "confidence_gap" and value is not None:
        return f"{value * 100:+.1f} points", points(interval) or "–"
    if name.endswith("_p"):
        return p_value(value).removeprefix("= "), "–"
    if name in SHARES and value is not None:
        return percent(value), " to ".join(map(percent, interval)) if interval else "–"
    return number(value), " to ".join(map(number, interval)) if interval else "–"


@dataclass(frozen=True)
class Group:
    """Measures that answer the same need.

    Attributes:
        purpose: what a reader wants: "To compare two models".
        read: which of them to read, in words.
        names: the measures.
    """

    purpose: str
    read: str
    names: tuple[str, ...]


_COMPARE = ("nll", "brier", "brier_reliability", "brier_resolution", "brier_uncertainty")
_RANK = ("auroc", "aurc", "coverage_at_risk")
_FIRST = ("event_ece", "calibration_intercept", "calibration_slope", "ece", *SHARES)


def groups(measures: Iterable[str], kind: str) -> tuple[Group, ...]:
    """The measures of an audit by what they are for; those named in ``read`` come first.

    >>> [g.purpose for g in groups(["accuracy", "ece", "nll", "auroc"], "multiclass")]
    ['To trust a probability', 'To compare two models', 'To rank rows, or answer only the surest']
    """
    there = list(measures)
    other = [n for n in there if n not in (*_COMPARE, *_RANK, *_FIRST)]
    trust = tuple(n for n in (*_FIRST, *other) if n in there)
    read = {
        "binary": "Read the ECE of P(y = 1), and the slope: 1 is right, below 1 is too extreme.",
        "multiclass": "Read the ECE and the confidence gap; the classwise ECE if you use each class's probability.",
        "confidence": "Read the ECE and the confidence gap.",
    }[kind]
    return (
        Group("To trust a probability", read, trust),
        Group(
            "To compare two models",
            "Read the NLL or the Brier score, less is better; both reward being right and being calibrated.",
            tuple(n for n in _COMPARE if n in there),
        ),
        Group(
            "To rank rows, or answer only the surest",
            "Read the AUROC: 0.5 is chance, 1 is perfect.",
            tuple(n for n in _RANK if n in there),
        ),
    )
