"""A study in MLflow: a run for the study, and within it a run for each arm."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

from onewarm.checks.visible import visible, visible_json
from onewarm.errors import InputError, MissingExtraError, needs
from onewarm.study.report.html import html
from onewarm.study.report.pictures.curves import mean_curve
from onewarm.study.report.ran import described, spans
from onewarm.study.report.report import StudyReport
from onewarm.study.report.view import View

with needs("onewarm.study.report.mlflow_log", "mlflow"):
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

_MOST_METRICS = 1000
"""How many metrics MLflow takes at once."""
_MOST_LETTERS = 6000
"""How long an MLflow parameter may be."""


def log_to_mlflow(report: StudyReport, uri: str, *, command: str | None = None) -> str:
    """Keep a study in an MLflow store: parameters, metrics and the report of the study, and a nested run for each arm.

    The experiment is the one that the environment variable MLFLOW_EXPERIMENT_NAME names, or "onewarm". MLflow's global
    state, its tracking URI and active run, is neither read nor changed.

    Args:
        report: of `run`.
        uri: of the tracking store: a server's address, "sqlite:///runs.db", a folder.
        command: the command line that ran the study, for the page that is kept as report.html.

    Returns: the id of the study's run.

    Raises: InputError where MLflow refuses the store, with its reason; MissingExtraError where the store needs a
    package that is not installed.
    """
    view = View(report)
    page = html(report, command=command)
    try:
        client = MlflowClient(tracking_uri=uri)
        experiment, name = _experiment(client), visible(f"study of {view.values['dataset']['title']}")
        with _run(client, experiment, name) as parent:
            tags = {"mlflow.note.content": _note(view)}
            _log(client, parent, _study_params(view), _study_metrics(view), tags)
            client.log_text(parent, page, "report.html")
            client.log_text(parent, visible_json(view.values) + "\n", "report.json")
            for arm in view.arms:
                with _run(client, experiment, arm, {"mlflow.parentRunId": parent}) as child:
                    _log(client, child, _arm_params(view, arm), [*_arm_metrics(view, arm), *_curve(view, arm)])
    except MlflowException as error:
        raise InputError(f"MLflow store {uri}: {str(error).strip()}") from error
    except ModuleNotFoundError as error:
        needed = f"the MLflow store {uri} needs {error.name}: pip install mlflow, or name a server or a folder"
        raise MissingExtraError(needed) from error
    return parent


@contextmanager
def _run(client: MlflowClient, experiment: str, name: str, tags: Mapping[str, str] | None = None) -> Iterator[str]:
    """A run that is finished where the block ends, and failed where it raises."""
    run: str = client.create_run(experiment, run_name=name, tags=dict(tags or {})).info.run_id
    try:
        yield run
    except BaseException:
        with suppress(MlflowException):
            client.set_terminated(run, "FAILED")
        raise
    client.set_terminated(run)


def _experiment(client: MlflowClient) -> str:
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or "onewarm"
    found = client.get_experiment_by_name(name)
    return str(client.create_experiment(name) if found is None else found.experiment_id)


def _log(
    client: MlflowClient,
    run: str,
    params: Mapping[str, str],
    metrics: list[Metric],
    tags: Mapping[str, str] = MappingProxyType({}),
) -> None:
    listed = [Param(name, value[:_MOST_LETTERS]) for name, value in params.items()]
    client.log_batch(run, params=listed, tags=[RunTag(*tag) for tag in tags.items()])
    for start in range(0, len(metrics), _MOST_METRICS):
        client.log_batch(run, metrics=metrics[start : start + _MOST_METRICS])


def _study_params(view: View) -> dict[str, str]:
    data, report = view.values["dataset"], view.report
    of_data = ("key", "title", "label", "num_classes", "train", "validation", "test", "content")
    return {
        **{f"data.{name}": visible(data[name]) for name in of_data if data.get(name) is not None},
        "model": visible(described(report.model)),
        "arms": ",".join(report.arms),
        "baseline": report.baseline,
        "seeds": spans(report.seeds),
        **{f"version.{name}": version for name, version in view.values["versions"].items()},
    }


def _study_metrics(view: View) -> list[Metric]:
    recommendation = view.values["recommendation"]
    values: dict[str, Any] = {"alpha": recommendation["alpha"], "suggested_alpha": view.suggested_alpha}
    values |= {f"{arm}/{metric}": view.mean(arm, metric) for arm in view.arms for metric in ("nll", "accuracy", "ece")}
    return list(_metrics(values))


def _note(view: View) -> str:
    sentences = [view.values["recommendation"]["sentence"], *view.values["verdict"], view.values["scope"]]
    return "\n\n".join(visible(s) for s in dict.fromkeys(sentences) if s)


def _arm_params(view: View, arm: str) -> dict[str, str]:
    chosen = dict.fromkeys(described(r.options) for r in view.runs(arm) if r.options)
    return {"arm": arm, "chosen": "; ".join(chosen)}


def _arm_metrics(view: View, arm: str) -> list[Metric]:
    values: dict[str, Any] = {}
    for training, suffix in (("stopped", ""), ("end", "_end")):
        means = view.values["metrics" if training == "stopped" else "metrics_end"].get(arm) or {}
        values |= {f"{metric}{suffix}": found["mean"] for metric, found in means.items()}
    for row in view.values["comparisons"]:
        if row["arm"] == arm and row["baseline"] == view.baseline:
            name = f"{row['metric']}{'_end' if row['training'] == 'end' else ''}_minus_{view.baseline}"
            values[name] = row["mean"]
            if row["interval"] is not None:
                values[f"{name}_low"], values[f"{name}_high"] = row["interval"]
    return list(_metrics(values))


def _metrics(values: Mapping[str, float | None]) -> Iterator[Metric]:
    now = round(1000 * time.time())
    yield from (Metric(name, float(value), now, 0) for name, value in values.items() if value is not None)


def _curve(view: View, arm: str) -> Iterator[Metric]:
    curves = [r.curve for r in view.runs(arm) if r.curve is not None and r.curve.steps]
    now = round(1000 * time.time())
    for part in ("train", "validation") if curves else ():
        for step, value in zip(*mean_curve(curves, part), strict=True):
            yield Metric(f"curve_{part}_nll", value, now, round(step))
