"""Running a study: what is missing is trained in groups and stored run by run; then the report."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from onewarm.study.arms import Arm, parse_arms
from onewarm.study.datasets import Dataset, load
from onewarm.study.report import StudyReport
from onewarm.study.scoring import score
from onewarm.study.store import Store, StoredRun
from onewarm.study.training import Run, Training, train

CODE_FORMAT = 1
"""Raised whenever a change to training or scoring makes stored runs incomparable with new ones."""

GROUP = 36
"""Models trained at once, about: enough to keep the processor busy, few enough to lose only seconds to a kill."""

MAIN_DATASETS = ("digits", "digits-noisy", "blobs")
MAIN_ARMS = ("hard", "smooth:0.05", "smooth:0.1", "smooth:0.2", "smooth:0.4", "prior:0.1", "teacher:2")
MAIN_SEEDS = tuple(range(20))


class Progress(NamedTuple):
    """How far a study is: `done` of `total` runs, a run in training counting in part; `saved` are in the store."""

    done: float
    saved: int
    total: int


def run_study(
    dataset: str | Dataset,
    arms: str | Sequence[str] = MAIN_ARMS,
    seeds: int | Iterable[int] = MAIN_SEEDS,
    *,
    label: str | None = None,
    store: Store | str | None = None,
    training: Training | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> StudyReport:
    """Train every arm on every seed, paired by seed, and report; runs that the store has are not trained again.

    Args:
        dataset: a name or path that `datasets.load` knows, or a Dataset.
        arms: recipes as in `arms.parse_arm`; `hard`, or the first without it, is what the others are compared with.
        seeds: which, or how many from 0.
        label: the label column of a file.
        store: a Store, its URL, or None for the default one.
        training: hyperparameters; the default depends on the number of training rows.
        progress: called with a Progress, a few times a second.

    Each finished run is committed in a transaction of its own, so a study killed at any moment goes on where it
    was when it is started again. Raises ValueError for arms, seeds or data, StoreError for the store.
    """
    parsed = parse_arms(arms if isinstance(arms, str) else list(arms))
    wanted_seeds = _seeds(seeds)
    data = load(dataset, label) if isinstance(dataset, str) else dataset
    training = training or Training.for_rows(data.sizes[0])
    opened = store if isinstance(store, Store) else Store(store)
    try:
        study = opened.study(study_key(data, training), {"dataset": data.describe(), "model": training.describe()})
        trained = _train_missing(data, parsed, wanted_seeds, training, opened, study, progress)
        names = [a.name for a in parsed]
        runs = opened.load(study, names, wanted_seeds)
    finally:
        if opened is not store:
            opened.close()
    baseline = "hard" if "hard" in names else names[0]
    return StudyReport(data.describe(), names, wanted_seeds, baseline, training.describe(), runs, trained)


def study_key(data: Dataset, training: Training) -> str:
    """SHA-256 of all that decides a run beside its arm and seed: data, model, the format of the code."""
    parts = [CODE_FORMAT, data.content, training.describe()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def versions() -> dict[str, str]:
    """What a run was made with."""
    names = ("onewarm", "torch", "numpy", "scikit-learn")
    return {"python": platform.python_version()} | {n: importlib.metadata.version(n) for n in names}


def _train_missing(
    data: Dataset,
    arms: tuple[Arm, ...],
    seeds: list[int],
    training: Training,
    store: Store,
    study: int,
    progress: Callable[[Progress], None] | None,
) -> int:
    """Train and store the runs that are not there; how many that were."""
    done = store.finished(study)
    total = len(arms) * len(seeds)
    missing = {s: [Run(a, s) for a in arms if (a.name, s) not in done] for s in seeds}
    saved = total - sum(map(len, missing.values()))
    tell = progress or (lambda p: None)
    tell(Progress(saved, saved, total))
    made = versions()
    trained = 0
    for group in _groups([missing[s] for s in seeds if missing[s]]):
        start = time.perf_counter()
        splits = {s: data.split(s) for s in {r.seed for r in group}}
        at = saved

        def moved(share: float, at: int = at, size: int = len(group)) -> None:
            tell(Progress(at + share * size, at, total))

        outputs = train(group, splits, data.num_classes, training, moved)
        seconds = (time.perf_counter() - start) / len(group)
        for run, out in zip(group, outputs, strict=True):
            scores = score(run.arm, out, splits[run.seed])
            trained += store.save(study, StoredRun(run.arm.name, run.seed, scores, seconds, made))
            saved += 1
            tell(Progress(at + len(group), saved, total))
    return trained


def _groups(by_seed: list[list[Run]]) -> list[list[Run]]:
    """Whole seeds put together up to about `GROUP` runs."""
    groups: list[list[Run]] = []
    for runs in by_seed:
        if groups and len(groups[-1]) + len(runs) <= GROUP:
            groups[-1].extend(runs)
        else:
            groups.append(list(runs))
    return groups


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    if isinstance(seeds, (int, np.integer)):
        if isinstance(seeds, bool) or seeds < 1:
            raise ValueError(f"seeds: {seeds!r}; expected how many (at least 1) or a list of them")
        return list(range(int(seeds)))
    out = list(seeds)
    for i, seed in enumerate(out):
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**63:
            raise ValueError(f"seeds[{i}] is {seed!r}; expected whole numbers from 0")
        if seed in out[:i]:
            raise ValueError(f"seeds[{i}]: {seed} is there twice")
    if not out:
        raise ValueError("seeds is empty; expected at least one")
    return [int(s) for s in out]
