"""The judgement of an audit: from questions, measures, remedies and spoilers to one verdict, of which all is a view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from onewarm.audit.diagrams import MOST_CLASSES
from onewarm.audit.findings import Finding, Verdict, VerdictKind
from onewarm.audit.measures import Measure
from onewarm.audit.remedies import Remedies
from onewarm.audit.slices import Slice
from onewarm.audit.wording import evidence
from onewarm.audit.wording.advice import action
from onewarm.audit.wording.headline import Asked, headline, kind_of

SMALL = 0.01
"""Errors of at most a point, a share, are small where no remedy is advised."""

_AT_LEAST_THE_GAP = ("ece", "ece_equal_mass", "top_label_ece", "mce")
_ERRORS = (*_AT_LEAST_THE_GAP, "event_ece", "smooth_ece", "overconfidence", "underconfidence", "squared_error",
           "classwise_ece", "brier_reliability")  # fmt: skip


def judge(
    asked: Asked,
    *,
    measures: Mapping[str, Measure],
    chance: float,
    remedies: Remedies | None = None,
    spoilers: Sequence[Finding] = (),
    slices: Sequence[Slice] = (),
    truth: Mapping[str, Any],
    logits: bool = False,
    infinite: int = 0,
) -> Verdict:
    """Put the numbers of an audit into one verdict.

    Args:
        asked: the questions, with their intervals, and what they are about.
        measures: over all rows, by name, their intervals agreeing with the questions: see ``agreeing``.
        chance: the ECE to expect of a perfectly calibrated model; see ``measures.chance_ece``.
        remedies: what was compared, and what is advised; None where nothing could be.
        spoilers: what may spoil the audit.
        slices: those to show, in their order.
        truth: its kind and, for votes, how far they agree; as in ``Audit.truth``.
        logits: whether the predictions are logits.
        infinite: rows whose NLL is infinite.
    """
    kind = kind_of(asked, spoilers)
    found = [f for f in spoilers if f.weight == "wrong rows"]
    if kind != "wrong rows":
        found = [f for f in spoilers if f.weight == "spoils"]
        found += evidence.of_questions(asked)
        found += evidence.of_ece(asked, measures, chance)
        found += evidence.of_slices(slices)
        found += evidence.of_truth(truth, remedies.options if remedies else ())
        found += [f for f in spoilers if f.weight not in ("wrong rows", "spoils")]
        if not any(f.key == "zeros" for f in spoilers):
            found += evidence.of_zeros(infinite)
    small = kind != "wrong rows" and _small(asked, measures, remedies)
    said = headline(kind, asked, spoilers)
    return Verdict(
        kind,
        f"{said.removesuffix('.')}; this is real but small." if small else said,
        small,
        action(kind, asked, spoilers, remedies, logits=logits),
        tuple(found),
        _picture(kind, asked),
    )


def _picture(kind: VerdictKind, asked: Asked) -> str:
    """The diagram that shows the headline: of P(y = 1), of a class where the confidence is not wrong, or of all."""
    if asked.kind == "binary":
        return "event"
    classes = asked.wrong_of("class")
    return classes[0].of if kind == "miscalibrated" and classes and len(asked.classes) <= MOST_CLASSES else "all"


def _small(asked: Asked, measures: Mapping[str, Measure], remedies: Remedies | None) -> bool:
    """Whether all that is wrong is at most a point, and no remedy gains ``LEAST_GAIN``."""
    if not asked.wrong or (remedies is not None and remedies.best.key != "leave"):
        return False
    shares = [max(map(abs, q.interval)) for q in asked.wrong if q.key != "slope"]
    ece = measures["event_ece" if asked.kind == "binary" and "event_ece" in measures else "ece"]
    if ece.interval is not None:
        shares.append(ece.interval[1])
    return max(shares, default=1.0) <= SMALL


def agreeing(measures: Mapping[str, Measure], asked: Asked) -> dict[str, Measure]:
    """The measures with intervals that agree with the questions.

    An ECE is at least the distance of the means of the same bins: so is each end of its interval. And 0 is the low end
    of an error where no question is answered no.
    """
    agreed = dict(measures)
    mean, top = asked.mean, asked.of("confidence")
    if top is not None:
        agreed["confidence_gap"] = replace(agreed["confidence_gap"], interval=top.interval)
    for name in _ERRORS:
        measure = agreed.get(name)
        if measure is None or measure.interval is None:
            continue
        low, high = measure.interval
        gap = agreed["confidence_gap"].interval if name in _AT_LEAST_THE_GAP else None
        if name == "event_ece" and mean is not None:
            gap = mean.interval
        if gap is not None:
            low = max(low, gap[0], -gap[1], 0.0)
            high = max(high, abs(gap[0]), abs(gap[1]))
        agreed[name] = replace(measure, interval=(low if asked.wrong else min(low, 0.0), high))
    return agreed
