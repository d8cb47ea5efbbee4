import io
import json
import math

import numpy as np
import pytest
from rich.console import Console
from scipy.stats import permutation_test

from onewarm.calibration.metrics.calibration_error import ece
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.study.comparison.compare import holm, mean_interval
from onewarm.study.report.report import COMPARED, StudyReport, write_json
from onewarm.study.scoring import METRICS, Scores
from onewarm.study.store.store import StoredRun

ARMS, SEEDS = ["hard", "smooth:0.1"], [0, 1, 2, 3]


def stored(arm, seed, note=None):
    rng = np.random.default_rng([len(arm), seed])
    p = rng.dirichlet(np.ones(3), 50)
    summary = CalibrationSummary().update(p, rng.integers(0, 3, 50))
    metrics = dict.fromkeys(METRICS, None) | {m: float(v) for m, v in zip(METRICS, rng.random(11), strict=False)}
    if note:
        metrics |= dict.fromkeys(("temperature", "nll_after", "ece_after", "confidence_gap_after"))
    return StoredRun(
        arm, seed, Scores(metrics, summary, None if note else summary, note), 0.1, {"torch": f"{seed % 2}"}
    )


@pytest.fixture
def report():
    runs = {(a, s): stored(a, s) for a in ARMS for s in SEEDS}
    runs["hard", 2] = stored("hard", 2, "no temperature: all right")
    dataset = {"key": "k", "title": "T", "train": 1, "validation": 2, "test": 3}
    return StudyReport(dataset, ARMS, SEEDS, "hard", {"hidden": 8}, runs, 8)


def test_values_means_and_intervals(report):
    as_dict = report.to_dict()
    for arm in ARMS:
        for metric in ("accuracy", "nll_after", "temperature"):
            values = [report.runs[arm, s].stopped.metrics[metric] for s in SEEDS]
            known = [v for v in values if v is not None]
            entry = as_dict["metrics"][arm][metric]
            assert entry["values"] == values and entry["mean"] == pytest.approx(np.mean(known))
            assert tuple(entry["interval"]) == mean_interval(known)
    assert as_dict["metrics"]["hard"]["temperature"]["values"][2] is None
    assert "excess_nll" not in as_dict["metrics"]["hard"]
    assert as_dict["versions"] == {"torch": "0, 1"}
    assert as_dict["notes"] == [{"arm": "hard", "seed": 2, "note": "no temperature: all right"}]


def test_comparisons_pair_seeds_that_both_have(report):
    rows = report.to_dict()["comparisons"]
    assert [(r["arm"], r["metric"]) for r in rows] == [("smooth:0.1", m) for m in COMPARED]
    for row in rows:
        pairs = [(report.runs["smooth:0.1", s].stopped.metrics, report.runs["hard", s].stopped.metrics) for s in SEEDS]
        d = [a[row["metric"]] - b[row["metric"]] for a, b in pairs if None not in (a[row["metric"]], b[row["metric"]])]
        assert row["seeds"] == len(d) == (3 if "after" in row["metric"] else 4)
        assert row["mean"] == pytest.approx(np.mean(d)) and tuple(row["interval"]) == mean_interval(d)
        exact = permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf)
        assert row["p"] == pytest.approx(exact.pvalue)
    assert [r["p_holm"] for r in rows] == holm([r["p"] for r in rows])


def test_other_pairs_join_the_family_but_not_the_table(report):
    arms = [*ARMS, "teacher:2"]
    runs = report.runs | {("teacher:2", s): stored("teacher:2", s) for s in SEEDS}
    pairs = (("teacher:2", "smooth:0.1"), ("teacher:2", "hard"))
    extended = StudyReport(report.dataset, arms, SEEDS, "hard", {}, runs, 0, pairs)
    rows = extended.comparisons()
    assert [(r["arm"], r["baseline"]) for r in rows[:: len(COMPARED)]] == [
        ("smooth:0.1", "hard"),
        ("teacher:2", "hard"),
        ("teacher:2", "smooth:0.1"),
    ]
    value = lambda arm, s: runs[arm, s].stopped.metrics["accuracy"]  # noqa: E731
    by = {(r["arm"], r["baseline"], r["metric"]): r for r in rows}
    wanted = np.mean([value("teacher:2", s) - value("smooth:0.1", s) for s in SEEDS])
    assert by["teacher:2", "smooth:0.1", "accuracy"]["mean"] == pytest.approx(wanted)
    assert [r["p_holm"] for r in rows] == holm([r["p"] for r in rows])
    assert len(extended.verdict()) == 3  # two arms against hard, and the answer


