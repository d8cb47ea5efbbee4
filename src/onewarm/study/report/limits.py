"""Whether arms were best at the limit of what training tried: at its last step, under its strongest weight decay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onewarm.report.numbers import joined
from onewarm.study.store.store import StoredRun

__all__ = ["limits"]


def limits(
    runs: Mapping[tuple[str, int], StoredRun], arms: Sequence[str], seeds: Sequence[int], model: Mapping[str, Any]
) -> list[str]:
    """A sentence for each limit at which half or more of an arm's runs are best: beyond it they might be better.

    Args:
        runs: of all `arms` and `seeds`.
        model: the report's description of the model; its `weight_decays` are the grid. Where it has `steps`, the study
            trains it; others, such as boosted trees, have a length of their own.
    """
    said = []
    if ended := _arms(runs, arms, seeds, lambda run: run.steps is not None and run.steps == run.end_steps):
        way = "in Python, training=Training(steps=...)" if "steps" in model else "by the model's own number of steps"
        said.append(
            f"The validation NLL was lowest at the last step in half or more of the runs of {joined(ended)}: longer "
            f"training might lower their NLL ({way})."
        )
    grid = model.get("weight_decays") or ()
    strongest = max(grid, default=0.0)
    if len(grid) > 1 and (bound := _arms(runs, arms, seeds, lambda r: r.options.get("weight_decay") == strongest)):
        said.append(
            f"Weight decay {strongest:g}, the strongest of those tried, was the best in half or more of the runs of "
            f"{joined(bound)}: a stronger one might lower their NLL (in Python, training=Training(weight_decays=...))."
        )
    return said


def _arms(
    runs: Mapping[tuple[str, int], StoredRun],
    arms: Sequence[str],
    seeds: Sequence[int],
    at_limit: Callable[[StoredRun], bool],
) -> list[str]:
    return [arm for arm in arms if seeds and 2 * sum(at_limit(runs[arm, seed]) for seed in seeds) >= len(seeds)]
