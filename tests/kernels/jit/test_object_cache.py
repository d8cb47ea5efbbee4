"""Files of machine code: whole or not there, in the first folder that takes them."""

import os
import random
from pathlib import Path

import pytest

from onewarm.kernels.jit import object_cache as cache


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "chosen"))
    monkeypatch.setattr(cache, "_user_cache", lambda: tmp_path / "user")
    return [tmp_path / "chosen" / "onewarm", tmp_path / "user" / "onewarm"]


def test_what_was_written_is_read(places: list[Path]) -> None:
    assert list(cache.read("a")) == []
    path = cache.write("a", b"code")
    assert path is not None and path.parent == places[0]
    assert list(cache.read("a")) == [b"code"] and list(cache.read("b")) == []
    cache.write("a", b"other")
    assert list(cache.read("a")) == [b"other"]
    assert [p.name for p in places[0].iterdir()] == ["a.onewarm"]


def test_a_folder_that_takes_no_files(places: list[Path]) -> None:
    """The next one does; and then none: nothing is kept, and nothing raised."""
    places[0].parent.touch()
    assert cache.write("a", b"code") == places[1] / "a.onewarm"
    assert list(cache.read("a")) == [b"code"]
    places[1].parent.joinpath("onewarm", "a.onewarm").unlink()
    places[1].rmdir()
    places[1].touch()
    assert cache.write("a", b"code") is None
    assert list(cache.read("a")) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"onewarm object 1\n", b"onewarm object 1\n" + bytes(32) + b"code", random.Random(0).randbytes(90)],
    ids=["nothing", "a header", "another digest", "noise"],
)
def test_what_is_not_whole_is_not_there(places: list[Path], content: bytes) -> None:
    places[0].mkdir(parents=True)
    (places[0] / "a.onewarm").write_bytes(content)
    assert list(cache.read("a")) == []


def test_a_failed_write_leaves_nothing(places: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: str, target: Path) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", fail)
    assert cache.write("a", b"code") is None
    assert [p for folder in places for p in folder.iterdir()] == []


def test_without_a_chosen_folder_beside_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert next(cache.folders()) == Path(cache.__file__).parent / "__pycache__"


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(cache, "_user_cache", homeless)
    assert len(list(cache.folders())) == 1
