from pathlib import Path

from onewarm.cli.options import home_folder, store_url
from onewarm.study.store.store import Store


def test_the_home_is_the_one_given_else_the_default_one(home, tmp_path, monkeypatch):
    assert home_folder(None) == home
    monkeypatch.chdir(tmp_path)
    assert home_folder(Path("mine")) == tmp_path / "mine"


def test_the_store_is_a_database_there(tmp_path):
    Store(store_url(tmp_path / "a home"))
    assert (tmp_path / "a home" / "studies.db").is_file()
