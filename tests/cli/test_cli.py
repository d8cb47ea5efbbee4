"""The command line as a person meets it: what it prints, what it leaves behind, and how it says no."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import onewarm
from onewarm.cli import app

ARMS = ["--arms", "hard,smooth:0.1", "--seeds", "2"]


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100"})


@pytest.fixture
def flowers(tmp_path):
    """A file with a label column of names."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 240)
    x = rng.normal(size=(240, 2)) + labels[:, None]
    names = np.array(["iris", "poppy", "rose"])[labels]
    rows = [f"{a:.4f},{b:.4f},{name}" for (a, b), name in zip(x, names, strict=True)]
    path = tmp_path / "my flowers.csv"
    path.write_text("\n".join(["length,width,species", *rows]) + "\n")
    return path


def test_version():
    assert run("--version").output.strip() == onewarm.__version__


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["open"],
        ["build"],
        ["study"],
        ["audit"],
        ["claims"],
        ["claims", "list"],
        ["claims", "verify"],
        ["concept"],
        ["concept", "new"],
        ["concept", "check"],
        ["concept", "schema"],
    ],
)
def test_help_of_every_command(command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.output and len(result.output.splitlines()) > 8


def test_study_of_a_file_prints_a_table_writes_json_and_trains_nothing_twice(flowers, home):
    out = flowers.with_name("report.json")
    first = run("study", str(flowers), "--label", "species", *ARMS, "--json", str(out))
    assert first.exit_code == 0, first.output
    assert "smooth:0.1" in first.output and "4/4" in first.output
    report = json.loads(out.read_text())
    assert report["dataset"]["num_classes"] == 3
    assert len(report["metrics"]["smooth:0.1"]["nll"]["values"]) == 2
    assert (home / "studies.db").is_file()
    second = run("study", str(flowers), "--label", "species", *ARMS, "--json", "-")
    assert json.loads(second.stdout) == report


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["study", "digit"], "digits"),
        (["study", "nowhere.csv"], "nowhere.csv"),
        (["study", "digits", "--arms", "hard,smooth:2"], "smooth:2"),
        (["study", "digits", "--seeds", "0"], "seeds"),
        (["claims", "list", "lowers-confidense"], "lowers-confidence"),
        (["claims", "verify", "nothing-like-it"], "nothing-like-it"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(arguments, said, home):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
    assert not list(home.iterdir())


def test_a_missing_label_column_names_what_there_is(flowers):
    result = run("study", str(flowers), "--label", "specie")
    assert result.exit_code == 2
    assert "species" in result.output


def test_claims_are_listed_without_evidence_and_verified_with_it(home):
    assert "no witness" in run("claims", "list").output
    result = run("claims", "verify", "gradient")
    assert result.exit_code == 0, result.output
    assert "identity holds" in result.output
    assert (home / "evidence" / "gradient.json").is_file()
    assert "identity holds" in run("claims", "list", "gradient").output


def test_build_makes_a_site_without_any_study(tmp_path):
    result = run("build", str(tmp_path / "site"))
    assert result.exit_code == 0, result.output
    assert "onewarm open" in result.output
    assert (tmp_path / "site" / "concept" / "optimization" / "label-smoothing" / "index.html").is_file()


def test_build_takes_a_folder_of_ones_own(tmp_path):
    run("concept", "new", "basics/coin", "--concepts", str(tmp_path / "mine"))
    result = run("build", str(tmp_path / "site"), "--concepts", str(tmp_path / "mine"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "site/concept/basics/coin/index.html").is_file()
    assert (tmp_path / "site/concept/optimization/label-smoothing/index.html").is_file()
    (tmp_path / "mine/basics/coin/page.md").write_text("## Intuition\n")
    result = run("build", str(tmp_path / "other"), "--concepts", str(tmp_path / "mine"))
    assert result.exit_code == 2 and "page.md:1: missing part 'Math'" in result.output
    assert not (tmp_path / "other").exists()
    assert "is no folder" in run("build", str(tmp_path / "other"), "--concepts", str(tmp_path / "nowhere")).output


def test_build_does_not_replace_what_it_did_not_make(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    result = run("build", str(tmp_path))
    assert result.exit_code == 2
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_concept_is_started_checked_and_mended(tmp_path):
    mine = tmp_path / "mine"
    assert run("concept", "new", "basics/coin", "--concepts", str(mine)).exit_code == 0
    again = run("concept", "new", "basics/coin", "--concepts", str(mine))
    assert again.exit_code == 2 and "is there already" in again.output
    assert run("concept", "check", str(mine)).output == "1 concept checked: no fault.\n"
    page = mine / "basics/coin/page.md"
    page.write_text(page.read_text() + "\n$\\foo$ [x](y)\n")
    found = run("concept", "check", str(mine))
    assert found.exit_code == 1
    assert f"{page}:{len(page.read_text().splitlines())}: the formula `\\foo` does not convert" in found.output
    assert "1 concept checked: 2 faults." in found.output
    nothing = run("concept", "check", str(tmp_path / "nowhere"))
    assert nothing.exit_code == 2 and "is no folder" in nothing.output


def test_the_schema_is_printed_and_written(tmp_path):
    printed = run("concept", "schema").output
    assert json.loads(printed)["title"] == "onewarm concept"
    file = tmp_path / "concept.schema.json"
    assert run("concept", "schema", "--out", str(file)).exit_code == 0
    assert file.read_text() == printed


def test_importing_onewarm_loads_nothing_heavy():
    heavy = ["torch", "jax", "numba", "sklearn", "matplotlib", "scipy", "pyarrow", "sqlalchemy", "typer"]
    code = f"import sys, onewarm; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.long
def test_open_runs_the_main_job_twice(tmp_path):
    """The whole of it in another process: study, claims, page, server; then once more from the store."""
    command = [
        sys.executable,
        "-m",
        "onewarm",
        "open",
        "--no-browser",
        "--port",
        "0",
        "--home",
        str(tmp_path / "a home"),
    ]
    trained = []
    for _ in range(2):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                if found := re.search(r"Serving (http://127\.0\.0\.1:\d+/)", line):
                    break
            else:
                pytest.fail("".join(lines))
            page = urllib.request.urlopen(found[1] + "concept/optimization/label-smoothing/").read().decode()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)
            process.stdout.close()
        assert page.count("identity holds") >= 7
        assert "no witness" not in page
        trained.append(sum(line.startswith("study of") for line in lines))
    assert trained[1] < trained[0]


def test_a_taken_port_is_named(monkeypatch, tmp_path):
    from onewarm.notebook.site import server

    Path(tmp_path, "index.html").write_text("x")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(server.PortTakenError, match=str(port)):
            server.serve(tmp_path, port=port, open_browser=False)


def test_ctrl_c_says_that_nothing_is_lost(monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("onewarm.study.engine.run_study", interrupted)
    result = run("study", "digits")
    assert result.exit_code == 130
    assert "kept" in result.output
