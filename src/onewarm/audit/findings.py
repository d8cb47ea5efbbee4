"""What an audit finds and concludes: every view of it (terminal, page, JSON, notebook) is made from these."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

VerdictKind = Literal[
    "calibrated",
    "overconfident",
    "underconfident",
    "too high",
    "too low",
    "miscalibrated",
    "too few rows",
    "wrong rows",
]
"""The conclusions.

"calibrated": no question is answered no, and the rows are enough to see an error that matters.
"overconfident", "underconfident": the confidence (of the top label, or of a confidence and correct file) is too high or
too low on average; for two classes: P(y = 1) is too close to 0 and 1, or too far from them.
"too high", "too low": two classes, and the mean of P(y = 1) is above or below the share of class 1.
"miscalibrated": wrong, but not on average: in single bins, or for single classes.
"too few rows": no question is answered no, but an error that matters could be there.
"wrong rows": predictions and truth do not belong together (labels of other rows, permuted classes).
"""


@dataclass(frozen=True)
class Question:
    """Something that a user of the probabilities relies on, and what the rows answer.

    The intervals of all questions of an audit hold together in 95 % of samples, and a question is answered no where its
    interval excludes ``null``: so a calibrated model gets one or more "no" in at most 5 % of samples.

    Attributes:
        key: "mean" (is the mean prediction the share of the event?), "confidence" (does the confidence of the top label
            equal its accuracy?), "slope" (of the log-odds of the truth on those of the prediction), "bin", "class".
        of: what it is about, in words: "P(y = 1)", "the top label", "class cat", "P(y = 1) from 0.40 to 0.47".
        value: predicted minus observed, a share in -1..1; for "slope" the slope.
        interval: of ``value``.
        null: the value of a calibrated model: 0, or 1 for "slope".
        p: probability of a result as far from ``null`` or further if the model is calibrated, corrected for the number
            of questions; 1 at most. Below .05 exactly where ``interval`` excludes ``null``.
        rows: rows (or weight) that it speaks of.
    """

    key: Literal["mean", "confidence", "slope", "bin", "class"]
    of: str
    value: float
    interval: tuple[float, float]
    null: float
    p: float
    rows: float

    @property
    def wrong(self) -> bool:
        """Whether the rows answer no: the interval excludes the value of a calibrated model."""
        return not self.interval[0] <= self.null <= self.interval[1]

    def to_dict(self) -> dict[str, Any]:
        """The attributes as values for JSON."""
        return {**asdict(self), "interval": list(self.interval), "wrong": self.wrong}


@dataclass(frozen=True)
class Finding:
    """One sentence of an audit, with the number that it rests on.

    Attributes:
        key: what it is about, as "ece", "duplicates", "permuted classes", "zeros".
        sentence: complete, with its number and interval.
        weight: "wrong rows" (predictions and truth do not belong together: nothing else can be concluded), "spoils"
            (conclusions are weaker than they look), "wrong" (a question answered no) or "note".
        value, interval: the number, where there is one, and its interval.
        remedy: what to do about it, a sentence; "" where there is nothing to do.
    """

    key: str
    sentence: str
    weight: Literal["wrong rows", "spoils", "wrong", "note"] = "note"
    value: float | None = None
    interval: tuple[float, float] | None = None
    remedy: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as values for JSON."""
        return {**asdict(self), "interval": list(self.interval) if self.interval else None}


@dataclass(frozen=True)
class Action:
    """The one thing to do.

    Attributes:
        key: of a remedy ("leave", "intercept", "temperature", ...); or "check rows", "more rows", "retrain".
        sentence: an imperative with its parameters.
        why: sentences: what it gains, or why nothing is to be done.
        gain, interval: nats a row on rows it was not fitted on, and the interval; None where nothing was scored.
        code: the line of Python that does it, or "".
        command: the line of shell that does it, or "".
    """

    key: str
    sentence: str
    why: tuple[str, ...] = ()
    gain: float | None = None
    interval: tuple[float, float] | None = None
    code: str = ""
    command: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as values for JSON."""
        return {
            **asdict(self),
            "why": list(self.why),
            "interval": list(self.interval) if self.interval else None,
        }


@dataclass(frozen=True)
class Verdict:
    """The conclusions of an audit, and its advice; made by ``judge``.

    Attributes:
        kind: one of ``VerdictKind``.
        headline: one sentence, with its number and interval.
        small: whether what is wrong is real but small: its interval lies within a point, and no remedy gains .001 nats.
        action: what to do.
        findings: what was found, what matters most first.
        picture: the ``of`` of the reliability diagram that shows the headline.
    """

    kind: VerdictKind
    headline: str
    small: bool
    action: Action
    findings: tuple[Finding, ...]
    picture: str

    def to_dict(self) -> dict[str, Any]:
        """The conclusions for JSON."""
        return {
            "kind": self.kind,
            "headline": self.headline,
            "small": self.small,
            "action": self.action.to_dict(),
            "findings": [f.to_dict() for f in self.findings],
            "picture": self.picture,
        }
