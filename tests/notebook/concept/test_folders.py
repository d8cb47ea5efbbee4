"""Concept folders: ours, a user's, each once, and an error where there is none."""

from pathlib import Path

import pytest

from onewarm.notebook.concept.folders import chosen_concepts, find_concepts, our_concepts, with_ours


def concept(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "concept.yaml").write_text("key: concept:a/b\n", encoding="utf-8")
    return path


def test_folders_are_found_at_any_depth_but_not_in_hidden_ones(tmp_path: Path) -> None:
    one, two = concept(tmp_path / "one"), concept(tmp_path / "deep/er/two")
    concept(tmp_path / ".hidden/three")
    assert find_concepts(tmp_path) == (two, one)
    assert find_concepts(str(one)) == (one,)
    assert find_concepts(tmp_path / ".hidden")  # hidden folders above the place itself do not count


def test_a_folder_that_is_chosen_twice_is_there_once(tmp_path: Path) -> None:
    one, two = concept(tmp_path / "one"), concept(tmp_path / "two")
    assert chosen_concepts([tmp_path, one, tmp_path / "two/../one"]) == (tmp_path / "two/../one", two)
    assert chosen_concepts([]) == ()


def test_a_place_without_a_concept_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, why in (("empty", "holds no concept.yaml"), ("nothing", "is not a folder")):
        with pytest.raises(FileNotFoundError) as error:
            chosen_concepts([tmp_path / name])
        place = tmp_path / name
        assert str(error.value) == f"{place} {why}; start one: onewarm concept new section/slug --concepts {place}"


def test_ours_come_first_and_are_not_doubled(tmp_path: Path) -> None:
    mine = concept(tmp_path / "mine/coin")
    ours = our_concepts()
    assert len(ours) > 1 and list(ours) == sorted(ours)
    assert all((folder / "concept.yaml").is_file() for folder in ours)
    assert with_ours(tmp_path / "mine") == (*ours, mine)
    assert with_ours(ours[0]) == ours
    with pytest.raises(FileNotFoundError, match="none is not a folder; start one"):
        with_ours(tmp_path / "none")