def test_reliability_joins_the_seeds(report):
    as_dict = report.to_dict()["reliability"]["hard"]
    whole = CalibrationSummary()
    for s in SEEDS:
        whole.merge(report.runs["hard", s].stopped.before)
    assert as_dict["before"]["rows"] == 200 and as_dict["after"]["rows"] == 150
    assert as_dict["before"]["ece"] == ece(whole) and len(as_dict["before"]["bins"]) == 15
    assert sum(b["count"] for b in as_dict["before"]["bins"]) == 200
    assert set(as_dict["before"]["bins"][0]) == {"lower", "upper", "count", "confidence", "accuracy"}
    temperatures = [t for s in SEEDS if (t := report.runs["hard", s].stopped.metrics["temperature"]) is not None]
    assert as_dict["temperature"] == pytest.approx(np.mean(temperatures))


def test_tables_fit_a_narrow_terminal(report):
    out = io.StringIO()
    report.print(Console(file=out, width=80))
    text = out.getvalue()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "smooth:0.1" in text and "1 run (hard seed 2): no temperature: all right" in text
    assert "Difference from hard, paired by seed" in text


def test_a_star_marks_what_is_significant(report, monkeypatch):
    rows = [
        r | {"p_holm": p, "mean": 0.1, "interval": [0.05, 0.15]}
        for r, p in zip(report.comparisons(), (0.0499, 0.05, 0.2, *[1.0] * 5), strict=True)
    ]
    monkeypatch.setattr(StudyReport, "comparisons", lambda self: rows)
    out = io.StringIO()
    report.print(Console(file=out, width=80))
    assert "mean [95 % interval]" in out.getvalue() and "* Holm-corrected p < .05" in out.getvalue()
    assert [r["metric"] for r in rows[:3]] == ["accuracy", "nll", "ece"]
    (line,) = (line for line in out.getvalue().splitlines() if line.startswith("│ smooth:0.1 ") and "+0.100" in line)
    assert [cell.strip() for cell in line.split("│")[2:5]] == ["+0.100*", "+0.100", "+0.100"]


def test_a_long_recipe_gives_way_to_the_numbers(report):
    arms = ["hard", "teacher:4:smooth:0.1"]
    runs = {(a, s): stored(a, s) for a in arms for s in SEEDS}
    out = io.StringIO()
    StudyReport(report.dataset, arms, SEEDS, "hard", {}, runs, 0).print(Console(file=out, width=80))
    assert "teacher:4:" in out.getvalue() and "smooth:0.1 " in out.getvalue()
    assert "…" not in out.getvalue() and all(len(line) <= 80 for line in out.getvalue().splitlines())


def test_one_seed_has_no_intervals(report):
    alone = StudyReport(report.dataset, ARMS, [0], "hard", {}, {k: v for k, v in report.runs.items() if k[1] == 0}, 2)
    as_dict = alone.to_dict()
    assert as_dict["comparisons"] == [] and as_dict["metrics"]["hard"]["nll"]["interval"] is None
    alone.print(Console(file=io.StringIO()))


def test_json_whole_or_not_at_all(tmp_path, report):
    path = tmp_path / "deep" / "report.json"
    write_json(path, report.to_dict())
    assert json.loads(path.read_text()) == json.loads(json.dumps(report.to_dict()))
    before = path.read_bytes()
    with pytest.raises(ValueError):
        write_json(path, {"a": math.nan})
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]
