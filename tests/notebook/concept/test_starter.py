"""A new concept is complete: it passes the check, builds, and replaces nothing."""

from pathlib import Path

import pytest

from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.concept.starter import StarterError, new_concept
from onewarm.notebook.page.check import concept_faults
from onewarm.notebook.site.build import build


def test_it_passes_its_own_check_and_builds(tmp_path: Path) -> None:
    folder = new_concept("basics/coin-toss", tmp_path / "mine")
    assert folder == tmp_path / "mine/basics/coin-toss"
    assert sorted(path.name for path in folder.iterdir()) == ["concept.yaml", "page.md", "values.py", "witness.py"]
    assert concept_faults([folder], claims=()) == ()
    concept = load_concept(folder)
    assert (concept.key, concept.title, concept.section) == ("concept:basics/coin-toss", "Coin Toss", "Basics")
    site = build(tmp_path / "site", concepts=[folder])
    page = (site / "concept/basics/coin-toss/index.html").read_text(encoding="utf-8")
    assert "Demo notes" in page
    first = (folder / "concept.yaml").read_text(encoding="utf-8").splitlines()[0]
    schema = folder / first.removeprefix("# yaml-language-server: $schema=")
    assert schema.resolve() == tmp_path / "mine/concept.schema.json"
    assert schema.is_file()


def test_titles_may_hold_anything(tmp_path: Path) -> None:
    folder = new_concept("concept:a/b", tmp_path, title='"Half": <b> & \\ # é', section="- x: y")
    concept = load_concept(folder)
    assert (concept.title, concept.section) == ('"Half": <b> & \\ # é', "- x: y")


def test_it_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "concept.schema.json").write_text("mine", encoding="utf-8")
    (tmp_path / "a/b").mkdir(parents=True)
    with pytest.raises(StarterError, match=r"a/b exists already; choose another key, or edit the concept in it$"):
        new_concept("a/b", tmp_path)
    assert list((tmp_path / "a/b").iterdir()) == []
    new_concept("a/c", tmp_path)
    assert (tmp_path / "concept.schema.json").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b", "c"]


@pytest.mark.parametrize("key", ["coin", "Basics/Coin", "a/b/c", "../x", "a/..", "claim:a/b", "a b/c", ""])
def test_what_is_not_a_key(tmp_path: Path, key: str) -> None:
    with pytest.raises(StarterError, match="is not of the form section/slug; use lower-case letters"):
        new_concept(key, tmp_path)
    assert list(tmp_path.iterdir()) == []
