"""What README, CONTRIBUTING and docs promise: code runs, commands and files exist, links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from onewarm.cli.app import app
from onewarm.study.arms.table import arms_table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TEXTS = {path.relative_to(ROOT).as_posix(): path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]}


def links(text):
    """Targets of links and pictures, without those of other sites and of headings."""
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"https?:|#", target)]


def test_its_python_runs(capsys):
    import torch

    torch.manual_seed(0)
    names = {}
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(blocks) == 2
    for code in blocks:
        exec(compile(code, "README.md", "exec"), names)
    p = names["logits"].detach().softmax(1)
    smooth = torch.nn.functional.one_hot(names["labels"], 10) * 0.9 + 0.01
    torch.testing.assert_close(names["logits"].grad, (p - smooth) / 5000)
    printed = capsys.readouterr().out
    assert float(re.search(r"temperature=([\d.]+)", printed)[1]) == pytest.approx(2, rel=0.05)


@pytest.mark.long
def test_the_python_of_the_study_runs(home, monkeypatch):
    """Each model of docs/study.md in a study of three arms, in at most ten lines; trained for fewer steps here."""
    pytest.importorskip("lightgbm")
    from onewarm.study.models.training import Training

    monkeypatch.setattr(Training, "for_rows", classmethod(lambda cls, rows, hidden=128: cls(steps=20, hidden=8)))
    names = {}
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/study.md").read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 5 and all(len(block.strip().splitlines()) <= 10 for block in blocks)
    for code in blocks:
        exec(compile(code, "study.md", "exec"), names)
    assert names["report"].to_dict()["dataset"]["num_classes"] == 3


def test_the_arms_of_the_study_are_those_there_are():
    assert arms_table() in (ROOT / "docs/study.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_make_targets_exist(text):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^    make (\S+)", text, re.M)
    assert len(targets) >= 2
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_commands_exist():
    commands = set(get_command(app).commands)
    named = {name for path in TEXTS.values() for name in re.findall(r"`onewarm ([a-z]+)", path.read_text())}
    assert named and named <= commands


@pytest.mark.parametrize("name", TEXTS)
def test_links_and_pictures_are_there(name):
    for target in links(TEXTS[name].read_text(encoding="utf-8")):
        assert (TEXTS[name].parent / target).exists(), target


def test_on_a_package_index_every_link_is_absolute():
    command = [sys.executable, "-m", "hatch_fancy_pypi_readme", str(ROOT / "pyproject.toml")]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert links(README) and not links(shown)
    assert "![A step of the page" in shown and "(https://raw.githubusercontent.com/" in shown


def test_verbs_are_public():
    import onewarm as ow

    named = {name for path in TEXTS.values() for name in re.findall(r"\bow\.(\w+)", path.read_text())}
    assert {"smooth", "cross_entropy", "unsmooth"} <= named <= set(ow.__all__)


def test_the_readme_is_one_screen():
    assert len(README.splitlines()) <= 60


def table():
    """The files that "To change X, look in Y" names, below the package."""
    rows = CONTRIBUTING.split("## To change X, look in Y")[1].split("\n## ")[0].splitlines()
    return [re.findall(r"`([^`]+)`", row.split("|")[2])[0] for row in rows if row.startswith("| ") and "`" in row]


def test_the_files_to_look_in_exist():
    assert len(table()) >= 12
    for place in table():
        assert (ROOT / "src" / "onewarm" / place).exists(), place


def test_every_floor_is_in_the_table_of_layers():
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [{name.strip() for name in layer.split("|")} for layer in reversed(contracts[0]["layers"])]
    section = CONTRIBUTING.split("## Layers")[1]
    rows = [row.split("|")[2] for row in section.splitlines() if re.match(r"\| \d", row)]
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == layers
