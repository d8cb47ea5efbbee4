"""The verdict of an audit in words: every sentence of it, each a pure function of numbers that the report shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onewarm.audit.findings import Action, Finding, Verdict, VerdictKind
from onewarm.audit.measures import LEVEL_PERCENT, Measure
from onewarm.audit.remedies import LEAST_GAIN, Option
from onewarm.audit.slices import Slice
from onewarm.audit.words import REMEDY_TITLES, interval, number, p_value, percent, points
from onewarm.calibration.defaults import BINS

ALPHA = 0.05
"""A slice whose corrected p value is below this is reported as different."""


def judge(
    *,
    rows: int,
    num_classes: int,
    measures: Mapping[str, Measure],
    chance: float,
    options: tuple[Option, ...],
    best: Option | None,
    fitted_on: int,
    scored_on: int,
    truth: Mapping[str, Any],
    slices: tuple[Slice, ...],
    logits: bool,
    infinite: int,
) -> Verdict:
    """Put the numbers of an audit into words.

    Args:
        rows, num_classes: N and K.
        measures: over all rows, by name; as ``measures.measure`` gives them.
        chance: the ECE to expect of a perfectly calibrated model; see ``measures.chance_ece``.
        options, best: the remedies that were compared, and the recommended one.
        fitted_on, scored_on: rows that remedies were fitted and scored on.
        truth: its kind and, for votes, how far they agree; as in ``Audit.truth``.
        slices: strongest evidence first.
        logits: whether the predictions are logits.
        infinite: rows whose NLL is infinite.
    """
    kind = _kind(measures, chance)
    confidence, accuracy, gap = (measures[n] for n in ("mean_confidence", "accuracy", "confidence_gap"))
    assert confidence.value is not None and accuracy.value is not None and gap.value is not None
    says = f"it says {percent(confidence.value)} on average and is right {percent(accuracy.value)} of the time"
    headline = {
        "overconfident": f"Overconfident: {says}.",
        "underconfident": f"Underconfident: {says}.",
        "miscalibrated": f"Right on average, but not where it says so: {says}; single bins are off.",
        "calibrated": f"Calibrated, as far as {rows:,} rows can tell: {says}.",
    }[kind]
    findings = [_gap_sentence(gap, rows, num_classes), _ece_sentence(measures, chance)]
    findings += _truth_sentences(truth, options, accuracy.value, num_classes, rows)
    findings += _slice_sentences(slices)
    if infinite:
        findings.append(
            f"In {infinite:,} rows a true class has a probability of exactly 0: their NLL is infinite, so is the mean."
        )
    sentence, *why = _advice(options, best, fitted_on, scored_on, logits)
    gain, ends = (best.gain, best.interval) if best else (None, None)
    action = Action(best.key if best else "more rows", sentence, tuple(why), gain, ends)
    return Verdict(kind, headline, False, action, tuple(Finding("", s) for s in findings), "all")


def _kind(measures: Mapping[str, Measure], chance: float) -> VerdictKind:
    gap, ece = measures["confidence_gap"], measures["ece"]
    if gap.interval is not None and gap.interval[0] > 0:
        return "overconfident"
    if gap.interval is not None and gap.interval[1] < 0:
        return "underconfident"
    debiased = measures.get("squared_error")
    if debiased is not None and debiased.interval is not None:
        return "miscalibrated" if debiased.interval[0] > 0 else "calibrated"
    return "miscalibrated" if (ece.value or 0.0) > 2 * chance else "calibrated"


def _gap_sentence(gap: Measure, rows: int, num_classes: int) -> str:
    assert gap.value is not None
    word = "more" if gap.value >= 0 else "less"
    within = f" ({LEVEL_PERCENT}\u00a0% interval {points(gap.interval)})" if gap.interval else ""
    return (
        f"Over {rows:,} rows and {num_classes} classes the mean confidence is {abs(gap.value) * 100:.1f} points {word} "
        f"than the accuracy{within}."
    )


def _ece_sentence(measures: Mapping[str, Measure], chance: float) -> str:
    ece = measures["ece"]
    within = ""
    if ece.interval is not None:
        ends = " to ".join(number(e) for e in ece.interval)
        within = f"; the model's own, without the noise of finite rows, is within {ends} ({LEVEL_PERCENT}\u00a0%)"
    return (
        f"Expected calibration error (ECE) in {BINS} bins: {number(ece.value)}{within}. A perfectly calibrated model "
        f"with these confidences would show about {number(chance)} by chance alone."
    )


def _truth_sentences(
    truth: Mapping[str, Any], options: tuple[Option, ...], accuracy: float, num_classes: int, rows: int
) -> list[str]:
    sentences = []
    if truth["kind"] != "labels":
        share, entropy = truth["majority_share"], truth["entropy"]
        sentences.append(
            f"The truth is {truth['kind']}: on average {percent(1 - share)} of the mass is on other classes than the "
            f"favourite, {number(entropy)} nats of entropy that no prediction can go below."
        )
        t = next((o.parameters["temperature"] for o in options if o.key == "temperature" and o.parameters), None)
        majority_t = truth.get("majority_temperature")
        if t is not None and majority_t is not None:
            way = "higher" if t > majority_t else "lower"
            sentences.append(
                f"So the best temperature is {t:.4f}; with the favourite class as a plain label it would be "
                f"{majority_t:.4f}. It is {way} because a label says that nobody doubts, and {truth['kind']} say how "
                "many do: confidence is measured against that doubt, not only against mistakes."
            )
    error = (accuracy * (1 - accuracy) / rows) ** 0.5
    if accuracy + 3 * error < 1 / num_classes:
        sentences.append(
            f"It is right less often than chance ({percent(1 / num_classes)}): are rows and classes of predictions "
            "and truth in the same order?"
        )
    return sentences


def _slice_sentences(slices: tuple[Slice, ...]) -> list[str]:
    tested = [s for s in slices if s.p_holm is not None]
    if not slices:
        return []
    different = [s for s in tested if s.p_holm is not None and s.p_holm < ALPHA]
    if not different:
        return [
            f"Of {len(tested)} slices none differs from the other rows beyond chance (Holm-corrected, p < {ALPHA})."
        ]
    strongest = ", ".join(
        f"{s.column} = {s.value} ({(s.difference or 0) * 100:+.1f} points, p {p_value(s.p_holm)})"
        for s in different[:3]
    )
    verb = "differs" if len(different) == 1 else "differ"
    return [
        f"Of {len(tested)} slices {len(different)} {verb} from the other rows beyond chance (Holm-corrected, "
        f"p < {ALPHA}); the confidence gap of the strongest, against the others: {strongest}."
    ]


def _advice(
    options: tuple[Option, ...], best: Option | None, fitted_on: int, scored_on: int, logits: bool
) -> list[str]:
    if best is None or not options:
        return ["Too few rows to fit and score anything: give at least two."]
    leave = options[0]
    sentences = [_recommendation(best, logits)]
    if best.key == "leave":
        second = max((o for o in options[1:] if o.gain is not None), key=lambda o: o.gain or 0.0, default=None)
        if second is not None:
            change = f"{-(second.gain or 0.0):+.4f} nats{interval(_negated(second.interval))}"
            sentences.append(
                f"The best alternative ({REMEDY_TITLES[second.key].lower()}{_parameters(second)}) changes the NLL of "
                f"{scored_on:,} held-out rows by {change}: less than {LEAST_GAIN:g}, or not beyond chance."
            )
    elif best.gain is not None:
        sentences.append(
            f"Fitted on {fitted_on:,} rows, it lowers the NLL of {scored_on:,} others from {number(leave.nll)} to "
            f"{number(best.nll)}, by {number(best.gain)} nats a row{interval(best.interval)}, and takes their ECE from "
            f"{number(leave.ece)} to {number(best.ece)}."
        )
    else:
        sentences.append(
            f"{leave.infinite:,} of {scored_on:,} held-out rows gave the true class a probability of exactly 0: their "
            f"NLL is infinite. Brier score before and after: {number(leave.brier)}, {number(best.brier)}."
        )
    retrain = next((o for o in options if o.key == "retrain" and o.problem is None), None)
    if retrain is not None and best.key != "retrain" and (retrain.interval or (0.0, 0.0))[0] > 0:
        sentences.append(
            f"If you train it again: label smoothing with alpha about {retrain.parameters['alpha']:.3f} is where to "
            f"start. Its stand-in here, mixing that much uniform into the probabilities, lowers the held-out NLL by "
            f"{number(retrain.gain)}{interval(retrain.interval)}; what training itself does, `onewarm study` tells."
        )
    failed = [o for o in options if o.problem is not None]
    sentences += [f"{REMEDY_TITLES[o.key]} could not be fitted: {o.problem}." for o in failed]
    return sentences


def _recommendation(best: Option, logits: bool) -> str:
    t, alpha = best.parameters.get("temperature"), best.parameters.get("alpha")
    if best.key == "leave":
        return "Leave it as it is."
    if best.key == "temperature":
        assert t is not None
        power = "" if logits else f" (or raise the probabilities to the power {1 / t:.4f} and divide by their sum)"
        return f"Divide the logits by T = {t:.4f}{power}."
    if best.key == "unsmooth":
        return (
            f"Undo its smoothing: replace p by (p - alpha / K) / (1 - alpha) with alpha = {alpha:.4f}. No temperature "
            "equals that."
        )
    if best.key == "temperature-unsmooth":
        assert t is not None and alpha is not None
        if alpha < 0:
            return (
                f"Divide the logits by T = {t:.4f}, then mix {-alpha / (1 - alpha):.4f} of the uniform row into the "
                "probabilities."
            )
        return (
            f"Divide the logits by T = {t:.4f}, then replace p by (p - alpha / K) / (1 - alpha), alpha = {alpha:.4f}."
        )
    return (
        f"Retrain with label smoothing, alpha about {alpha:.3f}; until then mix that much uniform into the "
        "probabilities, p (1 - alpha) + alpha / K, which is what was scored."
    )


def _parameters(option: Option) -> str:
    names = {"temperature": "T", "alpha": "alpha"}
    return "".join(f", {names[k]} = {v:.4f}" for k, v in option.parameters.items())


def _negated(ends: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if ends is None else (-ends[1], -ends[0])
