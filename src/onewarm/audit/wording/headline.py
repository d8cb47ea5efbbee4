"""The kind of a verdict and its headline, from the questions that were answered no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onewarm.audit.findings import Finding, Question, VerdictKind
from onewarm.audit.measures import Measure
from onewarm.calibration.defaults import BINS
from onewarm.report.numbers import joined, percent, size

MATTERS = 0.05
"""An error of the mean, or of the confidence, that must not stay unseen: a share."""


@dataclass(frozen=True)
class Asked:
    """The questions of an audit and what their sentences need beside them.

    Attributes:
        kind: "binary", "multiclass" or "confidence", as in ``Plan``.
        rows: N.
        classes: their names.
        questions: all of them.
        confidence, accuracy: the mean confidence and the accuracy.
        event: for two classes the mean of P(y = 1) and the share of class 1.
        event_ece: the ECE of P(y = 1), for two classes.
        bins: number of equal-width bins.
        grouped: whether rows come in groups that are not independent.
    """

    kind: str
    rows: int
    classes: tuple[str, ...]
    questions: tuple[Question, ...]
    confidence: float
    accuracy: float
    event: tuple[float, float] = (0.5, 0.5)
    event_ece: Measure | None = None
    bins: int = BINS
    grouped: bool = False

    def of(self, key: str) -> Question | None:
        """The first question of this key."""
        return next((q for q in self.questions if q.key == key), None)

    @property
    def wrong(self) -> tuple[Question, ...]:
        """Those answered no, for each key the worst first."""
        return tuple(sorted((q for q in self.questions if q.wrong), key=_least_error, reverse=True))

    @property
    def mean(self) -> Question | None:
        """The question about the average: of P(y = 1) for two classes, else of the confidence."""
        return self.of("mean" if self.kind == "binary" else "confidence")

    @property
    def shape_leads(self) -> bool:
        """For two classes, whether most of the ECE of P(y = 1) is not explained by its error on average."""
        if self.event_ece is None or self.mean is None:
            return False
        return (self.event_ece.corrected or 0.0) > 2 * abs(self.mean.value)

    def wrong_of(self, key: str) -> list[Question]:
        """Those of this key that were answered no, the worst first."""
        return [q for q in self.wrong if q.key == key]


def _least_error(question: Question) -> float:
    return min(abs(end - question.null) for end in question.interval)


def kind_of(asked: Asked, spoilers: Sequence[Finding]) -> VerdictKind:
    """Wrong rows, else what is wrong, else too few rows, else calibrated."""
    if any(f.weight == "wrong rows" for f in spoilers):
        return "wrong rows"
    if not asked.wrong:
        return "too few rows" if reach(asked) > MATTERS else "calibrated"
    mean, slope = asked.mean, asked.of("slope")
    shifted = mean is not None and mean.wrong
    scaled = slope is not None and slope.wrong
    if asked.kind == "binary":
        if mean is not None and shifted and not (scaled and asked.shape_leads):
            return "too high" if mean.value > 0 else "too low"
        if slope is not None and scaled:
            return "overconfident" if slope.value < 1 else "underconfident"
        top = asked.of("confidence")
        if top is not None and top.wrong:
            return "overconfident" if top.value > 0 else "underconfident"
        return "miscalibrated"
    if mean is not None and shifted:
        return "overconfident" if mean.value > 0 else "underconfident"
    return "miscalibrated"


def reach(asked: Asked) -> float:
    """The largest error on average that the rows do not exclude, a share; 1 where nothing is known of it."""
    return max(map(abs, asked.mean.interval)) if asked.mean is not None else 1.0


def rows_needed(asked: Asked) -> int:
    """Rows at which an average error of ``MATTERS`` is excluded or found: its interval reaches half as far each way.

    Rounded up to two digits, so that it reads as an estimate.
    """
    ends = asked.mean.interval if asked.mean is not None else (-1.0, 1.0)
    factor = max(1.0, ((ends[1] - ends[0]) / MATTERS) ** 2)
    needed = max(asked.rows * factor, 100)
    step = 10 ** max(len(str(int(needed))) - 2, 0)
    return int(-(-needed // step) * step)


def headline(kind: VerdictKind, asked: Asked, spoilers: Sequence[Finding]) -> str:
    """One sentence with its number and interval."""
    if kind == "wrong rows":
        return next(f.sentence for f in spoilers if f.weight == "wrong rows")
    mean, slope = asked.mean, asked.of("slope")
    if kind in ("calibrated", "too few rows"):
        return _nothing_wrong(kind, asked, mean)
    if kind == "miscalibrated":
        return _in_places(asked)
    if asked.kind == "binary":
        if kind in ("too high", "too low"):
            assert mean is not None
            return (
                f"{event_name(asked)} is {size(mean.value, mean.interval, kind + ' on average')}: it says "
                f"{percent(asked.event[0])}, and {percent(asked.event[1])} are {asked.classes[-1]}{_also(asked)}."
            )
        extreme = "too close to 0 and 1" if kind == "overconfident" else "too far from 0 and 1"
        if slope is not None and slope.wrong:
            return (
                f"{kind.capitalize()}: {event_name(asked)} is {extreme}; the slope of its log-odds is "
                f"{slope.value:.2f} ({_ends(slope)}), and 1 is right."
            )
        mean = asked.of("confidence")
    assert mean is not None
    way = "less" if kind == "overconfident" else "more"
    return f"{kind.capitalize()}: {_says(asked)}, {size(mean.value, mean.interval, way)}{_also(asked)}."


def _also(asked: Asked) -> str:
    """What is as wrong as the average, or more: the slope of two classes, a class of several."""
    slope, classes, mean = asked.of("slope"), asked.wrong_of("class"), asked.mean
    if asked.kind == "binary" and slope is not None and slope.wrong:
        way = "close to" if slope.value < 1 else "far from"
        return f"; and it is too {way} 0 and 1, with a slope of {slope.value:.2f} ({_ends(slope)}) in the place of 1"
    if classes and mean is not None and abs(classes[0].value) > abs(mean.value):
        return f"; and {_class(classes[0])}"
    return ""


def _ends(slope: Question) -> str:
    return f"{slope.interval[0]:.2f} to {slope.interval[1]:.2f}"


def _class(question: Question) -> str:
    return f"{question.of} is predicted {size(question.value, question.interval, 'too often', 'too rarely')}"


def _says(asked: Asked) -> str:
    if asked.kind == "binary":
        return "for the more probable class " + _confidence(asked)
    return _confidence(asked)


def _confidence(asked: Asked) -> str:
    return f"it says {percent(asked.confidence)} on average and is right {percent(asked.accuracy)} of the time"


def event_name(asked: Asked) -> str:
    """What the predictions of two classes are the probability of."""
    return f"P(y = {asked.classes[-1]})"


def _nothing_wrong(kind: VerdictKind, asked: Asked, mean: Question | None) -> str:
    what = event_name(asked) if asked.kind == "binary" else "the confidence"
    within = "" if mean is None else f": on average {what} is off by {size(mean.value, mean.interval)}"
    if kind == "calibrated":
        return f"Calibrated, as far as {asked.rows:,} rows can tell{within}."
    show = "1 row shows" if asked.rows == 1 else f"{asked.rows:,} rows show"
    return f"Too few rows to tell: {show} no error{within.replace(': on average', ', but on average')}."


def _in_places(asked: Asked) -> str:
    """What is wrong where the average is not: the slope, classes, bins."""
    slope, classes, bins = asked.wrong_of("slope"), asked.wrong_of("class"), asked.wrong_of("bin")
    if slope and not classes:
        word = "too extreme: the high too high, the low too low" if slope[0].value < 1 else "too even"
        return (
            f"Right on average, but the confidences are {word}; the slope of their log-odds is {slope[0].value:.2f} "
            f"({_ends(slope[0])}), and 1 is right."
        )
    if classes:
        return f"{class_sentence(classes, len(asked.classes))}"
    return f"Right on average, but not everywhere: {bin_sentence(bins[0])}."


def class_sentence(wrong: Sequence[Question], num_classes: int) -> str:
    """The worst three classes whose probability is wrong on average, and how many there are."""
    named = [_class(q) for q in wrong[:3]]
    many = len(wrong)
    count = f"{many} of {num_classes} classes {'is' if many == 1 else 'are'} predicted too often or too rarely"
    return f"{count}: {joined(named)}{'' if many <= 3 else ', the worst three'}."


def bin_sentence(question: Question) -> str:
    """How far a bin is off."""
    return f"{question.of} is {size(question.value, question.interval, 'too high', 'too low')}"
