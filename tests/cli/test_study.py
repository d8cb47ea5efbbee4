"""``onewarm study`` as a person meets it: what it prints, what it leaves behind, and how it says no."""

import json
import sys
import warnings
from html import escape

import pytest

from onewarm.cli import progress

ARMS = ["--arms", "hard,smooth:0.1", "--seeds", "2"]


def test_study_of_a_file_prints_a_table_writes_json_and_trains_nothing_twice(run, flowers, home):
    out = flowers.with_name("report.json")
    first = run("study", flowers, "--label", "species", *ARMS, "--json", out)
    assert first.exit_code == 0, first.output
    assert "smooth:0.1" in first.output and "6/6" in first.output
    report = json.loads(out.read_text())
    assert report["dataset"]["num_classes"] == 3
    assert len(report["metrics"]["smooth:0.1"]["nll"]["values"]) == 2
    assert (home / "studies.db").is_file()
    second = run("study", flowers, "--label", "species", *ARMS, "--json", "-")
    assert json.loads(second.stdout) == report


def test_the_report_is_a_page_that_says_how_to_run_it_again(run, flowers):
    page = flowers.with_name("study.html")
    options = ["--label", "species", "--drop", "length", *ARMS]
    done = run("study", flowers, *options, "--report", page, "--json", "-", "--store", "sqlite://")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["format"] == 2 and f"Wrote{page}." in "".join(done.stderr.split())
    said = " ".join(done.stderr.split())  # what may make the training needless comes before it
    assert 0 < said.index("Left out, as asked: 'length'") < said.index("6/6")
    again = f"onewarm study '{flowers}' --arms hard,smooth:0.1 --seeds 2 --label species --drop length"
    assert f"<code>{escape(again)}</code>" in page.read_text(encoding="utf-8")


def test_a_study_is_kept_in_mlflow(run, flowers, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("mlflow")
    runs = flowers.with_name("runs")
    done = run("study", flowers, "--label", "species", *ARMS, "--mlflow", runs.as_uri())
    assert done.exit_code == 0, done.output
    assert "Kept in MLflow as run " in done.output
    assert list(runs.rglob("report.html"))


def test_without_mlflow_nothing_is_trained(run, flowers, home, monkeypatch):
    monkeypatch.delitem(sys.modules, "onewarm.study.report.mlflow_log", raising=False)
    for name in [m for m in sys.modules if m == "mlflow" or m.startswith("mlflow.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    done = run("study", flowers, "--label", "species", *ARMS, "--mlflow", "runs")
    assert done.exit_code == 2 and "pip install 'onewarm[mlflow]'" in done.output
    assert not (home / "studies.db").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["digit"], "digits"),
        (["nowhere.csv"], "nowhere.csv"),
        (["digits", "--arms", "hard,smooth:2"], "smooth:2"),
        (["digits", "--seeds", "0"], "seeds"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(run, arguments, said, home):
    result = run("study", *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
    assert not list(home.iterdir())


def test_a_missing_label_column_names_what_there_is(run, flowers):
    result = run("study", flowers, "--label", "specie")
    assert result.exit_code == 2
    assert "species" in result.output


NETS = """
from torch import nn
def make(features, classes):
    return nn.Linear(features, classes)
def probabilities(features, classes):
    return nn.Sequential(nn.Linear(features, classes), nn.Softmax(1))
"""


def test_a_model_in_a_file(run, flowers):
    nets = flowers.with_name("nets.py")
    nets.write_text(NETS)
    result = run("study", flowers, "--label", "species", *ARMS, "--model", f"{nets}:make")
    assert result.exit_code == 0, result.output
    assert "logistic" in result.output and "6/6" in result.output


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("nets.py:mkae", "has no 'mkae'; did you mean 'make'?"),
        ("nets.py:probabilities", "the module of probabilities returned probabilities"),
        ("net.py:make", "no file"),
    ],
)
def test_a_model_that_cannot_be_used_is_one_sentence_before_any_work(run, flowers, home, model, said):
    flowers.with_name("nets.py").write_text(NETS)
    result = run("study", flowers, "--label", "species", *ARMS, "--model", f"{flowers.parent}/{model}")
    assert result.exit_code == 2 and said in " ".join(result.output.split()), result.output
    assert "Traceback" not in result.output and not list(home.iterdir())


def test_arms_list_shows_every_kind_without_data(run):
    result = run("study", "--arms", "list")
    assert result.exit_code == 0 and "mixup:0.2" in result.output
    missing = run("study")
    assert missing.exit_code == 2 and "name the data" in missing.output


def test_files_that_cannot_be_written_are_refused_before_any_work(run, flowers, home):
    result = run("study", flowers, "--label", "species", *ARMS, "--json", flowers / "a.json")
    assert result.exit_code == 2 and "--json:" in result.output and "is a file, so" in " ".join(result.output.split())
    both = run("study", flowers, *ARMS, "--json", "out", "--report", "out")
    assert both.exit_code == 2 and "both name out: write to two files" in both.output
    assert not list(home.iterdir())


def test_what_is_done_to_a_large_file_is_told_on_stderr(run, flowers, monkeypatch):
    monkeypatch.setattr("onewarm.cli.study.late_bar", lambda console: progress.late_bar(console, 0))
    done = run(
        "study", flowers, "--label", "species", *ARMS, "--store", "sqlite://", "--json", "-", "--category", "width"
    )
    assert done.exit_code == 0 and "'width' is to be" not in done.stderr
    said = " ".join(done.stderr.split())
    assert "Reading my flowers.csv, MB: 0/0" in said and "Looking at the columns of my flowers.csv: 2/2" in said
    assert json.loads(done.stdout)["dataset"]["options"] == {"category": ["width"]}
