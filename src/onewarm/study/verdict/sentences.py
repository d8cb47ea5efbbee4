"""The sentences of a decision: the recommendation, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from onewarm.study.comparison.compare import LEAST_SEEDS, MORE_IS_BETTER, Comparison
from onewarm.study.verdict.decide import Decision, Recommendation
from onewarm.study.verdict.suggestion import Suggestion

_NAMES = {"nll": "NLL", "accuracy": "accuracy", "nll_after": "NLL after a temperature", "ece": "ECE"}
_POINTS = ("accuracy",)
_MOST_NAMED = 4
"""Arms that a headline names; of more it gives the number."""


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
    return [*said, recommendation(decision).sentence]


def recommendation(decision: Decision) -> Recommendation:
    """What to do."""
    base, others = decision.baseline, decision.others
    match decision.kind:
        case "alone":
            alpha = 0.0 if decision.suggestion is None else decision.suggestion.alpha
            other = f"smooth:{alpha or 0.1:.2g}" if base == "hard" else "hard"
            return Recommendation(f"Nothing was compared with {base}: add an arm, such as {other}.")
        case "untestable":
            return Recommendation(
                f"Not testable with {_counted(decision.seeds)}: {LEAST_SEEDS} are needed to tell a difference from "
                "chance.",
                "A small difference takes more: run at least 10.",
            )
        case "better":
            lower = f"{'its' if len(decision.chosen) == 1 else 'their'} NLL is clearly lower than that of {base}"
            return _train(decision, f": {lower}", f"{_gain(decision, 'nll')}.{_without(decision)}")
        case "with temperature":
            raw = _phrase(decision.rows.get((decision.chosen[0], "nll")))
            rest = f"{_gain(decision, 'nll_after')}; without a temperature {raw}."
            return _train(decision, " and fit a temperature on held-out rows", rest)
        case "temperature instead":
            arm = _lowest(decision, "nll")
            after = difference(decision.rows[arm, "nll_after"])
            return Recommendation(
                f"Stay with {base} and fit a temperature on held-out rows.",
                f"Against {base} {_with(decision, arm, 'nll', 'accuracy')}, but once both have a temperature its NLL "
                f"is clearly higher, {after}.",
            )
        case "temperature hurts":
            assert decision.raised is not None
            arm, after_one, without = decision.raised
            return Recommendation(
                f"Stay with {base}, without a temperature.",
                f"Against {base} {_with(decision, arm, 'nll_after', 'accuracy')}, but its NLL is {after_one:.3f} then, "
                f"and that of {base} without a temperature {without:.3f}: the one that validation rows ask for does "
                "not suit the test rows, since these differ from them or they are few.",
            )
        case "trade":
            traded = [arm for arm in others if 1 in _sides(decision, arm).values()]
            gains, they = ("gains", "it loses") if len(traded) == 1 else ("gain", "they lose")
            return Recommendation(
                f"Stay with {base} unless what {_short(traded)} {gains} matters more to you than what {they}.",
                f"Against {base} {_trades(decision, traded)}.",
            )
        case "worse":
            verb = "is" if len(others) == 1 else "are"
            return Recommendation(
                f"Stay with {base}: {_short(others)} {verb} clearly worse, and better in nothing that decides."
            )
        case "none":
            return _nothing(decision)


def _train(decision: Decision, why: str, rest: str) -> Recommendation:
    """To train with the chosen arms, or to mend the model first where logistic regression has a lower NLL."""
    arms = _short(decision.chosen, "or")
    if decision.beaten_by_reference:
        return Recommendation(
            "Regularise or simplify the model first, until it is no worse than logistic regression.",
            f"Of its arms take {arms}{why}. {rest}",
        )
    return Recommendation(f"Train with {arms}{why}.", rest)


def _nothing(decision: Decision) -> Recommendation:
    """No arm is clearly better, and some not clearly worse."""
    base, worse = decision.baseline, decision.worse
    lost = [arm for arm in decision.others if (row := decision.rows.get((arm, "nll"))) and row.mean is None]
    same = [arm for arm in decision.others if arm not in (*worse, *lost)]
    told = [f"{_and(worse)} {'is' if len(worse) == 1 else 'are'} clearly worse."] if worse else []
    if not same:
        infinite = f"the NLL of {_short(lost)} is not a finite number in every run"
        return Recommendation(f"Stay with {base}: {infinite}.", " ".join(told))
    if len(same) > _MOST_NAMED:
        told.insert(0, f"Not told apart from {base}: {_and(same)}.")
    names = _and((base, *same)) if len(same) <= _MOST_NAMED else f"{base} and {_short(same)}"
    return Recommendation(
        f"No measurable difference between {names}: {base} stays.", " ".join([*told, _power(decision, same)])
    )


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
    gained = f"Against {decision.baseline} {_with(decision, arm, metric, 'accuracy')}"
    if len(decision.chosen) > 1:
        return f"{gained}; {_and(decision.chosen)} cannot be told from each other with {_counted(decision.seeds)}"
    if decision.between:
        return f"{gained}; its {_NAMES[metric]} is also clearly lower than that of the other arms that help"
    return gained


def _without(decision: Decision) -> str:
    """What is said of an arm that is better as it is, and worse than the baseline once both have a temperature."""
    row = decision.rows.get((decision.chosen[0], "nll_after"))
    if row is None or row.side != -1:
        return ""
    return (
        f" Once both have a temperature its NLL is clearly higher, {difference(row)}, but that of {decision.baseline} "
        f"is still higher then than that of {row.arm} without one."
    )


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
    said = (
        f"Trained to the end, {_and(helped)} {'has' if len(helped) == 1 else 'have'} a lower NLL than "
        f"{decision.baseline} ({arm} {difference(decision.ended[arm, 'nll'])}); stopped at the lowest validation NLL "
        f"{_with(decision, arm, 'nll')}"
    )
    if decision.stopping is not None and decision.stopping.interval[1] < 0:
        said += f": here {'it is' if len(helped) == 1 else 'they are'} a substitute for stopping, which does the same"
    return [f"{said}."]


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


def _sides(decision: Decision, arm: str) -> dict[str, int]:
    return {metric: decision.side(arm, metric) for metric in ("nll", "accuracy", "nll_after")}


def _trades(decision: Decision, arms: Sequence[str]) -> str:
    def told(arm: str) -> list[str]:
        return [metric for metric, side in _sides(decision, arm).items() if side or metric in ("nll", "accuracy")]

    return "; ".join(_with(decision, arm, *told(arm)) for arm in arms)


def _power(decision: Decision, arms: Sequence[str]) -> str:
    """What these seeds could have shown of these arms, and how many the largest observed difference would take."""
    rows = [row for arm in arms if (row := decision.rows.get((arm, "nll"))) is not None and row.testable]
    if not rows:
        return "Their NLL could not be compared."
    closest = max(rows, key=lambda row: abs(row.mean or 0.0) / (row.detectable or 1e-300))
    worst = max(row.detectable or 0.0 for row in rows)
    if not worst:
        return "Their test NLL is the same in every run."
    could = f"{_counted(closest.seeds)} could have shown an NLL difference of {worst:.2g}"
    if not closest.mean:
        return f"{could}."
    observed = f"that of {closest.arm}, {closest.mean:+.3g}"
    if closest.seeds_needed is None:
        of = "test rows" if decision.sampling == "fixed" else "rows"
        takes = "more rows" if closest.rows_needed is None else f"about {_rounded(closest.rows_needed)} {of}"
        return f"{could}; no number of seeds would show {observed}: that takes {takes}."
    return f"{could}; {observed}, would take about {closest.seeds_needed:,}."


def _lowest(decision: Decision, metric: str) -> str:
    """Of the arms that are clearly better on the metric and lose no accuracy, that with the lowest mean."""
    arms = [a for a in decision.others if decision.side(a, metric) == 1 and decision.side(a, "accuracy") >= 0]
    return min(arms, key=lambda arm: decision.rows[arm, metric].mean or 0.0)


def _rounded(rows: int) -> str:
    """A number with two digits that count, as far as a guess of it goes.

    >>> _rounded(1849), _rounded(73)
    ('1,800', '73')
    """
    return f"{round(rows, 2 - len(str(rows))):,}" if rows < 10**9 else "a billion or more"


def _counted(seeds: int) -> str:
    return f"{seeds} seed{'s' * (seeds != 1)}"


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _short(names: Sequence[str], last: str = "and") -> str:
    """A few names, or the number of arms.

    >>> _short(["a", "b"], "or"), _short(list("abcdef"))
    ('a or b', '6 arms')
    """
    if len(names) > _MOST_NAMED:
        return f"{len(names)} arms"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
