"""What the README promises: its code runs, its commands exist, its picture is there."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from onewarm.cli.app import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.S))
def test_its_python_trains(code):
    import torch

    torch.manual_seed(0)
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["loss"].item() < 1.61  # log 5: better than knowing nothing, on labels that are noise


def test_its_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^    make (\S+)", README, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_its_commands_exist():
    commands = get_command(app).commands
    named = set(re.findall(r"(?:`|bin/)onewarm ([a-z]+)", README))
    assert named and named <= set(commands)


def test_its_pictures_and_links_are_there():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_its_verbs_are_public():
    import onewarm as ow

    for name in re.findall(r"`ow\.(\w+)", README):
        assert name in ow.__all__, name
