"""Run a study: train the runs that the store lacks, and report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arms
from onewarm.study.data.datasets import Dataset, load
from onewarm.study.engines.keys import study_key
from onewarm.study.engines.local import Progress, train_missing
from onewarm.study.models.training import Perceptrons, Training
from onewarm.study.report.report import StudyReport
from onewarm.study.seeds import parse_seeds
from onewarm.study.store.store import Store

MAIN_DATASETS = ("digits", "digits-noisy", "blobs")
MAIN_ARMS = ("hard", "smooth:0.05", "smooth:0.1", "smooth:0.2", "smooth:0.4", "prior:0.1", "teacher:2")
MAIN_SEEDS = tuple(range(20))


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
    model = Perceptrons(training or Training.for_rows(data.sizes[0], hidden=data.hidden))
    opened = store if isinstance(store, Store) else Store(store)
    try:
        study = opened.study(study_key(data, model), {"dataset": data.describe(), "model": model.describe()})
        trained = train_missing(data, parsed, wanted_seeds, model, opened, study, progress or (lambda p: None))
        runs = opened.load(study, names, wanted_seeds)
    finally:
        if opened is not store:
            opened.close()
    baseline = "hard" if "hard" in names else names[0]
    return StudyReport(data.describe(), names, wanted_seeds, baseline, model.describe(), runs, trained, pairs)
