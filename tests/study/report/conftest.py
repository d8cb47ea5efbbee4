"""Reports of studies that were not trained: runs whose logits, curves and steps are simulated."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from onewarm.study.arms.arm import Arm, parse_arm
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.model import Curve, Outputs
from onewarm.study.report.report import StudyReport
from onewarm.study.scoring import Scores, score
from onewarm.study.store.store import StoredRun

STEPS = tuple(range(20, 601, 20))


def simulated(
    arms: Sequence[str] = ("hard", "smooth:0.05", "smooth:0.1", "smooth:0.2"),
    seeds: Sequence[int] = range(6),
    *,
    classes: Sequence[str] = ("ant", "bee", "cat", "dog"),
    sizes: tuple[int, int, int] = (90, 60, 120),
    end: bool = True,
    title: str = "Simulated",
    notes: Sequence[str] = (),
) -> StudyReport:
    """A report in which smoothing makes a model less overconfident, and training to the end makes it more so.

    Args:
        arms: names; "hard" first where it is there.
        seeds: numbers.
        classes: names; their number is K.
        sizes: training, validation and test rows.
        end: whether the runs have a model trained to the end, and a curve.
        title: of the data set.
        notes: what was done to the file.
    """
    runs = {(arm, seed): run(arm, seed, len(classes), sizes, end) for arm in arms for seed in seeds}
    train, validation, test = sizes
    dataset = {
        "key": "simulated",
        "title": title,
        "source": "simulated",
        "num_classes": len(classes),
        "classes": list(classes),
        "train": train,
        "validation": validation,
        "test": test,
        "content": "0" * 64,
        "sampling": "resplit",
        "label": "species",
        "notes": list(notes),
    }
    model = {"name": "mlp", "hidden": 128, "batch": 100, "learning_rate": 0.001}
    baseline = "hard" if "hard" in arms else arms[0]
    return StudyReport(dataset, list(arms), list(seeds), baseline, model, runs, len(runs))


def run(name: str, seed: int, num_classes: int, sizes: tuple[int, int, int], end: bool) -> StoredRun:
    """One run; runs of one seed share their rows, so that arms are paired."""
    arm = parse_arm(name) if name != "logistic" else Arm("logistic")
    split, logits = rows_of(seed, num_classes, sizes)
    noise = np.random.default_rng([seed, *name.encode()])
    share = arm.value if arm.value is not None and arm.value < 1 else 0.0
    stopped = scored(arm, split, logits, 1.15 - 1.2 * share, 0.25, noise)
    ended = scored(arm, split, logits, 2.2 - 3.5 * share, 0.55, noise) if end and name != "logistic" else None
    best = 160 + 20 * int(noise.integers(-3, 4))
    return StoredRun(
        name,
        seed,
        stopped,
        seconds=0.21,
        versions={"torch": "2.9.0", "numpy": "2.3.1"},
        end=ended,
        steps=best if ended else None,
        end_steps=STEPS[-1] if ended else None,
        options={"weight_decay": float(noise.choice([0.0, 0.01, 0.1]))},
        curve=curve(best, num_classes, noise) if ended else None,
    )


def rows_of(seed: int, num_classes: int, sizes: tuple[int, int, int]) -> tuple[Split, list[np.ndarray]]:
    """The rows of a seed, with the logits of their true posterior."""
    rng = np.random.default_rng([5, seed])
    parts, logits = [], []
    for n in sizes:
        z = 1.8 * rng.standard_normal((n, num_classes))
        p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        y = np.minimum((p.cumsum(1) < rng.random((n, 1))).sum(1), num_classes - 1)
        parts.append(Rows(z.astype(np.float32), y))
        logits.append(z)
    return Split(*parts), logits


def scored(arm: Arm, split: Split, logits: list[np.ndarray], scale: float, noise: float, rng) -> Scores:
    """The scores of a model that gives the true logits times a scale, with noise."""
    outputs = Outputs(*(scale * z + noise * rng.standard_normal(z.shape) for z in logits))
    return score(arm, outputs, split)


def curve(best: int, num_classes: int, rng) -> Curve:
    """Training NLL that falls; validation NLL that is lowest at the step `best`."""
    t = np.array(STEPS) / best
    train = np.log(num_classes) * np.exp(-1.1 * t) + 0.02 * rng.random(len(t))
    validation = np.log(num_classes) * (0.35 + 0.65 * np.exp(-2 * t) + 0.05 * np.maximum(t - 1, 0) ** 1.2)
    validation += 0.02 * rng.random(len(t))
    return Curve(STEPS, tuple(train.tolist()), tuple(validation.tolist()))


@pytest.fixture(scope="session")
def simulate() -> Callable[..., StudyReport]:
    """`simulated`, to make a report with."""
    return simulated
