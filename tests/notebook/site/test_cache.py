"""What is kept is what was made, and nothing wrong with the folder can change that."""

from pathlib import Path

import pytest

from onewarm.notebook.site.cache import LIMIT, cached


def never() -> bytes:
    raise AssertionError("made again")


def test_it_is_made_once_for_the_same_input(tmp_path: Path) -> None:
    folder = tmp_path / "deep/cache"
    assert cached(folder, "font", "a", lambda: b"1") == b"1"
    assert cached(folder, "font", "a", never) == b"1"
    assert cached(folder, "font", "b", lambda: b"2") == b"2"
    assert cached(folder, "card", "a", lambda: b"3") == b"3"
    with pytest.raises(AssertionError, match="made again"):
        cached(None, "font", "a", never)


@pytest.mark.parametrize("damage", [b"", b"x" * 10, b"x" * 400])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    cached(tmp_path, "font", "a", lambda: b"1")
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    assert cached(tmp_path, "font", "a", lambda: b"1") == b"1"
    assert cached(tmp_path, "font", "a", never) == b"1"


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert cached(tmp_path / "file", "font", "a", lambda: b"1") == b"1"


def test_a_folder_in_the_place_of_the_file_is_done_without(tmp_path: Path) -> None:
    cached(tmp_path, "font", "a", lambda: b"1")
    (file,) = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    assert cached(tmp_path, "font", "a", lambda: b"2") == b"2"
    assert file.is_dir()


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    for i in range(LIMIT + 5):
        cached(tmp_path, "font", str(i), lambda: b"1")
    assert len(list(tmp_path.iterdir())) == LIMIT
    assert cached(tmp_path, "font", str(LIMIT + 4), never) == b"1"
