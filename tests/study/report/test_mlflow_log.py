"""A study in MLflow, in a store of files: the study's run, and a run for each arm within it."""

import json
import sys
import warnings
from pathlib import Path

import pytest

from onewarm.errors import InputError, MissingExtraError
from onewarm.study.report.html import html


@pytest.fixture
def mlflow(monkeypatch):
    """MLflow as a test may use it: no telemetry, and the store of files, which it keeps for those who ask for it."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip("mlflow")


@pytest.fixture
def report(simulate, format2):
    return simulate(["hard", "smooth:0.1", "logistic"], range(3), title="A [b]\u202e")


def runs_of(uri, name="onewarm"):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    found = client.search_runs([client.get_experiment_by_name(name).experiment_id])
    return client, {run.info.run_name: run for run in found}


def test_parameters_metrics_and_reports_are_kept(mlflow, report, tmp_path):
    from onewarm.study.report.mlflow_log import log_to_mlflow

    uri = (tmp_path / "runs").as_uri()
    parent = log_to_mlflow(report, uri)
    client, runs = runs_of(uri)
    assert set(runs) == {"study of A [b]\\u202e", "hard", "smooth:0.1", "logistic"}
    assert {run.info.status for run in runs.values()} == {"FINISHED"}
    study = client.get_run(parent)
    assert study.data.params["arms"] == "hard,smooth:0.1,logistic" and study.data.params["seeds"] == "0-2"
    assert study.data.params["data.label"] == "species" and "hidden 128" in study.data.params["model"]
    values = report.to_dict()
    assert study.data.metrics["hard/nll"] == pytest.approx(values["metrics"]["hard"]["nll"]["mean"])
    assert study.data.metrics["suggested_alpha"] == values["recommendation"]["suggested_alpha"]
    assert study.data.tags["mlflow.note.content"].startswith(values["recommendation"]["sentence"])
    folder = tmp_path / "down"
    folder.mkdir()
    for artifact, wanted in (("report.html", html(report)), ("report.json", None)):
        text = Path(client.download_artifacts(parent, artifact, str(folder))).read_text(encoding="utf-8")
        assert text == wanted if wanted else json.loads(text) == json.loads(json.dumps(values))
    assert mlflow.active_run() is None


def test_an_arm_has_its_differences_both_trainings_and_its_curve(mlflow, report, tmp_path):
    from onewarm.study.report.mlflow_log import log_to_mlflow

    uri = (tmp_path / "runs").as_uri()
    parent = log_to_mlflow(report, uri)
    client, runs = runs_of(uri)
    arm = runs["smooth:0.1"]
    assert arm.data.tags["mlflow.parentRunId"] == parent and "weight decay" in arm.data.params["chosen"]
    row = next(r for r in report.to_dict()["comparisons"] if r["arm"] == "smooth:0.1" and r["metric"] == "nll")
    metrics = arm.data.metrics
    assert metrics["nll_minus_hard"] == pytest.approx(row["mean"])
    assert [metrics["nll_minus_hard_low"], metrics["nll_minus_hard_high"]] == pytest.approx(row["interval"])
    assert metrics["nll_end"] != metrics["nll"] and "nll_end" not in runs["logistic"].data.metrics
    history = client.get_metric_history(arm.info.run_id, "curve_validation_nll")
    assert [m.step for m in history] == list(report.runs["smooth:0.1", 0].curve.steps)


def test_the_experiment_is_the_one_that_the_environment_names(mlflow, report, tmp_path, monkeypatch):
    from onewarm.study.report.mlflow_log import log_to_mlflow

    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    log_to_mlflow(report, (tmp_path / "runs").as_uri())
    log_to_mlflow(report, (tmp_path / "runs").as_uri())
    assert len(runs_of((tmp_path / "runs").as_uri(), "mine")[1]) == 4


def test_a_store_that_mlflow_refuses_is_named_with_its_reason(mlflow, report):
    from onewarm.study.report.mlflow_log import log_to_mlflow

    with pytest.raises(InputError, match=r"^MLflow store ftp://x: .*unsupported URI"):
        log_to_mlflow(report, "ftp://x")


def test_a_run_that_cannot_be_finished_is_marked_as_failed(mlflow, report, tmp_path, monkeypatch):
    from onewarm.study.report import mlflow_log

    monkeypatch.setattr(mlflow_log, "_arm_params", lambda view, arm: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mlflow_log.log_to_mlflow(report, (tmp_path / "runs").as_uri())
    runs = runs_of((tmp_path / "runs").as_uri())[1]
    assert {run.info.status for run in runs.values()} == {"FAILED"}


def test_without_mlflow_the_remedy_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "onewarm.study.report.mlflow_log", raising=False)
    for name in [m for m in sys.modules if m == "mlflow" or m.startswith("mlflow.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError, match=r"needs mlflow: pip install 'onewarm\[mlflow\]'"):
        import onewarm.study.report.mlflow_log  # noqa: F401
