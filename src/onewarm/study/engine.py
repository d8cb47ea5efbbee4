"""Run a study: train the runs that the store lacks, in groups, store each, and report."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from onewarm.errors import InputError, needs
from onewarm.study.arms.arm import Arm, parse_arms
from onewarm.study.data.datasets import Dataset, load
from onewarm.study.models.training import Run, Training, train
from onewarm.study.report.report import StudyReport
from onewarm.study.scoring import Scores, score
from onewarm.study.seeds import parse_seeds
from onewarm.study.store.store import Store, StoredRun

with needs("onewarm.study", "study"):
    import torch


CODE_FORMAT = 2
"""Part of the key of stored runs. Raise it when a change of the code changes the results of a run beyond rounding.

`tests/study/test_engine_code_format.py` trains a small study and fails when its numbers change without that.
"""

GROUP = 14
"""About how many models are trained at once: enough to keep a core busy, few enough that a kill loses only seconds."""

MAX_WORKERS = 4

MAIN_DATASETS = ("digits", "digits-noisy", "blobs")
MAIN_ARMS = ("hard", "smooth:0.05", "smooth:0.1", "smooth:0.2", "smooth:0.4", "prior:0.1", "teacher:2")
MAIN_SEEDS = tuple(range(20))


class Progress(NamedTuple):
    """Progress of a study: `done` of `total` runs, one in training as a fraction; `saved` are in the store."""

    done: float
    saved: int
    total: int


def run_study(
    dataset: str | Dataset,
    arms: str | Sequence[str] = MAIN_ARMS,
    seeds: int | str | Iterable[int] = MAIN_SEEDS,
    *,
    label: str | None = None,
    store: Store | str | None = None,
    training: Training | None = None,
    pairs: Iterable[tuple[str, str]] = (),
    progress: Callable[[Progress], None] | None = None,
) -> StudyReport:
    """Train every arm on every seed, paired by seed, and report. Runs that are in the store are not trained again.

    Args:
        dataset: a name or path that `datasets.load` knows, or a Dataset.
        arms: recipes as in `arms.parse_arm`. The others are compared with `hard`, or with the first if it is absent.
        seeds: which, or how many from 0, or as text (`20`, `0,3,5-9`).
        label: the label column of a file.
        store: a Store, its URL, or None for the default one.
        training: hyperparameters; the default depends on the number of training rows.
        pairs: further comparisons, (arm, baseline), both among `arms`.
        progress: called with a Progress, a few times a second.

    Each finished run is committed in its own transaction, so a study that was killed resumes when it is started again.

    Raises InputError for arms, pairs, seeds or data, FileNotFoundError for a missing file, StoreError for the store.
    """
    parsed = parse_arms(arms if isinstance(arms, str) else list(arms))
    wanted_seeds = parse_seeds(seeds)
    names = [a.name for a in parsed]
    pairs = tuple(pairs)
    if unknown := [arm for pair in pairs for arm in pair if arm not in names]:
        raise InputError(f"pairs name the arm {unknown[0]!r}, which is not among the arms {', '.join(names)}")
    data = load(dataset, label) if isinstance(dataset, str) else dataset
    training = training or Training.for_rows(data.sizes[0], hidden=data.hidden)
    opened = store if isinstance(store, Store) else Store(store)
    try:
        study = opened.study(study_key(data, training), {"dataset": data.describe(), "model": training.describe()})
        trained = _train_missing(data, parsed, wanted_seeds, training, opened, study, progress or (lambda p: None))
        runs = opened.load(study, names, wanted_seeds)
    finally:
        if opened is not store:
            opened.close()
    baseline = "hard" if "hard" in names else names[0]
    return StudyReport(data.describe(), names, wanted_seeds, baseline, training.describe(), runs, trained, pairs)


def study_key(data: Dataset, training: Training) -> str:
    """SHA-256 of everything that determines a run except its arm and seed: data, model and `CODE_FORMAT`."""
    parts = [CODE_FORMAT, data.content, training.describe()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that affect a run's numbers."""
    names = ("onewarm", "torch", "numpy", "scikit-learn")
    return {"python": platform.python_version()} | {n: importlib.metadata.version(n) for n in names}


def _train_missing(
    data: Dataset,
    arms: tuple[Arm, ...],
    seeds: list[int],
    training: Training,
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
    used = versions()
    trained = 0
    stop = threading.Event()
    with _one_torch_thread(), ThreadPoolExecutor(workers, "onewarm-study") as pool:
        pending = {pool.submit(_train_group, g, data, training, stop): g for g in groups}
        try:
            while pending:
                for future in wait(pending, timeout=0.1, return_when=FIRST_COMPLETED).done:
                    group = pending.pop(future)
                    seconds, scored = future.result()
                    ready = saved + len(group.runs)
                    for run, scores in zip(group.runs, scored, strict=True):
                        trained += store.save(study, StoredRun(run.arm.name, run.seed, scores, seconds, used))
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


def _train_group(group: Group, data: Dataset, training: Training, stop: threading.Event) -> tuple[float, list[Scores]]:
    """Seconds for each run on average, and the scores of the group's runs in its order."""

    def progress(share: float) -> None:
        group.share = share
        if stop.is_set():
            raise _Stopped

    start = time.perf_counter()
    splits = {seed: data.split(seed) for seed in {r.seed for r in group.runs}}
    outputs = train(group.runs, splits, data.num_classes, training, progress)
    scores = [score(r.arm, out, splits[r.seed]) for r, out in zip(group.runs, outputs, strict=True)]
    return (time.perf_counter() - start) / len(group.runs), scores


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
