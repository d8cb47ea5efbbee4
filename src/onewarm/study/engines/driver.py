"""Train the runs that the store lacks, sharing them with whoever trains the same study at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from onewarm.errors import InputError
from onewarm.study.arms.arm import Arm
from onewarm.study.data.datasets import Dataset
from onewarm.study.engines.groups import next_group
from onewarm.study.engines.local import local_engine
from onewarm.study.engines.work import Engine, Group, Work
from onewarm.study.models.model import Model, Run
from onewarm.study.store.claims import Claims, RunKey
from onewarm.study.store.store import Store

ENGINES = ("local", "ray")

POLL = 0.25
"""Seconds between two looks at what others have finished, or given up, while there is nothing else to do."""

LOOK = 2.0
"""The same while groups are in training."""


class Progress(NamedTuple):
    """Progress of a study: `done` of `total` runs, one in training as a fraction; `saved` are in the store.

    `elsewhere` are being trained by another process.

    >>> Progress(2.5, 2, 8, 1).describe("study of iris")
    'study of iris (1 run is being trained by another process)'
    """

    done: float
    saved: int
    total: int
    elsewhere: int = 0

    def describe(self, what: str) -> str:
        """What is in progress, for a person: `what`, and how many of its runs others train."""
        if not self.elsewhere:
            return what
        runs = "1 run is" if self.elsewhere == 1 else f"{self.elsewhere} runs are"
        return f"{what} ({runs} being trained by another process)"


def train_missing(
    data: Dataset,
    arms: Sequence[Arm],
    seeds: Sequence[int],
    model: Model,
    store: Store,
    study: int,
    *,
    reference: Model | None = None,
    engine: str = "local",
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> int:
    """Train and store the runs that the store lacks; returns how many were trained here.

    Each is claimed in the store before it is trained. Runs that another process has claimed are waited for, and
    taken over where that process ends without them.

    Args:
        data: the rows.
        arms: what to train.
        seeds: each arm is trained on each.
        model: trains them.
        store: where finished runs are kept and claims are made.
        study: the study's id in the store.
        reference: trains the reference arm, where it is among the arms.
        engine: "local", or "ray" for a cluster.
        workers: groups trained at a time; by default the cores.
        progress: called with a Progress, a few times a second.
    """
    check_engine(engine, workers)
    wanted = [Run(arm, seed) for seed in seeds for arm in arms]
    with Claims(store, study) as claims:
        driver = _Driver(wanted, Work(data, model, reference), store, study, claims, progress or (lambda p: None))
        if driver.look():
            driver.train(engine, workers)
        return driver.trained


def check_engine(engine: str, workers: int | None) -> None:
    """Raises InputError for an engine that does not exist, or a number of workers that cannot be."""
    if engine not in ENGINES:
        raise InputError(f"engine is {engine!r}: choose one of {', '.join(ENGINES)}")
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise InputError(f"workers is {workers!r}: expected how many are trained at a time, at least 1")


class _Driver:
    """Claims, hands out and saves the runs of one call."""

    def __init__(
        self,
        wanted: list[Run],
        work: Work,
        store: Store,
        study: int,
        claims: Claims,
        report: Callable[[Progress], None],
    ) -> None:
        self._wanted, self._work, self._store, self._study, self._claims = wanted, work, store, study, claims
        self._report = report
        self._groups = 0
        self._active: dict[int, set[RunKey]] = {}
        self._missing: list[Run] = []
        self._elsewhere: set[RunKey] = set()
        self._done = 0.0
        self.trained = 0

    def look(self) -> bool:
        """Read from the store which runs are missing, and which of them others train; whether any is missing."""
        finished = self._store.finished(self._study)
        self._missing = [run for run in self._wanted if _key(run) not in finished]
        self._elsewhere = self._claims.of_others() & set(map(_key, self._missing)) if self._missing else set()
        self._tick(0.0)
        return bool(self._missing)

    def train(self, engine: str, workers: int | None) -> None:
        """Train, or wait for others to train, until none is missing."""
        pool = _engine(engine, self._work, workers)
        try:
            while self._missing:
                self._hand_out(pool)
                if self._active:
                    for group, finished in pool.wait(lambda: self._tick(pool.in_training()), LOOK):
                        del self._active[group.number]
                        for run in finished:
                            self.trained += self._store.save(self._study, run)
                            self._missing = [r for r in self._missing if _key(r) != (run.arm, run.seed)]
                            self._tick(pool.in_training())
                else:
                    time.sleep(POLL)
                self.look()
        except BaseException:  # Ctrl-C or an error
            pool.close(failed=True)
            raise
        pool.close(failed=False)

    def _hand_out(self, pool: Engine) -> None:
        """Claim groups of what is free, until all workers have one."""
        while len(self._active) < pool.workers:
            taken = self._elsewhere.union(*self._active.values())
            free = [run for run in self._missing if _key(run) not in taken]
            if not free:
                return
            wish = next_group(free, self._work.data, pool.workers)
            won = self._claims.claim(map(_key, wish))
            if won:
                group = Group(self._groups, tuple(run for run in wish if _key(run) in won))
                self._groups += 1
                self._active[group.number] = won
                pool.start(group)
            if len(won) < len(wish):  # another was faster
                self.look()

    def _tick(self, in_training: float) -> None:
        saved = len(self._wanted) - len(self._missing)
        self._done = max(self._done, saved + in_training)
        self._report(Progress(self._done, saved, len(self._wanted), len(self._elsewhere)))


def _key(run: Run) -> RunKey:
    return run.arm.name, run.seed


def _engine(name: str, work: Work, workers: int | None) -> Engine:
    if name == "local":
        return local_engine(work, workers)
    from onewarm.study.engines.ray import Cluster

    return Cluster(work, workers)
