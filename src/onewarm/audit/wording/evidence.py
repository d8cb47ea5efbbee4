"""The findings of a verdict: each question that was answered no, the ECE, the truth, zeros and slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from onewarm.audit.findings import Finding, Question
from onewarm.audit.measures import Measure
from onewarm.audit.remedies import Option
from onewarm.audit.slices import Slice
from onewarm.audit.wording.headline import Asked, bin_sentence, class_sentence, event_name
from onewarm.report.numbers import LEVEL_PERCENT, joined, number, percent, points, size


def of_questions(asked: Asked) -> list[Finding]:
    """The average first, whatever its answer; then what else is wrong: the slope, classes, bins."""
    found = []
    if asked.mean is not None:
        found.append(_of_mean(asked, asked.mean))
    if asked.kind == "binary":
        found += [_of_mean(asked, q) for q in asked.wrong_of("confidence")]
    for q in asked.wrong_of("slope"):
        way = "too close to 0 and 1" if q.value < 1 else "too far from 0 and 1"
        text = (
            f"{_subject(asked)} is {way}: the slope of the log-odds is {q.value:.2f} ({q.interval[0]:.2f} to "
            f"{q.interval[1]:.2f}); 1 is right."
        )
        found.append(Finding("slope", text, "wrong", q.value, q.interval))
    classes, bins = asked.wrong_of("class"), asked.wrong_of("bin")
    if classes:
        text = class_sentence(classes, len(asked.classes))
        found.append(Finding("class", text, "wrong", classes[0].value, classes[0].interval))
    if bins:
        looked = sum(q.key == "bin" for q in asked.questions)
        text = (
            f"In {len(bins)} of {looked} bins it is wrong: {joined([bin_sentence(q) for q in bins[:3]])}"
            f"{'' if len(bins) <= 3 else ', the worst three'}."
        )
        found.append(Finding("bin", text, "wrong", bins[0].value, bins[0].interval))
    return found


def _subject(asked: Asked) -> str:
    return event_name(asked) if asked.kind == "binary" else "The confidence"


def _of_mean(asked: Asked, mean: Question) -> Finding:
    if mean.key == "mean":
        text = f"The mean of {event_name(asked)} is {percent(asked.event[0])}, the share of {asked.classes[-1]} "
        text += percent(asked.event[1])
    else:
        of = " of the more probable class" if asked.kind == "binary" else ""
        text = f"The mean confidence{of} is {percent(asked.confidence)}, the accuracy {percent(asked.accuracy)}"
    off = size(mean.value, mean.interval, "too high", "too low") if mean.wrong else size(mean.value, mean.interval)
    text += f": {off}" if mean.wrong else f": a difference of {off}, no error beyond chance"
    return Finding(mean.key, f"{text}.", "wrong" if mean.wrong else "note", mean.value, mean.interval)


def of_ece(asked: Asked, measures: Mapping[str, Measure], chance: float) -> list[Finding]:
    """The ECE with its interval; of P(y = 1) first where there are two classes."""
    weight: Literal["wrong", "note"] = "wrong" if asked.wrong else "note"
    found = []
    event = measures.get("event_ece")
    if asked.kind == "binary" and event is not None and event.value is not None:
        text = f"ECE of {event_name(asked)} in {asked.bins} bins over 0..1: {number(event.value)}{_own(asked, event)}."
        found.append(Finding("event_ece", text, weight, event.value, event.interval))
    ece = measures["ece"]
    of = {"confidence": "of the confidence", "binary": "of the more probable class"}.get(asked.kind, "of the top class")
    text = (
        f"Expected calibration error (ECE) {of} in {asked.bins} bins: {number(ece.value)}{_own(asked, ece)}. A "
        f"perfectly calibrated model with these confidences would show about {number(chance)} by chance alone."
    )
    found.append(Finding("ece", text, weight if not found else "note", ece.value, ece.interval))
    return found


def _own(asked: Asked, ece: Measure) -> str:
    """The interval in words; where something is wrong it never says that 0 is possible."""
    if ece.interval is None:
        return ""
    low, high = ece.interval
    ends = f"at most {number(high)}" if asked.wrong and low == 0 else f"within {number(low)} to {number(high)}"
    return f"; the model's own, without the noise of finite rows, is {ends} ({LEVEL_PERCENT}\u00a0%)"


def of_truth(truth: Mapping[str, Any], options: Sequence[Option]) -> list[Finding]:
    """What votes or distributions say of doubt, and how the temperature takes it."""
    if truth["kind"] == "labels" or "majority_share" not in truth:
        return []
    share, entropy = truth["majority_share"], truth["entropy"]
    text = (
        f"The truth is {truth['kind']}: on average {percent(1 - share)} of the mass is on other classes than the "
        f"favourite, {number(entropy)} nats of entropy that no prediction can go below."
    )
    found = [Finding("truth", text, value=entropy)]
    t = next((o.parameters["temperature"] for o in options if o.key == "temperature" and o.parameters), None)
    majority_t = truth.get("majority_temperature")
    if t is None or majority_t is None:
        return found
    if t > majority_t:
        why = (
            f"It is higher because a label says that nobody doubts, and {truth['kind']} say how many do: confidence is "
            "measured against that doubt, not only against mistakes."
        )
    else:
        why = f"It is no higher: the doubt in the {truth['kind']} is no more than the model already has."
    text = (
        f"The best temperature is {t:.4f}; with the favourite class as a plain label it would be {majority_t:.4f}. "
        f"{why}"
    )
    return [*found, Finding("doubt", text, value=t)]


def of_zeros(infinite: int) -> list[Finding]:
    """Rows whose NLL is infinite."""
    if not infinite:
        return []
    rows = "1 row the" if infinite == 1 else f"{infinite:,} rows the"
    text = (
        f"In {rows} true class has a probability of exactly 0, so the mean NLL is infinite. It was probably rounded: "
        "the fits take it as the smallest number that could have become 0."
    )
    return [Finding("zeros", text, "note", float(infinite), remedy="Save logits, or more digits of the probabilities.")]


def of_slices(slices: Sequence[Slice]) -> list[Finding]:
    """Which slices are wrong on average, of how many that were looked at."""
    if not slices:
        return []
    looked = [s for s in slices if s.p is not None]
    wrong = [s for s in slices if s.wrong]
    if not looked:
        many = "The one slice has" if len(slices) == 1 else f"None of the {len(slices):,} slices has"
        return [Finding("slices", f"{many} {'too few' if len(slices) == 1 else 'enough'} rows to be looked at.")]
    if not wrong:
        text = "The one slice that was looked at is not wrong on average beyond chance."
        if len(looked) > 1:
            text = f"Of {len(looked):,} slices looked at none is wrong on average beyond chance."
        return [Finding("slices", text)]
    named = joined([f"{s.name} ({s.gap * 100:+.1f} points, {points(s.interval)})" for s in wrong[:3]])
    of = f"{len(wrong):,} of {len(looked):,} slices looked at {'is' if len(wrong) == 1 else 'are'}"
    of = of if len(looked) > 1 else "The one slice that was looked at is"
    more = f", and {len(wrong) - 3:,} more" if len(wrong) > 3 else ""
    text = f"{of} wrong on average, predicted minus observed, what is surely most wrong first: {named}{more}."
    return [Finding("slices", text, "wrong", wrong[0].gap, wrong[0].interval)]
