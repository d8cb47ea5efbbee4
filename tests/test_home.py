"""Where onewarm keeps studies and evidence."""

import sys

import pytest

from onewarm.home import home


def test_the_variable_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("ONEWARM_HOME", str(tmp_path / "mine"))
    assert home() == tmp_path / "mine"
    assert not (tmp_path / "mine").exists()  # asking makes no folder


def test_without_the_variable_it_is_the_users_data_directory(monkeypatch):
    monkeypatch.delenv("ONEWARM_HOME")
    assert home().is_absolute() and home().name == "onewarm"


@pytest.mark.skipif(sys.platform != "linux", reason="the XDG base directories are Linux's")
@pytest.mark.parametrize("variable", [None, ""])  # an empty one counts as not set
def test_on_linux_it_follows_xdg(monkeypatch, tmp_path, variable):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if variable is None:
        monkeypatch.delenv("ONEWARM_HOME")
    else:
        monkeypatch.setenv("ONEWARM_HOME", variable)
    assert home() == tmp_path / "onewarm"
