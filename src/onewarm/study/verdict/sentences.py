"""The sentences of a decision: the recommendation, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from onewarm.study.comparison.compare import LEAST_SEEDS, MORE_IS_BETTER, Comparison
from onewarm.study.verdict.decide import Decision
from onewarm.study.verdict.suggestion import Suggestion

_NAMES = {"nll": "NLL", "accuracy": "accuracy", "nll_after": "NLL after a temperature", "ece": "ECE"}
_POINTS = ("accuracy",)


def sentences(decision: Decision) -> list[str]:
    """What a study finds, in sentences; the last is the recommendation.

    A logistic regression with a lower NLL than every arm comes first. Then each arm against the baseline, what
    stopping does, and the alpha that the confidence gap suggests.
    """
    said = []
    if decision.kind not in ("alone", "untestable"):
        said += _of_reference(decision) + [_of_arm(decision, arm) for arm in decision.others] + _of_ended(decision)
    if decision.seeds >= LEAST_SEEDS and decision.suggestion is not None:
        said.append(_of_suggestion(decision.suggestion))
    return [*said, recommendation(decision)]


def recommendation(decision: Decision) -> str:
    """What to do, one sentence."""
    base, arms = decision.baseline, _either(decision.chosen)
    match decision.kind:
        case "alone":
            return f"Only {base} ran, so that there is nothing to compare: add an arm, such as smooth:0.1."
        case "untestable":
            return (
                f"Not testable with {_counted(decision.seeds)}: no difference from {base} can be told from chance with "
                f"fewer than {LEAST_SEEDS}; 10 find what matters on most data."
            )
        case "better":
            return f"Train with {arms}: {_gain(decision, 'nll')}."
        case "with temperature":
            return (
                f"Train with {arms} and fit a temperature on held-out rows: {_gain(decision, 'nll_after')}; "
                f"without a temperature {_phrase(decision.rows.get((decision.chosen[0], 'nll')))}."
            )
        case "temperature instead":
            arm = _lowest(decision, "nll")
            return (
                f"Stay with {base} and fit a temperature on held-out rows: {_with(decision, arm, 'nll', 'accuracy')}, "
                f"but with a temperature on both, {_phrase(decision.rows.get((arm, 'nll_after')))}."
            )
        case "trade":
            return f"Stay with {base} unless one side of this matters more to you: {_trades(decision)}."
        case "worse":
            names = _and(decision.others)
            verb = "is" if len(decision.others) == 1 else "are"
            return f"Stay with {base}: {names} {verb} clearly worse, and better in nothing that decides."
        case _:
            return (
                f"No measurable difference between {_and((base, *decision.others))}: {base} stays. {_power(decision)}"
            )


def difference(row: Comparison) -> str:
    """A difference with its simultaneous interval, in points for accuracy."""
    scale, unit, digits = (100.0, " points", 1) if row.metric in _POINTS else (1.0, "", 3)
    assert row.mean is not None
    if row.interval is None:
        return f"{scale * row.mean:+.{digits}f}{unit}"
    low, high = (scale * end for end in row.interval)
    while digits < 6 and high - low and (high - low) < 8 * 10**-digits:  # an interval needs digits to be read
        digits += 1
    return f"{scale * row.mean:+.{digits}f}{unit} ({low:+.{digits}f} to {high:+.{digits}f})"


def _phrase(row: Comparison | None) -> str:
    """A metric, on which side it lies, and the difference."""
    if row is None or row.mean is None:
        return f"{_NAMES[row.metric] if row else 'NLL'} could not be compared"
    name = _NAMES[row.metric]
    if not row.clear:
        return f"no clear difference in {name}, {difference(row)}"
    more = (row.mean > 0) == (row.metric in MORE_IS_BETTER) if row.metric in _POINTS else row.mean > 0
    return f"{'higher' if more else 'lower'} {name}, {difference(row)}"


def _with(decision: Decision, arm: str, *metrics: str) -> str:
    """The arm's differences from the baseline on these metrics."""
    return f"{arm} has " + " and ".join(_phrase(decision.rows.get((arm, metric))) for metric in metrics)


