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
    said = _of_reference(decision)
    if decision.kind not in ("alone", "untestable"):
        said += [_of_arm(decision, arm) for arm in decision.others]
    said += _of_ended(decision) + _of_stopping(decision)
    if decision.seeds >= LEAST_SEEDS and decision.suggestion is not None:
        said.append(_of_suggestion(decision.suggestion))
    return [*said, recommendation(decision)]


def recommendation(decision: Decision) -> str:
    """What to do, one sentence."""
    base, arms = decision.baseline, _either(decision.chosen)
    train = "Train with"
    if decision.beaten_by_reference:
        train = (
            "Regularise or simplify the model first, until it is no worse than logistic regression; of its arms take"
        )
    match decision.kind:
        case "alone":
            alpha = 0.0 if decision.suggestion is None else decision.suggestion.alpha
            other = f"smooth:{alpha or 0.1:.2g}" if base == "hard" else "hard"
            return f"Nothing was compared with {base}: add an arm, such as {other}."
        case "untestable":
            return (
                f"Not testable with {_counted(decision.seeds)}: {LEAST_SEEDS} are needed to tell any difference from "
                f"{base} from chance, and more to find a small one; run at least 10."
            )
        case "better":
            return f"{train} {arms}: {_gain(decision, 'nll')}."
        case "with temperature":
            return (
                f"{train} {arms} and fit a temperature on held-out rows: {_gain(decision, 'nll_after')}; "
                f"without a temperature {_phrase(decision.rows.get((decision.chosen[0], 'nll')))}."
            )
        case "temperature instead":
            arm = _lowest(decision, "nll")
            after = difference(decision.rows[arm, "nll_after"])
            return (
                f"Stay with {base} and fit a temperature on held-out rows: {_with(decision, arm, 'nll', 'accuracy')}, "
                f"but once both have a temperature its NLL is clearly higher, {after}."
            )
        case "trade":
            return f"Stay with {base} unless one side of this matters more to you: {_trades(decision)}."
        case "worse":
            names = _and(decision.others)
            verb = "is" if len(decision.others) == 1 else "are"
            return f"Stay with {base}: {names} {verb} clearly worse, and better in nothing that decides."
        case _:
            worse = decision.worse
            lost = [arm for arm in decision.others if (row := decision.rows.get((arm, "nll"))) and row.mean is None]
            same = [arm for arm in decision.others if arm not in (*worse, *lost)]
            if not same:
                return f"Stay with {base}: the NLL of {_and(lost)} is not a finite number in every run."
            stays = f"No measurable difference between {_and((base, *same))}: {base} stays."
            also = f" {_and(worse)} {'is' if len(worse) == 1 else 'are'} clearly worse." if worse else ""
            return f"{stays}{also} {_power(decision, same)}"


def difference(row: Comparison) -> str:
    """A difference with its simultaneous interval, in points for accuracy."""
    assert row.mean is not None
    return _numbers(row.mean, row.interval, 100.0 if row.metric in _POINTS else 1.0)


def _numbers(mean: float, interval: tuple[float, float] | None, scale: float = 1.0) -> str:
    unit, digits = (" points", 1) if scale > 1 else ("", 3)
    width = 0.0 if interval is None else scale * (interval[1] - interval[0])
    while digits < 6 and 0 < width < 8 * 10**-digits:  # an interval needs digits to be read
        digits += 1
    # Adding 0.0 leaves no minus before a 0.
    number, *ends = (f"{round(scale * x, digits) + 0.0:+.{digits}f}" for x in (mean, *(interval or ())))
    return f"{number}{unit} ({' to '.join(ends)})" if ends else f"{number}{unit}"


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
    """The arm's differences from the baseline: the clear ones, then the others."""
    known = [r for m in ("nll", "accuracy", "nll_after", "ece") if (r := decision.rows.get((arm, m))) is not None]
    said = [_phrase(row) for row in known if row.clear]
    unclear = [f"{_NAMES[r.metric]} {difference(r)}" for r in known if r.mean is not None and not r.clear]
    if unclear:
        said.append(f"no clear difference in {_and(unclear)}")
    if lost := [_NAMES[row.metric] for row in known if row.mean is None]:
        said.append(f"{_and(lost)} could not be compared, for want of a finite number in every run")
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
        rest = [row.baseline for row in decision.reference if row.side < 1]
        return [
            f"A plain logistic regression has a lower NLL than {_and(below)}, but not clearly than {_and(rest)} "
            f"({numbers})."
        ]
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


def _of_stopping(decision: Decision) -> list[str]:
    """Whether stopping did what it is for; said where the interval excludes 0."""
    if decision.stopping is None:
        return []
    mean, (low, high) = decision.stopping
    base, numbers = decision.baseline, _numbers(mean, (low, high))
    if high < 0:
        return [f"Stopping lowers the NLL of {base} itself: stopped minus trained to the end, {numbers}."]
    if low > 0:
        return [
            f"Stopping raises the NLL of {base} itself: stopped minus trained to the end, {numbers}; with few "
            f"validation rows it stops too early, so that the models trained to the end are the ones to compare."
        ]
    return []


def _of_suggestion(suggestion: Suggestion) -> str:
    alpha, because = suggestion
    what = f"alpha {alpha:.2g}" if alpha else "no smoothing"
    return f"The confidence gap alone suggests {what}: {because}."


def _trades(decision: Decision) -> str:
    said = []
    for arm in decision.others:
        sides = {metric: decision.side(arm, metric) for metric in ("nll", "accuracy", "nll_after")}
        if 1 in sides.values():
            said.append(_with(decision, arm, *(m for m, side in sides.items() if side or m in ("nll", "accuracy"))))
    return "; ".join(said)


def _power(decision: Decision, arms: Sequence[str]) -> str:
    """What these seeds could have shown of these arms, and how many the largest observed difference would take."""
    rows = [row for arm in arms if (row := decision.rows.get((arm, "nll"))) is not None and row.testable]
    if not rows:
        return "Their NLL could not be compared."
    closest = max(rows, key=lambda row: abs(row.mean or 0.0) / (row.detectable or 1e-300))
    worst = max(row.detectable or 0.0 for row in rows)
    could = f"{_counted(closest.seeds)} could have shown an NLL difference of {worst:.2g}"
    if not closest.mean:
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
