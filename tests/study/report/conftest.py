"""Reports of studies that were not trained: runs whose logits, curves and steps are simulated."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from onewarm.study.arms.arm import Arm, parse_arm
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.model import Curve, Outputs
from onewarm.study.report.report import StudyReport
from onewarm.study.report.view import View
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
    model = {"network": "perceptron", "hidden": 128, "batch": 100, "learning_rate": 0.001}
    baseline = "hard" if "hard" in arms else arms[0]
    return StudyReport(dataset, list(arms), list(seeds), baseline, model, runs, len(runs))


def run(name: str, seed: int, num_classes: int, sizes: tuple[int, int, int], end: bool) -> StoredRun:
    """One run; runs of one seed share their rows, so that arms are paired."""
    arm = parse_arm(name)
    split, logits = rows_of(seed, num_classes, sizes)
    noise = np.random.default_rng([seed, *name.encode()])
    share = arm.alpha or 0.0
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


def values_of(
    report: StudyReport, *, recommended: str | None = None, suggested_alpha: float | None = 0.07
) -> dict[str, Any]:
    """The values of a report of format 2, worked out here from the runs: for views, which only show them."""
    others = [arm for arm in report.arms if arm != report.baseline]
    found = {
        training: {
            arm: {
                metric: {"mean": float(np.mean(values)), "interval": None, "values": values}
                for metric in ("nll", "accuracy", "ece", "temperature", "nll_after", "ece_after", "confidence_gap")
                if (values := metric_values(report, arm, metric, training))
            }
            for arm in report.arms
        }
        for training in ("stopped", "end")
    }
    rows = [
        difference(report, arm, metric, training, 2 * len(others))
        for training in ("stopped", "end")
        for arm in others
        for metric in ("nll", "accuracy", "ece", "nll_after")
        if metric in found[training][arm] and metric in found[training][report.baseline]
    ]
    headline, rest = f"{recommended or report.baseline} it is: NLL -0.020.", "Six seeds could have shown -0.010."
    sentence = f"{headline} {rest}"
    diagrams = {arm: {when: bins(report, arm, when) for when in ("before", "after")} for arm in report.arms}
    return {
        "format": 2,
        "dataset": report.dataset,
        "arms": report.arms,
        "seeds": report.seeds,
        "baseline": report.baseline,
        "model": report.model,
        "versions": {"torch": "2.9.0"},
        "metrics": found["stopped"],
        "metrics_end": found["end"],
        "comparisons": rows,
        "reference": [arm for arm in report.arms if arm == "logistic"],
        "recommendation": {
            "arm": recommended,
            "alpha": None,
            "suggested_alpha": suggested_alpha or 0.0,
            "suggested_because": None if suggested_alpha is None else "hard is overconfident",
            "headline": headline,
            "rest": rest,
            "sentence": sentence,
        },
        "verdict": [
            *(f"{arm} against {report.baseline}: no clear difference." for arm in others),
            "A temperature does as well.",
            sentence,
        ],
        "scope": "The intervals speak of this file, split anew.",
        "reliability": diagrams,
        "limits": [],
        "notes": [],
    }


def metric_values(report: StudyReport, arm: str, metric: str, training: str) -> list[float]:
    """The metric of each seed; [] where one has none."""
    scores = [getattr(report.runs[arm, seed], training) for seed in report.seeds]
    values = [None if s is None else s.metrics.get(metric) for s in scores]
    return [] if None in values else values


def difference(report: StudyReport, arm: str, metric: str, training: str, family: int) -> dict[str, Any]:
    """A comparison with the baseline: Student's t, Bonferroni over `family`."""
    a, b = (np.array(metric_values(report, name, metric, training)) for name in (arm, report.baseline))
    d, n, ends = a - b, len(a), None
    if n > 1:
        half = float(stats.t.isf(0.025 / family, n - 1) * d.std(ddof=1) / np.sqrt(n))
        ends = [float(d.mean()) - half, float(d.mean()) + half]
    clear = n > 2 and ends is not None and not ends[0] <= 0 <= ends[1]
    row = {"arm": arm, "baseline": report.baseline, "metric": metric, "training": training, "mean": float(d.mean())}
    row["detectable"] = None if ends is None else half
    return {**row, "interval": ends, "seeds": n, "testable": n > 2, "clear": clear}


def bins(report: StudyReport, arm: str, when: str) -> dict[str, Any]:
    """Two bins of made-up numbers."""
    one = {"lower": 0.0, "upper": 0.5, "count": 10, "confidence": 0.4, "accuracy": 0.3}
    return {"bins": [one, {**one, "lower": 0.5, "upper": 1.0, "confidence": 0.8}], "ece": 0.1, "rows": 20}


@pytest.fixture(scope="session")
def viewed() -> Callable[..., View]:
    """A view of a report whose values are those of `values_of`."""

    def make(report: StudyReport, **options: Any) -> View:
        view = View(report)
        view.__dict__["values"] = values_of(report, **options)
        return view

    return make


@pytest.fixture
def format2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every report's values are those of `values_of`."""
    monkeypatch.setattr(StudyReport, "to_dict", values_of)
