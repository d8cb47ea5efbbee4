"""The comparison of two audits: what differs, in numbers and sentences, for a terminal, a notebook or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from onewarm.report.numbers import LEVEL_PERCENT, joined, number, percent

TITLES = {
    "nll": "NLL",
    "brier": "Brier score",
    "accuracy": "Accuracy",
    "event_ece": "ECE of P(y = 1)",
    "ece": "ECE",
    "confidence_gap": "Confidence gap",
}
_SHARES = ("accuracy", "confidence_gap")


@dataclass(frozen=True)
class Difference:
    """How one measure differs between two audits of the same rows.

    Attributes:
        name: "nll", "brier", "accuracy", "event_ece" (two classes), "ece" or "confidence_gap".
        before, after: its values; None where the NLL is infinite.
        value: after minus before.
        interval: of the difference; the intervals of all measures hold together in 95 % of samples.
        better: "after" or "before" where the interval excludes 0, else "". Of the confidence gap, which is best at 0,
            always "".
        sentence: all of it in words.
    """

    name: str
    before: float | None
    after: float | None
    value: float | None
    interval: tuple[float, float] | None
    better: str
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """The attributes as values for JSON."""
        return {**self.__dict__, "interval": list(self.interval) if self.interval else None}


@dataclass(frozen=True)
class Comparison:
    """Two audits of the same rows, compared; made by ``Audit.compare``.

    Attributes:
        before, after: names of the two.
        rows, groups: rows that were compared, and independent groups of them (None: every row is one).
        headline: what is better beyond chance, and what is not.
        differences: of each measure.
    """

    before: str
    after: str
    rows: int
    groups: int | None
    headline: str
    differences: tuple[Difference, ...]

    def __getitem__(self, name: str) -> Difference:
        """The difference of a measure: ``comparison["nll"]``."""
        return next(d for d in self.differences if d.name == name)

    def __repr__(self) -> str:
        return f"Comparison({self.headline!r}, rows={self.rows:,})"

    def to_dict(self) -> dict[str, Any]:
        """All of it for JSON."""
        return {**self.__dict__, "differences": [d.to_dict() for d in self.differences]}

    def to_text(self) -> str:
        """The headline and a sentence for each measure, as lines."""
        return "\n".join([self.headline, *(f"  {d.sentence}" for d in self.differences), f"  {self._about()}"])

    def _repr_html_(self) -> str:
        """For a notebook: the same, self-contained."""
        items = "".join(f"<li>{escape(d.sentence)}</li>" for d in self.differences)
        return f"<p><strong>{escape(self.headline)}</strong></p><ul>{items}</ul><p>{escape(self._about())}</p>"

    def _about(self) -> str:
        unit = f"{self.rows:,} rows" + (f" in {self.groups:,} groups" if self.groups else "")
        return f"Paired, over {unit}; the intervals hold together in {LEVEL_PERCENT}\u00a0% of samples."


def difference(name: str, before: float, after: float, ends: tuple[float, float]) -> Difference:
    """A difference in words; "better" only where its interval excludes 0."""
    better = ""
    if not ends[0] <= 0 <= ends[1] and name != "confidence_gap":
        better = "after" if (after > before) == (name == "accuracy") else "before"
    value = after - before
    show = _percent_points if name in _SHARES else _plain
    text = f"{TITLES[name]}: {show(before, after, value, ends)}"
    if ends[0] <= 0 <= ends[1]:
        text += "; no difference beyond chance"
    elif better:
        text += "; better" if better == "after" else "; worse"
    return Difference(name, before, after, value, ends, better, f"{text}.")


def _plain(before: float, after: float, value: float, ends: tuple[float, float]) -> str:
    return f"{number(before)} to {number(after)}, {value:+.4f} ({ends[0]:+.4f} to {ends[1]:+.4f})"


def _percent_points(before: float, after: float, value: float, ends: tuple[float, float]) -> str:
    points = f"{100 * value:+.2f} points ({100 * ends[0]:+.2f} to {100 * ends[1]:+.2f})"
    return f"{percent(before)} to {percent(after)}, {points}"


def infinite(names: tuple[str, str], before: float | None, after: float | None) -> Difference:
    """The NLL where it is infinite for one of the two, or both."""
    who = joined([n for n, v in zip(names, (before, after), strict=True) if v is None])
    text = f"{TITLES['nll']}: infinite for {who}, where the true class has a probability of exactly 0; compare logits."
    return Difference("nll", before, after, None, None, "", text)


def headline(found: Sequence[Difference], names: tuple[str, str], *, same: bool = False) -> str:
    """What is better beyond chance, or that nothing is."""
    if same:
        return f"{names[0]} and {names[1]} have the same predictions."
    parts = []
    for side, name in (("after", names[1]), ("before", names[0])):
        better = [TITLES[d.name].replace("Accuracy", "accuracy") for d in found if d.better == side]
        if better:
            parts.append(f"{name} is better in {joined(better)}")
    return ("; ".join(parts) if parts else f"{names[0]} and {names[1]} do not differ beyond chance") + "."
