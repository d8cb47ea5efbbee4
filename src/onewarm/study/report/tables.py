"""The tables of a study's page: every arm, its differences from the baseline, stopped beside trained to the end."""

from __future__ import annotations

from onewarm.report.markup import row, table, text
from onewarm.study.report.pictures.svg import key
from onewarm.study.report.view import Row, Training, View, side
from onewarm.study.report.words import SIDES, TITLES, counted, difference, places, unit, value

MEANS = ("nll", "accuracy", "ece", "brier", "auroc", "aurc", "temperature", "nll_after", "ece_after")
DIFFERENCES = ("nll", "accuracy", "ece", "brier", "nll_after")


def means_table(view: View) -> str:
    """Every arm's means where it stopped, with the steps at which it did."""
    shown = [m for m in MEANS if any(view.mean(a, m) is not None for a in view.arms)]
    head = ["Arm", *(TITLES[m] for m in shown), "Stopped at step"]
    body = []
    for a in view.arms:
        cells = [arm_name(view, a), *(value(m, view.mean(a, m)) for m in shown), stopped_at(view, a)]
        body.append(row(cells, chosen=_chosen(view, a)))
    caption = f"Means over {counted(len(view.report.seeds), 'seed')}, of models stopped at their lowest validation NLL"
    return table("Every arm", head, body, caption=caption if view.has_end else caption.partition(",")[0])


def differences_table(view: View) -> str:
    """Every other arm minus the baseline, a column a metric: difference, interval, and on which side it lies."""
    others = view.arms[1:]
    shown = [m for m in DIFFERENCES if any(view.difference(a, m) is not None for a in others)]
    digits = {m: places(m, [view.difference(a, m) for a in others]) for m in shown}
    head = ["Arm", *(_with_unit(m) for m in shown)]
    body = [
        row([arm_name(view, a), *(_cell(m, view.difference(a, m), digits[m]) for m in shown)], chosen=_chosen(view, a))
        for a in others
    ]
    caption = f"Minus {text(view.baseline)}, paired by seed, with simultaneous intervals"
    return table(f"Differences from {view.baseline}", head, body, caption=caption)


def stopping_table(view: View) -> str:
    """Each arm stopped and to the end, and its difference from the baseline in both."""
    metrics = ("nll", "accuracy", "ece")
    others = view.arms[1:]
    trainings: tuple[Training, ...] = ("stopped", "end")
    digits = places("nll", [view.difference(a, "nll", t) for a in others for t in trainings])
    head = ["Arm"]
    head += [f"{TITLES[m]}, {words}" for m in metrics for words in ("stopped", "to the end")]
    if others:
        head += [f"NLL minus {text(view.baseline)}, {words}" for words in ("stopped", "to the end")]
    body = []
    for a in view.arms:
        cells = [value(m, view.mean(a, m, t)) for m in metrics for t in trainings]
        if others:
            cells += [_cell("nll", view.difference(a, "nll", t), digits) for t in trainings]
        body.append(row([arm_name(view, a), *cells], chosen=_chosen(view, a)))
    return table(
        "Stopped and to the end",
        head,
        body,
        caption=f"Means, and NLL minus that of {text(view.baseline)}" if others else "Means",
    )


def arm_name(view: View, arm: str) -> str:
    """The name of an arm as HTML, with what it is to the study."""
    marks = {view.baseline: "baseline", **dict.fromkeys(view.references, "reference")}
    if view.values["recommendation"]["arm"] == arm != view.baseline:
        marks[arm] = "recommended"
    return text(arm) + (f' <span class="mark">{marks[arm]}</span>' if arm in marks else "")


def stopped_at(view: View, arm: str) -> str:
    """The steps at which an arm's seeds stopped, from the first to the last; "–" where it decides itself."""
    steps = [r.steps for r in view.runs(arm) if r.steps is not None]
    if not steps:
        return "–"
    low, high = min(steps), max(steps)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _chosen(view: View, arm: str) -> bool:
    recommended: str | None = view.values["recommendation"]["arm"]
    return recommended == arm


def _cell(metric: str, found: Row | None, digits: int) -> str:
    if found is None or found["mean"] is None:
        return "–"
    where = side(found)
    mean, _, ends = difference(metric, found, digits).partition(" ")
    says = f'<span class="says">{ends.strip("()")}</span>' if ends else ""
    return f'{mean} <span class="side">{key(where)} {SIDES[where]}</span>{says}'


def _with_unit(metric: str) -> str:
    return TITLES[metric] + unit(metric)[1].replace(" ", ", ")
