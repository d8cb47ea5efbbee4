"""Outputs are checked before a command reads anything."""

import os
from pathlib import Path

import pytest

from onewarm.cli.outputs import check_outputs
from onewarm.errors import InputError


def test_those_that_were_named_in_their_order(tmp_path):
    named = {"--json": tmp_path / "a.json", "--report": None, "--save": tmp_path / "new" / "b.json"}
    assert check_outputs(named) == [tmp_path / "a.json", tmp_path / "new" / "b.json"]


def test_one_file_by_two_names(tmp_path):
    (tmp_path / "a").write_text("x")
    os.link(tmp_path / "a", tmp_path / "b")
    with pytest.raises(InputError, match=r"--json and --report both name .*b: write to two files"):
        check_outputs({"--json": tmp_path / "a", "--report": tmp_path / "b"})


def test_a_file_on_the_way(tmp_path):
    (tmp_path / "a").write_text("x")
    with pytest.raises(InputError, match=r"--report: .*a is a file, so .*a/b/c.html cannot be written"):
        check_outputs({"--report": tmp_path / "a" / "b" / "c.html"})


def test_a_folder_without_permission(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match=r"--json: no permission to write to the folder"):
        check_outputs({"--json": Path(tmp_path / "a.json")})
