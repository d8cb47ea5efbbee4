"""One pass over the files of a plan, in this process or mapped over a Ray cluster, with the same numbers."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from typing import Any

from onewarm.audit.tally import Tally
from onewarm.errors import InputError, MissingExtraError
from onewarm.tables.plan import Plan, Progress

ENGINES = ("local", "ray")


def tally_part(plan: Plan, number: int, part: int, *, report: Callable[[int], None] | None = None) -> Tally:
    """The tally of one part of file ``number``; ``report`` is called with the bytes of the part read so far."""
    tally = Tally(plan)
    for batch, done in plan.batches(number, part if plan.parts[number] > 1 else None):
        tally.add(batch)
        if report is not None:
            report(done)
    return tally


def run(plan: Plan, *, engine: str = "local", progress: Progress | None = None) -> Tally:
    """Tally every part and merge the tallies in order, so that both engines give the same numbers to the bit.

    Raises:
        ValueError: an unknown engine, or bad rows (with file, row and column).
        ImportError: the engine is "ray", and Ray Data is not installed.
    """
    if engine not in ENGINES:
        raise InputError(f"engine is {engine!r}: choose one of {', '.join(ENGINES)}")
    progress = progress or (lambda what, done, total: None)
    jobs = [(number, part) for number in range(len(plan.sources)) for part in range(plan.parts[number])]
    total = Tally(plan)
    run_jobs = _run_ray if engine == "ray" else _run_local
    run_jobs(plan, jobs, total, progress)
    if total.count == 0:
        names = plan.sources[0].name if len(plan.sources) == 1 else f"the {len(plan.sources)} files"
        none = "every row lacks a value" if total.changes.get("skipped") else "no rows, only column names"
        raise InputError(f"{names}: {none}")
    return total


def _run_local(plan: Plan, jobs: list[tuple[int, int]], total: Tally, progress: Progress) -> None:
    finished = 0
    for number, part in jobs:

        def report(done: int, before: int = finished) -> None:
            progress("reading", min(before + done, plan.size), plan.size)

        total.merge(tally_part(plan, number, part, report=report))
        finished += plan.sources[number].size // plan.parts[number]
    progress("reading", plan.size, plan.size)


def _run_ray(plan: Plan, jobs: list[tuple[int, int]], total: Tally, progress: Progress) -> None:
    try:
        import ray
        import ray.data
    except ImportError:
        raise MissingExtraError("--engine ray needs Ray Data: pip install 'onewarm[ray]'") from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if not ray.is_initialized():
        ray.init(logging_level=logging.ERROR, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False

    def work(row: dict[str, Any]) -> dict[str, Any]:
        try:
            tally = tally_part(plan, row["file"], row["part"])
        except (ValueError, OSError) as error:  # raised again below, without the worker's traceback
            return {"order": row["order"], "tally": b"", "error": str(error)}
        return {"order": row["order"], "tally": pickle.dumps(tally), "error": ""}

    items = [{"order": i, "file": number, "part": part} for i, (number, part) in enumerate(jobs)]
    waiting: dict[int, bytes] = {}
    merged = 0
    rows = ray.data.from_items(items, override_num_blocks=len(items)).map(work).iter_rows()
    for done, row in enumerate(rows, 1):
        if row["error"]:
            raise InputError(row["error"])
        waiting[row["order"]] = row["tally"]
        progress("reading", plan.size * done // len(items), plan.size)
        while merged in waiting:
            total.merge(pickle.loads(waiting.pop(merged)))
            merged += 1
