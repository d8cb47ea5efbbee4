"""One pass over the files of a plan: on this process, or mapped by Ray Data over a cluster; the same numbers."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from typing import Any

from onewarm.audit.plan import Plan, Progress
from onewarm.audit.tally import Tally

ENGINES = ("local", "ray")


def tally_part(
    plan: Plan, number: int, part: int, *, normalize: bool = False, tell: Callable[[int], None] | None = None
) -> Tally:
    """The tally of one part of one file; ``tell`` hears the bytes of the part read so far."""
    tally = Tally(plan, normalize=normalize)
    for batch, done in plan.batches(number, part if plan.parts[number] > 1 else None):
        tally.add(batch)
        if tell is not None:
            tell(done)
    return tally


def run(plan: Plan, *, engine: str = "local", normalize: bool = False, progress: Progress | None = None) -> Tally:
    """Tally every part and merge them in order: both engines give the same numbers to the bit.

    Raises ValueError for an unknown engine, and with file, row and column for bad rows; ImportError without Ray.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine is {engine!r}: choose one of {', '.join(ENGINES)}")
    say = progress or (lambda what, done, total: None)
    jobs = [(number, part) for number in range(len(plan.paths)) for part in range(plan.parts[number])]
    total = Tally(plan, normalize=normalize)
    merge = _run_ray if engine == "ray" else _run_here
    merge(plan, jobs, normalize, total, say)
    if total.count == 0:
        names = plan.paths[0].name if len(plan.paths) == 1 else f"the {len(plan.paths)} files"
        raise ValueError(f"{names}: no rows, only column names")
    return total


def _run_here(plan: Plan, jobs: list[tuple[int, int]], normalize: bool, total: Tally, say: Progress) -> None:
    behind = 0
    for number, part in jobs:

        def tell(done: int, before: int = behind) -> None:
            say("reading", min(before + done, plan.size), plan.size)

        total.merge(tally_part(plan, number, part, normalize=normalize, tell=tell))
        behind += plan.sizes[number] // plan.parts[number]
    say("reading", plan.size, plan.size)


def _run_ray(plan: Plan, jobs: list[tuple[int, int]], normalize: bool, total: Tally, say: Progress) -> None:
    try:
        import ray
        import ray.data
    except ImportError:
        raise ImportError("--engine ray needs Ray Data: pip install 'onewarm[ray]'") from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if not ray.is_initialized():
        ray.init(logging_level=logging.ERROR, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    plan = plan.resolved()

    def work(row: dict[str, Any]) -> dict[str, Any]:
        try:
            tally = tally_part(plan, row["file"], row["part"], normalize=normalize)
        except (ValueError, OSError) as error:  # told here as a sentence, not as a worker's traceback
            return {"order": row["order"], "tally": b"", "error": str(error)}
        return {"order": row["order"], "tally": pickle.dumps(tally), "error": ""}

    items = [{"order": i, "file": number, "part": part} for i, (number, part) in enumerate(jobs)]
    waiting: dict[int, bytes] = {}
    merged = 0
    rows = ray.data.from_items(items, override_num_blocks=len(items)).map(work).iter_rows()
    for done, row in enumerate(rows, 1):
        if row["error"]:
            raise ValueError(row["error"])
        waiting[row["order"]] = row["tally"]
        say("reading", plan.size * done // len(items), plan.size)
        while merged in waiting:
            total.merge(pickle.loads(waiting.pop(merged)))
            merged += 1