def _gain(decision: Decision, metric: str) -> str:
    """What the chosen arm gains and costs against the baseline; accuracy is always in it."""
    arm = decision.chosen[0]
    gained = f"against {decision.baseline} {_with(decision, arm, metric, 'accuracy')}"
    if len(decision.chosen) > 1:
        return f"{gained}; {_and(decision.chosen)} cannot be told from each other with {_counted(decision.seeds)}"
    if decision.between:
        return f"{gained}; its {_NAMES[metric]} is also clearly lower than that of the other arms that help"
    return gained


def _of_arm(decision: Decision, arm: str) -> str:
    known = [r for m in ("nll", "accuracy", "nll_after", "ece") if (r := decision.rows.get((arm, m))) is not None]
    said = [_phrase(row) for row in known if row.mean is not None]
    lost = [_NAMES[row.metric] for row in known if row.mean is None]
    if lost:
        said.append(f"{_and(lost)} could not be compared, as it is not a finite number in every run")
    return f"{arm} against {decision.baseline}: {'; '.join(said)}."


def _of_reference(decision: Decision) -> list[str]:
    if not decision.reference:
        return []
    against = next(row for row in decision.reference if row.baseline == decision.baseline)
    accuracy = decision.rows.get((against.arm, "accuracy"))
    numbers = f"against {decision.baseline} {_phrase(against)} and {_phrase(accuracy)}"
    if decision.beaten_by_reference:
        every = "every arm" if decision.others else decision.baseline
        return [
            f"A plain logistic regression has a lower NLL than {every}: regularise or simplify the model before "
            f"smoothing ({numbers})."
        ]
    below = [row.baseline for row in decision.reference if row.side == 1]
    if below:
        return [f"A plain logistic regression has a lower NLL than {_and(below)} ({numbers})."]
    return []


def _of_ended(decision: Decision) -> list[str]:
    """What smoothing does to models that are not stopped, where that differs from what it does to stopped ones."""
    helped = [
        arm
        for arm in decision.others
        if (row := decision.ended.get((arm, "nll"))) is not None and row.side == 1 and decision.side(arm, "nll") < 1
    ]
    if not helped:
        return []
    arm = min(helped, key=lambda a: decision.ended[a, "nll"].mean or 0.0)
    return [
        f"Trained to the end, {_and(helped)} {'has' if len(helped) == 1 else 'have'} a lower NLL than "
        f"{decision.baseline} ({arm} {difference(decision.ended[arm, 'nll'])}); stopped at the lowest validation NLL "
        f"not: here smoothing is a substitute for stopping, and stopping does the same."
    ]


def _of_suggestion(suggestion: Suggestion) -> str:
    alpha, because = suggestion
    because = because[0].upper() + because[1:]
    return f"Suggested alpha {alpha:.2g}. {because}."


def _trades(decision: Decision) -> str:
    said = []
    for arm in decision.others:
        sides = {metric: decision.side(arm, metric) for metric in ("nll", "accuracy", "nll_after")}
        if 1 in sides.values():
            said.append(_with(decision, arm, *(m for m, side in sides.items() if side or m in ("nll", "accuracy"))))
    return "; ".join(said)


def _power(decision: Decision) -> str:
    """What these seeds could have shown, and how many the largest observed difference would take."""
    rows = [row for arm in decision.others if (row := decision.rows.get((arm, "nll"))) is not None and row.testable]
    if not rows:
        return "Their NLL could not be compared."
    closest = max(rows, key=lambda row: abs(row.mean or 0.0) / (row.detectable or 1e-300))
    worst = max(row.detectable or 0.0 for row in rows)
    could = f"{_counted(closest.seeds)} could have shown an NLL difference of {worst:.2g}"
    if not closest.mean or closest.clear:
        return f"{could}."
    observed = f"that of {closest.arm}, {closest.mean:+.3g}"
    if closest.seeds_needed is None:
        return f"{could}; no number of seeds would show {observed}: that takes more rows."
    return f"{could}; {observed}, would take about {closest.seeds_needed:,}."


def _lowest(decision: Decision, metric: str) -> str:
    """Of the arms that are clearly better on the metric and lose no accuracy, that with the lowest mean."""
    arms = [a for a in decision.others if decision.side(a, metric) == 1 and decision.side(a, "accuracy") >= 0]
    return min(arms, key=lambda arm: decision.rows[arm, metric].mean or 0.0)


def _counted(seeds: int) -> str:
    return f"{seeds} seed{'s' * (seeds != 1)}"


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)
