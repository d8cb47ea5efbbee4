"""Run a study: train the runs that the store lacks, and report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from onewarm.errors import InputError
from onewarm.study.arms.arm import Arm, parse_arm, parse_arms
from onewarm.study.data.load import load
from onewarm.study.engines.driver import Progress, check_engine, train_missing
from onewarm.study.engines.keys import study_key
from onewarm.study.models.choose import choose
from onewarm.study.models.function import Function
from onewarm.study.models.logistic import Logistic
from onewarm.study.models.modules.module import Module
from onewarm.study.models.training import Training
from onewarm.study.report.report import StudyReport
from onewarm.study.seeds import parse_seeds
from onewarm.study.store.store import Store
from onewarm.tables.source import Tell, untold

REFERENCE = parse_arm("logistic")
DEFAULT_ARMS = ("hard", "smooth:0.05", "smooth:0.1", "smooth:0.2")


def run(
    data: Any,
    y: Any = None,
    *,
    model: Any = "mlp",
    arms: str | Sequence[str] = DEFAULT_ARMS,
    seeds: int | str | Iterable[int] = 10,
    label: str | None = None,
    split: Any = None,
    group: Any = None,
    time: Any = None,
    rare: str = "error",
    votes: Any = None,
    drop: str | Sequence[str] = (),
    category: str | Sequence[str] = (),
    fit: Callable[..., Any] | None = None,
    key: str | None = None,
    training: Training | None = None,
    device: str | None = None,
    store: Store | str | None = None,
    engine: str = "local",
    workers: int | None = None,
    pairs: Iterable[tuple[str, str]] = (),
    progress: Callable[[Progress], None] | None = None,
) -> StudyReport:
    """Would smoothing help this data? Train every arm on every seed, paired by seed, and compare them.

    Each finished run is committed in its own transaction, and a run that is in the store is not trained again: a study
    that was interrupted goes on where it stopped.

    Args:
        data: a built-in data set by its name; the path of a file; a DataFrame of pandas or polars; an array or tensor
            (N, ...), with its labels `y`; a Dataset or DataLoader of PyTorch of (x, y); or a `Dataset` of `load`.
        y: the labels (N,), or the name of the label column.
        model: "mlp", our own perceptron; "logistic"; "hist-gradient-boosting"; a scikit-learn, LightGBM or XGBoost
            estimator that takes sample weights, cloned and fitted for each run (a Pipeline, or one whose
            `categorical_features` are names, on your DataFrame's own columns, text and missing values as they are;
            any other on the study's numeric features, as with data from a file); a factory of a PyTorch module, `lambda
            features, classes: nn.Linear(features, classes)`, trained by the study, or an instance, initialised anew
            for each run; or "FILE.py:NAME" of one of these in a file.
        arms: recipes, as a list or separated by commas. The others are compared with `hard`, or with the first one
            if it is absent. The reference, "logistic", is always added: multinomial logistic regression, hard labels.
        seeds: how many, or which, as a list or text (`20`, `0,3,5-9`).
        label, split, group, time, rare, votes, drop, category: see `load`.
        fit: your own training: `fit(model, target, data)` is called for each run, with a new `model`, the `SoftTarget`
            of the training rows, and these rows (`data.x`, `data.y`, `data.original`). It returns the trained model,
            or None where it trained `model` itself. The model predicts on `data.original` where `fit` read that, else
            on `data.x`.
        key: a name for `model` and `fit`: runs are found again under this name, whatever their code is. Only needed
            for what has no lasting form, such as an open file; see `models.identity`.
        training: hyperparameters; the default depends on the number of training rows.
        device: where PyTorch trains, such as "cuda"; by default a GPU where that is faster.
        store: a Store, its URL, or None for the default one.
        engine: "local", or "ray" for a cluster.
        workers: how many groups of runs are trained at a time; by default, one for each core.
        pairs: further comparisons, (arm, baseline), both among `arms`.
        progress: called with a Progress, a few times a second.

    Returns: the report: `report.print(console)` gives its tables, `report.to_dict()` JSON values.

    Raises: InputError for arguments, before any work; FileNotFoundError for a missing file; StoreError for the store.

    Example:
        >>> report = run("blobs", arms="hard,smooth:0.1", seeds=2, training=Training(steps=20), store="sqlite://")
        >>> len(report.values("smooth:0.1", "nll"))
        2
    """
    study = Study(
        data,
        y,
        model=model,
        arms=arms,
        seeds=seeds,
        label=label,
        split=split,
        group=group,
        time=time,
        rare=rare,
        votes=votes,
        drop=drop,
        category=category,
        fit=fit,
        key=key,
        training=training,
        device=device,
        store=store,
        engine=engine,
        workers=workers,
        pairs=pairs,
    )
    return study.run(progress)


class Study:
    """A study as an object: `run()` trains what the store lacks and reports, `report()` reports what it has.

    The arguments are those of `run`, and are checked at once; nothing is trained or written before `run()`. `loading`
    is called with what is being done to a file, how much of it is done, and how much there is to do.

    Raises: as `run`.

    Example:
        >>> study = Study("blobs", arms="hard,smooth:0.1", seeds=2, training=Training(steps=20), store="sqlite://")
        >>> study.arms, study.seeds
        (['hard', 'smooth:0.1', 'logistic'], [0, 1])
    """

    def __init__(
        self,
        data: Any,
        y: Any = None,
        *,
        model: Any = "mlp",
        arms: str | Sequence[str] = DEFAULT_ARMS,
        seeds: int | str | Iterable[int] = 10,
        label: str | None = None,
        split: Any = None,
        group: Any = None,
        time: Any = None,
        rare: str = "error",
        votes: Any = None,
        drop: str | Sequence[str] = (),
        category: str | Sequence[str] = (),
        fit: Callable[..., Any] | None = None,
        key: str | None = None,
        training: Training | None = None,
        device: str | None = None,
        store: Store | str | None = None,
        engine: str = "local",
        workers: int | None = None,
        pairs: Iterable[tuple[str, str]] = (),
        loading: Tell = untold,
    ) -> None:
        self._arms = with_reference(parse_arms(arms if isinstance(arms, str) else list(arms)))
        self.arms = [arm.name for arm in self._arms]
        self.seeds = parse_seeds(seeds)
        self.pairs = tuple(_pair(pair, self.arms) for pair in pairs)
        self.data = load(
            data, y, label=label, split=split, group=group, time=time, rare=rare, votes=votes, drop=drop,
            category=category, tell=loading,
        )  # fmt: skip
        first = self.data.split(self.seeds[0])
        for arm in self._arms:
            arm.check(self.data.num_classes, votes=first.train.votes is not None, names=self.data.class_names)
        training = training or Training.for_rows(self.data.sizes[0], hidden=self.data.hidden)
        self.model = choose(model, training, fit=fit, key=key, device=device)
        if isinstance(self.model, Module | Function):
            self.model.check(first, self.data.num_classes)
        if refused := [why for arm in self._arms if not arm.reference and (why := self.model.refuses(arm))]:
            raise InputError(refused[0])
        check_engine(engine, workers)
        self._store, self._engine, self._workers = store, engine, workers

    def run(self, progress: Callable[[Progress], None] | None = None) -> StudyReport:
        """Train and store the runs that the store lacks, and report.

        Args:
            progress: called with a Progress, a few times a second; what it raises, such as KeyboardInterrupt, ends the
                study and leaves the finished runs in the store.

        Raises: StoreError for the store.
        """
        with self._opened() as (store, study):
            trained = train_missing(
                self.data,
                self._arms,
                self.seeds,
                self.model,
                store,
                study,
                reference=Logistic(),
                engine=self._engine,
                workers=self._workers,
                progress=progress,
            )
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


def with_reference(arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    """The arms, with the reference last, which every study has. Raises InputError where it is the only one.

    >>> [arm.name for arm in with_reference(parse_arms("logistic,hard"))]
    ['hard', 'logistic']
    """
    own = tuple(arm for arm in arms if not arm.reference)
    if not own:
        raise InputError("arms has only the reference, logistic, which every study has: name another, such as hard")
    return (*own, REFERENCE)


def _pair(pair: tuple[str, str], arms: list[str]) -> tuple[str, str]:
    if isinstance(pair, str) or len(pair) != 2:
        raise InputError(f"pairs has {pair!r}: expected a list of (arm, the arm it is compared with)")
    arm, baseline = (parse_arm(name).name for name in pair)
    for name in (arm, baseline):
        if name not in arms:
            raise InputError(f"pairs name the arm {name!r}, which is not among the arms {', '.join(arms)}")
    return arm, baseline
