"""The action of a verdict: one thing to do, why, and what it gains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from onewarm.audit.findings import Action, Finding, VerdictKind
from onewarm.audit.remedies import LEAST_GAIN, Option, Remedies
from onewarm.audit.wording.headline import MATTERS, Asked, reach, rows_needed
from onewarm.audit.words import REMEDY_TITLES, fitted
from onewarm.report.numbers import interval, number

MUCH_LEFT = 0.01
"""An ECE that is surely above this after the advised change is said to be left."""
MOST_LISTED = 10
"""Numbers of a class each that are shown in a sentence, at most."""


def action(
    kind: VerdictKind,
    asked: Asked,
    spoilers: Sequence[Finding],
    remedies: Remedies | None,
    *,
    logits: bool,
) -> Action:
    """What to do.

    Wrong rows: check them, and nothing else. A remedy where it gains at least ``LEAST_GAIN`` on rows it was not fitted
    on, and the interval of the gain lies above 0. Else more rows where there are too few, or to leave it and why.
    """
    if kind == "wrong rows":
        spoiler = next(f for f in spoilers if f.weight == "wrong rows")
        why = "Until this is mended nothing can be said of the confidence, and no remedy is scored."
        return Action("check rows", spoiler.remedy or "Check that predictions and truth are of the same rows.", (why,))
    if remedies is not None and remedies.best.key != "leave":
        return _remedy(asked, remedies, logits=logits)
    if kind == "too few rows":
        needed = rows_needed(asked)
        why = (
            f"An average error of up to {reach(asked) * 100:.1f} points could be there; about {needed:,} rows would "
            f"show one of {MATTERS * 100:.0f} points or exclude it."
        )
        of = " of other groups (more rows of these tell little)" if asked.grouped else ""
        return Action("more rows", f"Audit about {needed:,} rows{of}.", (why, *_not_advised(asked, remedies)))
    return _leave(asked, remedies)


def _leave(asked: Asked, remedies: Remedies | None) -> Action:
    why = _not_advised(asked, remedies)
    if not asked.wrong:
        why = ["Nothing was found to be wrong beyond chance.", *why]
    elif not why:
        why = ["What is wrong could not be mended: no remedy could be fitted and scored on these rows."]
    return Action("leave", REMEDY_TITLES["leave"] + ".", tuple(why))


def _not_advised(asked: Asked, remedies: Remedies | None) -> list[str]:
    """What acting would gain, and why that is not enough; and each fit that failed, once."""
    if remedies is None:
        return []
    why = []
    second = remedies.runner_up or _most_gain(remedies.options)
    if second is not None and remedies.resting_on_zeros:
        rows = "the row" if remedies.zeros.true == 1 else f"the {remedies.zeros.true:,} rows"
        why.append(
            f"The best change ({_name(second)}) gains {number(second.gain)} nats a row{interval(second.interval)}, but "
            f"only because of {rows} whose true class has a probability of exactly 0: save logits, and audit again."
        )
    elif second is not None and second.gain is not None and second.interval is not None:
        bridge = "What is wrong is not worth a change: the" if asked.wrong else "The"
        if second.gain < 0:
            gained = f"raises the NLL of rows it was not fitted on by {number(-second.gain)} nats a row"
            gained += f"{interval((-second.interval[1], -second.interval[0]))}"
            gained += ": none is seen to lower it"
        else:
            gained = f"lowers the NLL of rows it was not fitted on by {number(second.gain)} nats a row"
            small = f"less than {LEAST_GAIN:g}"
            noise = "which chance can give"
            reason = small if second.gain < LEAST_GAIN else noise
            if second.gain < LEAST_GAIN and second.interval[0] <= 0:
                reason = f"{small}, {noise}"
            gained = f"{gained}{interval(second.interval)}, {reason}"
        why.append(f"{bridge} best change ({_name(second)}) {gained}.")
    return [*why, *_failed(remedies.options)]


def _most_gain(options: Sequence[Option]) -> Option | None:
    return max((o for o in options if o.key != "leave" and o.gain is not None), key=lambda o: o.gain or 0, default=None)


def _failed(options: Sequence[Option]) -> list[str]:
    """Each reason once, with all remedies that it stopped."""
    reasons: dict[str, list[str]] = {}
    for o in options:
        if o.problem is not None:
            reasons.setdefault(o.problem, []).append(REMEDY_TITLES[o.key])
    return [f"{', '.join(names)} could not be fitted: {reason}." for reason, names in reasons.items()]


def _name(option: Option) -> str:
    shown = fitted(option.parameters)
    return REMEDY_TITLES[option.key].lower() + (f", {shown}" if shown else "")


def _remedy(asked: Asked, remedies: Remedies, *, logits: bool) -> Action:
    leave, best = remedies.options[0], remedies.best
    why = []
    event = leave.event_ece is not None
    before, after = (o.event_ece if event else o.ece for o in (leave, best))
    why.append(
        f"On rows it was not fitted on it lowers the NLL from {number(leave.nll)} to {number(best.nll)}, by "
        f"{number(best.gain)} nats a row{interval(best.interval)}, and takes the ECE{' of P(y = 1)' if event else ''} "
        f"from {number(before)} to {number(after)}."
    )
    if not asked.wrong:
        why.append("No single error is beyond chance, but all rows together show this gain.")
    left = best.event_ece_interval if event else best.ece_interval
    if left is not None and left[0] > MUCH_LEFT:
        why.append(
            f"It leaves an ECE within {number(left[0])} to {number(left[1])}: what no such map mends, or more "
            "accuracy, needs another training; `onewarm study` tells what smoothing would do."
        )
    why += _failed(remedies.options)
    saved = ""
    if "calibrator.json" in best.code:
        saved = (
            "onewarm audit FILE --save calibrator.json\n"
            "onewarm calibrate NEW.csv --with calibrator.json --out CALIBRATED.csv"
        )
    do = _imperative(asked, best, logits=logits)
    return Action(best.key, do, tuple(why), best.gain, best.interval, best.code, saved)


def _imperative(asked: Asked, best: Option, *, logits: bool) -> str:
    t, alpha = best.parameters.get("temperature"), best.parameters.get("alpha")
    if best.key == "temperature":
        assert t is not None
        power = "" if logits else f" (or raise the probabilities to the power {1 / t:.4f} and divide by their sum)"
        return f"Divide the logits by T = {t:.4f}{power}."
    if best.key == "unsmooth":
        assert alpha is not None
        if alpha < 0:
            return f"Mix {-alpha / (1 - alpha):.4f} of the uniform row into the probabilities."
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
    of = "P(y = 1)" if asked.kind == "binary" else "the confidence"
    several = asked.kind == "multiclass"
    b, a = best.parameters.get("intercept"), best.parameters.get("slope")
    if best.key == "intercept":
        if not isinstance(b, float):
            return f"Add to each class's logit a number of its own{_listed(b)}."
        return f"Add {b:+.4f} to the log-odds of {of}."
    if best.key == "platt" and isinstance(a, float) and isinstance(b, float):
        return f"Multiply the log-odds of {of} by {a:.4f} and add {b:+.4f} (Platt scaling)."
    if best.key == "vector":
        return "Multiply each class's logit by a number of its own and add another (vector scaling)."
    each = "each class's probability, and divide by their sum," if several else of
    if best.key == "isotonic":
        return f"Map {each} by the fitted non-decreasing curve (isotonic regression)."
    if best.key == "beta":
        return f"Map {each} by beta calibration: logistic regression on log p and log (1 - p)."
    shown = fitted(best.parameters)
    return f"{REMEDY_TITLES[best.key]}{f': {shown}' if shown else ''}."


def _listed(numbers: Any) -> str:
    values = list(numbers or ())
    return f": {', '.join(f'{v:+.4f}' for v in values)}" if 0 < len(values) <= MOST_LISTED else ""
