"""What a study finds: one decision, from the comparisons; every sentence and view is made from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from onewarm.calibration.defaults import LEVEL
from onewarm.errors import InputError
from onewarm.study.arms.arm import Arm, parse_arm
from onewarm.study.comparison.compare import DECIDING, LEAST_SEEDS, Comparison, family
from onewarm.study.comparison.results import Results
from onewarm.study.data.splits import Sampling
from onewarm.study.verdict.suggestion import Suggestion, suggest

Kind = Literal[
    "alone",
    "untestable",
    "better",
    "with temperature",
    "temperature instead",
    "temperature hurts",
    "trade",
    "worse",
    "none",
]
"""The conclusions.

"alone": there is no other arm. "untestable": fewer than 3 seeds. "better": an arm has a lower NLL, with no loss of
accuracy, and none after a temperature unless that leaves the baseline worse than the arm is without. "with
temperature": an arm is better once a temperature is fitted, with no loss of accuracy. "temperature instead": lower NLL
only until the baseline gets a temperature. "temperature hurts": an arm is better once a temperature is fitted, but
worse then than the baseline without one. "trade": an arm gains something and loses accuracy, or gains accuracy and
loses NLL. "worse": every arm is clearly worse and none better. "none": no arm is clearly better; between the baseline
and those that are not worse no difference can be measured.
"""


class Stopping(NamedTuple):
    """A mean difference with its 95 % interval."""

    mean: float
    interval: tuple[float, float]


class Raised(NamedTuple):
    """An arm whose mean NLL with a temperature, `nll_after`, is above `nll`, that of the baseline without one."""

    arm: str
    nll_after: float
    nll: float


class Recommendation(NamedTuple):
    """What to do: one short sentence, and what it rests on; `rest` may be empty."""

    headline: str
    rest: str = ""

    @property
    def sentence(self) -> str:
        """Both."""
        return f"{self.headline} {self.rest}".rstrip()


@dataclass(frozen=True)
class Decision:
    """The conclusion of a study, with the comparisons that it rests on.

    Attributes:
        kind: the conclusion.
        baseline: the arm that others were compared with, and that stays where none is recommended.
        others: the arms compared with it, without the reference.
        seeds: the number of seeds.
        sampling: how seeds differ: "fresh", "resplit" or "fixed".
        chosen: the recommended arms, the one with the lowest mean first; those that follow cannot be told from it.
        rows: each arm's comparisons with the baseline, stopped, by (arm, metric).
        ended: the same of models trained to the end.
        between: comparisons of the first of `chosen` with the other candidates, intervals that hold together.
        reference: the comparisons of the reference with every arm by NLL, its name as `arm`; empty without one.
        stopping: the baseline stopped minus itself trained to the end, by NLL; None without models to the end.
        suggestion: the alpha that the baseline's confidence gap suggests; None without an arm of hard labels.
        raised: where the temperature hurts, the arm that it helps most against the baseline.
    """

    kind: Kind
    baseline: str
    others: tuple[str, ...]
    seeds: int
    sampling: Sampling = "fresh"
    chosen: tuple[str, ...] = ()
    rows: dict[tuple[str, str], Comparison] = field(default_factory=dict)
    ended: dict[tuple[str, str], Comparison] = field(default_factory=dict)
    between: tuple[Comparison, ...] = ()
    reference: tuple[Comparison, ...] = ()
    stopping: Stopping | None = None
    suggestion: Suggestion | None = None
    raised: Raised | None = None

    @property
    def arm(self) -> str | None:
        """The recommended arm: the baseline where no other is; None where nothing could be tested."""
        if self.kind in ("alone", "untestable"):
            return None
        return self.chosen[0] if self.chosen else self.baseline

    def side(self, arm: str, metric: str) -> int:
        """1 where the stopped arm is clearly better than the baseline, -1 where it is clearly worse, else 0."""
        row = self.rows.get((arm, metric))
        return 0 if row is None else row.side

    @property
    def worse(self) -> list[str]:
        """The arms that are clearly worse than the baseline in something that decides."""
        return [arm for arm in self.others if any(self.side(arm, metric) == -1 for metric in DECIDING)]

    @property
    def beaten_by_reference(self) -> bool:
        """Whether the reference has a clearly lower NLL than every arm."""
        return bool(self.reference) and all(row.side == 1 for row in self.reference)


def decide(results: Results, compared: Sequence[Comparison], baseline: str, num_classes: int) -> Decision:
    """The decision of a study.

    Args:
        results: the runs.
        compared: the comparisons with the baseline, stopped and to the end.
        baseline: the arm that others are compared with.
        num_classes: K.
    """
    names = [arm for arm in results.arms if arm != baseline]
    others = tuple(arm for arm in names if not is_reference(arm))
    with_baseline = [row for row in compared if row.baseline == baseline]
    rows = {(row.arm, row.metric): row for row in with_baseline if row.training == "stopped"}
    ended = {(row.arm, row.metric): row for row in with_baseline if row.training == "end"}
    hard = "hard" if "hard" in results.arms else None
    kind, chosen, between = _conclusion(results, rows, others, baseline)
    return Decision(
        kind=kind,
        baseline=baseline,
        others=others,
        seeds=len(results.seeds),
        sampling=results.design.sampling,
        chosen=chosen,
        rows=rows,
        ended=ended,
        between=between,
        reference=_reference(results, rows, names, baseline),
        stopping=_stopping(results, baseline),
        suggestion=None if hard is None else suggest(results, hard, num_classes),
        raised=_raised(results, rows, others, baseline) if kind == "temperature hurts" else None,
    )


def is_reference(name: str) -> bool:
    """Whether an arm stands for a model of its own, which is never recommended as an arm.

    >>> is_reference("logistic"), is_reference("hard")
    (True, False)
    """
    arm = recipe(name)
    return arm is not None and arm.reference


def recipe(name: str) -> Arm | None:
    """The arm of this name; None for one that is not a recipe of ours."""
    try:
        return parse_arm(name)
    except InputError:
        return None


def _conclusion(
    results: Results, rows: dict[tuple[str, str], Comparison], others: tuple[str, ...], baseline: str
) -> tuple[Kind, tuple[str, ...], tuple[Comparison, ...]]:
    """The kind, the recommended arms, and the comparisons between the candidates."""

    def side(arm: str, metric: str) -> int:
        row = rows.get((arm, metric))
        return 0 if row is None else row.side

    if not others:
        return "alone", (), ()
    if not any(rows[arm, metric].testable for arm in others for metric in DECIDING):
        return "untestable", (), ()
    keeps = [arm for arm in others if side(arm, "accuracy") >= 0]
    # What is recommended must not be worse than the alternative: the baseline with a temperature, or as it is.
    better = [
        arm
        for arm in keeps
        if side(arm, "nll") == 1
        and (side(arm, "nll_after") >= 0 or _mean(results, baseline, "nll_after") > _mean(results, arm, "nll"))
    ]
    lower = [arm for arm in keeps if side(arm, "nll_after") == 1]
    tempered = [
        arm
        for arm in keeps
        if (arm in lower or (side(arm, "accuracy") == 1 and side(arm, "nll_after") == 0))
        and _mean(results, arm, "nll_after") <= _mean(results, baseline, "nll")
    ]
    candidates: tuple[tuple[Kind, list[str], str], ...] = (
        ("better", better, "nll"),
        ("with temperature", tempered, "nll_after"),
    )
    for kind, arms, metric in candidates:
        if arms:
            return (kind, *_best(results, arms, metric))
    if any(side(arm, "nll") == 1 for arm in keeps):
        return "temperature instead", (), ()
    if lower:
        return "temperature hurts", (), ()
    if any(side(arm, metric) == 1 for arm in others for metric in DECIDING):
        return "trade", (), ()
    if all(any(side(arm, metric) == -1 for metric in DECIDING) for arm in others):
        return "worse", (), ()
    return "none", (), ()


def _mean(results: Results, arm: str, metric: str) -> float:
    """The mean over the seeds; infinite where there is none."""
    found = results.mean(arm, metric)
    return math.inf if found is None else found


def _raised(
    results: Results, rows: dict[tuple[str, str], Comparison], others: tuple[str, ...], baseline: str
) -> Raised:
    helped = [arm for arm in others if rows[arm, "nll_after"].side == 1 and rows[arm, "accuracy"].side >= 0]
    arm = min(helped, key=lambda arm: _mean(results, arm, "nll_after"))
    return Raised(arm, _mean(results, arm, "nll_after"), _mean(results, baseline, "nll"))


def _best(results: Results, arms: list[str], metric: str) -> tuple[tuple[str, ...], tuple[Comparison, ...]]:
    """The candidate with the lowest mean and those that cannot be told from it; each of them against it.

    Which is lowest is seen in the same runs, so that the family has all pairs of candidates, not only those with it.
    """
    order = sorted(arms, key=lambda arm: results.mean(arm, metric) or 0.0)
    pairs = [(a, b) for i, a in enumerate(order) for b in order[i + 1 :]]
    between = tuple(row for row in family(results, pairs, metrics=((metric,), ())) if row.arm == order[0])
    tied = tuple(row.baseline for row in between if not row.clear)
    return (order[0], *tied), between


def _reference(
    results: Results, rows: dict[tuple[str, str], Comparison], names: list[str], baseline: str
) -> tuple[Comparison, ...]:
    """The reference against every arm: against the baseline as everywhere, against the others in their own family."""
    reference = next((arm for arm in names if is_reference(arm)), None)
    if reference is None or len(results.seeds) < LEAST_SEEDS:
        return ()
    pairs = [(reference, arm) for arm in names if arm != reference]
    return (rows[reference, "nll"], *family(results, pairs, metrics=(("nll",), ())))


def _stopping(results: Results, baseline: str) -> Stopping | None:
    mean, found, seeds = results.estimate(baseline, baseline, "nll", "stopped", "end")
    return None if mean is None or found is None or seeds < LEAST_SEEDS else Stopping(mean, found.interval(LEVEL))


def alpha_of(name: str | None) -> float | None:
    """The share that an arm smooths with; None for an arm that is no smoothing.

    >>> alpha_of("smooth:0.1"), alpha_of("hard")
    (0.1, None)
    """
    arm = None if name is None else recipe(name)
    return None if arm is None else arm.alpha


def recommended(decision: Decision, said: Recommendation) -> dict[str, Any]:
    """The recommendation as values for JSON."""
    gains: list[dict[str, Any]] = []
    costs: list[dict[str, Any]] = []
    for metric in ("nll", "accuracy", "nll_after", "ece") if decision.chosen else ():
        row = decision.rows.get((decision.chosen[0], metric))
        if row is not None and row.side:
            (gains if row.side == 1 else costs).append(row.to_dict())
    return {
        "kind": decision.kind,
        "arm": decision.arm,
        "alpha": alpha_of(decision.arm),
        "not_distinguishable": list(decision.chosen[1:]),
        "gains": gains,
        "costs": costs,
        "between": [row.to_dict() for row in decision.between],
        "reference": [row.to_dict() for row in decision.reference],
        "suggested_alpha": 0.0 if decision.suggestion is None else decision.suggestion.alpha,
        "suggested_because": None if decision.suggestion is None else decision.suggestion.because,
        "headline": said.headline,
        "rest": said.rest,
        "sentence": said.sentence,
    }
