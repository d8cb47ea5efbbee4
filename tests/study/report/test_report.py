import io
import json
import math

import numpy as np
import pytest
from rich.console import Console

from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.study.comparison.estimate import estimate
from onewarm.study.report.report import StudyReport, write_json
from onewarm.study.report.terminal import print_study
from onewarm.study.scoring import METRICS, Scores
from onewarm.study.store.store import StoredRun

ARMS, SEEDS = ["hard", "smooth:0.1"], [0, 1, 2, 3]


def stored(arm, seed, note=None):
    rng = np.random.default_rng([len(arm), seed])
    p = rng.dirichlet(np.ones(3), 50)
    summary = CalibrationSummary().update(p, rng.integers(0, 3, 50))
    metrics = dict.fromkeys(METRICS, None) | {m: float(v) for m, v in zip(METRICS, rng.random(15), strict=False)}
    if note:
        metrics |= dict.fromkeys(("temperature", "nll_after", "ece_after", "confidence_gap_after"))
    return StoredRun(
        arm, seed, Scores(metrics, summary, None if note else summary, note), 0.1, {"torch": f"{seed % 2}"}
    )


@pytest.fixture
def report():
    runs = {(a, s): stored(a, s) for a in ARMS for s in SEEDS}
    runs["hard", 2] = stored("hard", 2, "no temperature: all right")
    dataset = {
        "key": "k",
        "title": "T",
        "train": 1,
        "validation": 2,
        "test": 3,
        "sampling": "resplit",
        "num_classes": 3,
    }
    return StudyReport(dataset, ARMS, SEEDS, "hard", {"hidden": 8}, runs, 8)


def test_values_means_and_intervals(report):
    as_dict = report.to_dict()
    for arm in ARMS:
        for metric in ("ece", "nll", "brier"):
            values = [report.runs[arm, s].stopped.metrics[metric] for s in SEEDS]
            entry = as_dict["metrics"][arm][metric]
            assert entry["values"] == values and entry["mean"] == pytest.approx(np.mean(values))
            assert tuple(entry["interval"]) == estimate(values, ratio=3 / 3).interval(0.95)
    assert "excess_nll" not in as_dict["metrics"]["hard"]
    assert as_dict["versions"] == {"torch": "0, 1"}
    assert as_dict["notes"] == [{"arm": "hard", "seed": 2, "note": "no temperature: all right"}]


def test_format_2_has_every_part(report):
    as_dict = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    parts = """format dataset arms reference seeds baseline model versions training metrics metrics_end comparisons
        recommendation verdict limits scope curves reliability reliability_end notes"""
    assert as_dict["format"] == 2 and list(as_dict) == parts.split()
    assert as_dict["verdict"][-1] == as_dict["recommendation"]["sentence"] == report.verdict()[-1]
    assert {"arm", "alpha", "suggested_alpha", "gains", "costs", "sentence"} <= as_dict["recommendation"].keys()


def test_models_stopped_and_to_the_end_are_families_of_their_own(simulate):
    report = simulate(("hard", "smooth:0.05", "smooth:0.1"))
    rows = report.comparisons()
    kept = [(r["training"], r["arm"]) for r in rows if r["metric"] == "nll"]
    assert kept == [(t, a) for t in ("stopped", "end") for a in ("smooth:0.05", "smooth:0.1")]
    for training in ("stopped", "end"):
        assert sum(1 - r["level"] for r in rows if r["training"] == training) == pytest.approx(0.05)
    end = report.to_dict()["metrics_end"]["hard"]["nll"]
    assert end["values"] == [report.runs["hard", s].end.metrics["nll"] for s in report.seeds]
    assert len(report.to_dict()["curves"]["hard"]) == len(report.to_dict()["training"]["hard"]["steps"]) == 6


def test_other_pairs_are_a_family_of_their_own(report):
    """Comparisons that a study was not asked for at first made its own intervals wider."""
    arms = [*ARMS, "teacher:2"]
    runs = report.runs | {("teacher:2", s): stored("teacher:2", s) for s in SEEDS}
    pairs = (("teacher:2", "smooth:0.1"), ("teacher:2", "hard"))
    extended = StudyReport(report.dataset, arms, SEEDS, "hard", {}, runs, 0, pairs)
    alone = StudyReport(report.dataset, arms, SEEDS, "hard", {}, runs, 0)
    rows = extended.comparisons()
    assert [(r["arm"], r["baseline"]) for r in rows if r["metric"] == "ece"] == [
        ("smooth:0.1", "hard"),
        ("teacher:2", "hard"),
        ("teacher:2", "smooth:0.1"),
    ]
    assert rows[: len(alone.comparisons())] == alone.comparisons()


def test_print_is_the_view_for_a_terminal(report):
    out, same = io.StringIO(), io.StringIO()
    report.print(Console(file=out, width=80))
    print_study(report, Console(file=same, width=80))
    assert out.getvalue() == same.getvalue() and "1 run (hard, seed 2): no temperature: all right" in out.getvalue()


def test_one_seed_has_no_intervals(report):
    alone = StudyReport(report.dataset, ARMS, [0], "hard", {}, {k: v for k, v in report.runs.items() if k[1] == 0}, 2)
    as_dict = alone.to_dict()
    assert (
        not any(row["testable"] for row in as_dict["comparisons"])
        and as_dict["metrics"]["hard"]["nll"]["interval"] is None
    )


def test_json_whole_or_not_at_all(tmp_path, report):
    path = tmp_path / "deep" / "report.json"
    write_json(path, report.to_dict())
    assert json.loads(path.read_text()) == json.loads(json.dumps(report.to_dict()))
    before = path.read_bytes()
    with pytest.raises(ValueError):
        write_json(path, {"a": math.nan})
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]
