"""How a study's report names its metrics and writes their values and differences."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from onewarm.report.markup import prose
from onewarm.report.numbers import minus, percent, signed
from onewarm.study.report.view import Row, Side

TITLES = {
    "nll": "NLL",
    "accuracy": "Accuracy",
    "ece": "ECE",
    "brier": "Brier",
    "auroc": "AUROC",
    "aurc": "AURC",
    "temperature": "T",
    "nll_after": "NLL after T",
    "ece_after": "ECE after T",
    "mean_confidence": "Mean confidence",
    "confidence_gap": "Confidence gap",
    "train_accuracy": "Training accuracy",
    "train_nll": "Training NLL",
}
"""The short title of each metric in tables and pictures."""

SIDES: dict[Side, str] = {
    "better": "better",
    "worse": "worse",
    "unclear": "not clear",
    "untestable": "not testable",
}
_SHARES = ("accuracy", "train_accuracy", "mean_confidence", "confidence_gap")


def value(metric: str, number: float | None) -> str:
    """A mean as a table shows it: shares in percent.

    >>> value("accuracy", 0.9461), value("nll", 0.17412), value("confidence_gap", -0.02), value("nll", None)
    ('94.6\\xa0%', '0.174', '−2.0\\xa0%', '–')
    """
    if number is None:
        return "–"
    if metric in _SHARES:
        return minus(percent(number))
    if metric == "temperature":
        return f"{number:.2f}"
    return minus(f"{number:.3f}") if abs(number) < 100 else f"{number:.3g}"


def unit(metric: str) -> tuple[float, str]:
    """The factor and the unit of a metric's differences: those of shares are in points.

    >>> unit("accuracy"), unit("nll")
    ((100.0, ' points'), (1.0, ''))
    """
    return (100.0, " points") if metric in _SHARES else (1.0, "")


def places(metric: str, rows: Iterable[Row | None]) -> int:
    """Decimals for a column of differences, so that half of a usual interval has a digit to be read.

    >>> places("nll", [{"interval": (-0.05, -0.03)}]), places("nll", [{"interval": (-0.0005, 0.0002)}])
    (3, 5)
    """
    scale = unit(metric)[0]
    halves = sorted(
        scale * (r["interval"][1] - r["interval"][0]) / 2 for r in rows if r is not None and r["interval"] is not None
    )
    least = 1 if scale > 1 else 3
    if not halves or not (half := halves[len(halves) // 2]):
        return least
    return min(6, max(least, math.ceil(-math.log10(half / 4))))


def difference(metric: str, row: Row | None, digits: int) -> str:
    """A difference with its interval, without the unit.

    >>> difference("accuracy", {"mean": 0.0101, "interval": (0.005, 0.015)}, 1)
    '+1.0 (+0.5 to +1.5)'
    """
    if row is None or row["mean"] is None:
        return "–"
    scale = unit(metric)[0]
    mean = signed(scale * row["mean"], digits)
    if row["interval"] is None:
        return mean
    low, high = (signed(scale * end, digits) for end in row["interval"])
    return f"{mean} ({low} to {high})"


def sentence(words: str) -> str:
    """A sentence of a verdict as HTML, its negative numbers with a minus sign.

    >>> sentence("smooth:-0.1 lowers it (-0.02)")
    'smooth:-0.1 lowers it (−0.02)'
    """
    return prose(re.sub(r"(?<![\w:.])-(?=[\d.])", "\u2212", words))


def counted(number: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "seed"), counted(1200, "row")
    ('1 seed', '1,200 rows')
    """
    return f"{number:,} {what}{'s' * (number != 1)}"


def short_list(names: Sequence[str], most: int = 12) -> str:
    """Names, the middle ones left out where they are more than ``most``.

    >>> short_list([str(i) for i in range(100)], 4)
    '0, 1, 2, ..., 99'
    """
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])}, ..., {names[-1]}"
