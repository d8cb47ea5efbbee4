"""Run a study: train the runs that the store lacks, and report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arms
from onewarm.study.data.datasets import Dataset
from onewarm.study.data.load import load
from onewarm.study.engines.driver import Progress, train_missing
from onewarm.study.engines.keys import study_key
from onewarm.study.models.choose import choose
from onewarm.study.models.training import Training
from onewarm.study.report.report import StudyReport
from onewarm.study.seeds import parse_seeds
from onewarm.study.store.store import Store

DEFAULT_ARMS = ("hard", "smooth:0.05", "smooth:0.1", "smooth:0.2")


def run(
    data: str | Dataset,
    *,
    model: Any = "mlp",
    arms: str | Sequence[str] = DEFAULT_ARMS,
    seeds: int | str | Iterable[int] = 10,
    label: str | None = None,
    key: str | None = None,
    training: Training | None = None,
    store: Store | str | None = None,
    pairs: Iterable[tuple[str, str]] = (),
    progress: Callable[[Progress], None] | None = None,
) -> StudyReport:
    """Would smoothing help this data? Train every arm on every seed, paired by seed, and compare them.

    Each finished run is committed in its own transaction, and a run that is in the store is not trained again: a study
    that was interrupted goes on where it stopped.

    Args:
        data: a built-in data set or a file, by name or path as in `load`; or a `Dataset`.
        model: "mlp", our own perceptron; "hist-gradient-boosting", scikit-learn's; or a scikit-learn,
            LightGBM or XGBoost estimator that takes sample weights, cloned and fitted for each run.
        arms: recipes, as a list or separated by commas. The others are compared with `hard`, or with the first one
            if it is absent.
        seeds: how many, or which, as a list or text (`20`, `0,3,5-9`).
        label: the label column of a file; found by its usual names when not given.
        key: a name for a model of yours: its runs are found again under this name, whatever its parameters are. Only
            needed for a model that holds what has no lasting form, such as an open file; see `models.identity`.
        training: hyperparameters; the default depends on the number of training rows.
        store: a Store, its URL, or None for the default one.
        pairs: further comparisons, (arm, baseline), both among `arms`.
        progress: called with a Progress, a few times a second.

    Returns: the report: `report.print(console)` gives its tables, `report.to_dict()` JSON values.

    Raises: InputError for arms, pairs, seeds or data, before any work; FileNotFoundError for a missing file; StoreError
    for the store.

    Example:
        >>> report = run("blobs", arms="hard,smooth:0.1", seeds=2, training=Training(steps=20), store="sqlite://")
        >>> len(report.values("smooth:0.1", "nll"))
        2
    """
    study = Study(
        data,
        model=model,
        arms=arms,
        seeds=seeds,
        label=label,
        key=key,
        training=training,
        store=store,
        pairs=pairs,
    )
    return study.run(progress)


class Study:
    """A study as an object: `run()` trains what the store lacks and reports, `report()` reports what it has.

    The arguments are those of `run`, and are checked at once; nothing is trained or written before `run()`.

    Raises: as `run`.

    Example:
        >>> study = Study("blobs", arms="hard,smooth:0.1", seeds=2, training=Training(steps=20), store="sqlite://")
        >>> study.arms, study.seeds
        (['hard', 'smooth:0.1'], [0, 1])
    """

    def __init__(
        self,
        data: str | Dataset,
        *,
        model: Any = "mlp",
        arms: str | Sequence[str] = DEFAULT_ARMS,
        seeds: int | str | Iterable[int] = 10,
        label: str | None = None,
        key: str | None = None,
        training: Training | None = None,
        store: Store | str | None = None,
        pairs: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._arms = parse_arms(arms if isinstance(arms, str) else list(arms))
        self.arms = [arm.name for arm in self._arms]
        self.seeds = parse_seeds(seeds)
        self.pairs = tuple(pairs)
        if unknown := [arm for pair in self.pairs for arm in pair if arm not in self.arms]:
            raise InputError(f"pairs name the arm {unknown[0]!r}, which is not among the arms {', '.join(self.arms)}")
        self.data = load(data, label=label)
        training = training or Training.for_rows(self.data.sizes[0], hidden=self.data.hidden)
        self.model = choose(model, training, key=key)
        if refused := [why for arm in self._arms if (why := self.model.refuses(arm))]:
            raise InputError(refused[0])
        self._store = store

    def run(self, progress: Callable[[Progress], None] | None = None) -> StudyReport:
        """Train and store the runs that the store lacks, and report.

        Args:
            progress: called with a Progress, a few times a second; what it raises, such as KeyboardInterrupt, ends the
                study and leaves the finished runs in the store.

        Raises: StoreError for the store.
        """
        with self._opened() as (store, study):
            trained = train_missing(self.data, self._arms, self.seeds, self.model, store, study, progress=progress)
            return self._report(store, study, self.seeds, trained)

    def report(self) -> StudyReport:
        """The report of the seeds whose runs are all in the store; nothing is trained.

        Raises: InputError where there is no such seed; StoreError for the store.
        """
        with self._opened() as (store, study):
            done = store.finished(study)
            seeds = [seed for seed in self.seeds if all((arm, seed) in done for arm in self.arms)]
            if not seeds:
                found = f"it has {len(done)} of its runs" if done else "it has none of its runs"
                raise InputError(f"the store has no seed of this study with all arms ({found}): call run() first")
            return self._report(store, study, seeds, 0)

    def _report(self, store: Store, study: int, seeds: list[int], trained: int) -> StudyReport:
        runs = store.load(study, self.arms, seeds)
        baseline = "hard" if "hard" in self.arms else self.arms[0]
        return StudyReport(
            self.data.describe(), self.arms, seeds, baseline, self.model.describe(), runs, trained, self.pairs
        )

    @contextmanager
    def _opened(self) -> Iterator[tuple[Store, int]]:
        """The store, and this study's id in it; a store that was opened here is closed."""
        store = self._store if isinstance(self._store, Store) else Store(self._store)
        try:
            description = {"dataset": self.data.describe(), "model": self.model.describe()}
            yield store, store.study(study_key(self.data, self.model), description)
        finally:
            if store is not self._store:
                store.close()
