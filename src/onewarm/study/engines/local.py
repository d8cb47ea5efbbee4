"""Train the runs that the store lacks, in groups, over the cores of this machine; store each."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from onewarm.errors import needs
from onewarm.study.arms.arm import Arm
from onewarm.study.data.datasets import Dataset
from onewarm.study.data.splits import Split
from onewarm.study.engines.keys import versions
from onewarm.study.models.model import Model, Run, Trained
from onewarm.study.scoring import score
from onewarm.study.store.store import Store, StoredRun

with needs("onewarm.study", "study"):
    import torch


GROUP = 14
"""About how many models are trained at once: enough to keep a core busy, few enough that a kill loses only seconds."""

MAX_WORKERS = 4


class Progress(NamedTuple):
    """Progress of a study: `done` of `total` runs, one in training as a fraction; `saved` are in the store."""

    done: float
    saved: int
    total: int


def train_missing(
    data: Dataset,
    arms: tuple[Arm, ...],
    seeds: list[int],
    model: Model,
    store: Store,
    study: int,
    report: Callable[[Progress], None],
) -> int:
    """Train and store the runs that the store lacks; returns how many."""
    done = store.finished(study)
    missing = [[Run(a, s) for a in arms if (a.name, s) not in done] for s in seeds]
    missing = [runs for runs in missing if runs]
    total = len(arms) * len(seeds)
    saved = total - sum(map(len, missing))
    report(Progress(saved, saved, total))
    if not missing:
        return 0
    workers = min(MAX_WORKERS, len(missing), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    groups = [Group(runs) for runs in _even_groups(missing, workers)]
    trained = 0
    stop = threading.Event()
    with _one_torch_thread(), ThreadPoolExecutor(workers, "onewarm-study") as pool:
        pending = {pool.submit(_train_group, g, data, model, stop): g for g in groups}
        try:
            while pending:
                for future in wait(pending, timeout=0.1, return_when=FIRST_COMPLETED).done:
                    group = pending.pop(future)
                    finished = future.result()
                    ready = saved + len(group.runs)
                    for run in finished:
                        trained += store.save(study, run)
                        saved += 1
                        report(Progress(ready + _in_training(pending.values()), saved, total))
                report(Progress(saved + _in_training(pending.values()), saved, total))
        except BaseException:  # Ctrl-C or an error: the other groups end at their next step
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return trained


@dataclass
class Group:
    """Runs trained as one stack, and the share of their training that is done, 0..1."""

    runs: list[Run]
    share: float = 0.0


class _Stopped(Exception):
    """Ends a group whose study was interrupted."""


def _train_group(group: Group, data: Dataset, model: Model, stop: threading.Event) -> list[StoredRun]:
    """Train and score the group's runs."""

    def progress(share: float) -> None:
        group.share = share
        if stop.is_set():
            raise _Stopped

    start = time.perf_counter()
    splits = {seed: data.split(seed) for seed in {r.seed for r in group.runs}}
    trained = model.train(group.runs, splits, data.num_classes, progress)
    scored = [_scored(run, t, splits[run.seed]) for run, t in zip(group.runs, trained, strict=True)]
    seconds, used = (time.perf_counter() - start) / len(group.runs), versions()
    return [StoredRun(seconds=seconds, versions=used, **of_run) for of_run in scored]


def _in_training(groups: Iterable[Group]) -> float:
    """The runs in training, each counted by its finished share."""
    return sum(g.share * len(g.runs) for g in groups)


def _even_groups(by_seed: list[list[Run]], workers: int) -> list[list[Run]]:
    """The runs in groups of about `GROUP`, seeds kept together; enough groups to keep all workers busy to the end."""
    needed = -(-sum(map(len, by_seed)) // GROUP)
    count = min(len(by_seed), -(-needed // workers) * workers)
    return [[run for i in part for run in by_seed[i]] for part in np.array_split(np.arange(len(by_seed)), count)]


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """Limit PyTorch to one thread: the workers already use all cores, and more threads would compete for them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _scored(run: Run, trained: Trained, split: Split) -> dict[str, Any]:
    return {
        "arm": run.arm.name,
        "seed": run.seed,
        "stopped": score(run.arm, trained.stopped, split),
        "end": None if trained.end is None else score(run.arm, trained.end, split),
        "steps": trained.steps,
        "end_steps": trained.end_steps,
        "options": trained.options,
        "curve": trained.curve,
    }
