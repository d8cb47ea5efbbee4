"""Finds concept folders: those that come with onewarm, and those below a folder of the user's."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path

__all__ = ["chosen_concepts", "find_concepts", "our_concepts", "with_ours"]


def find_concepts(root: Path | str) -> tuple[Path, ...]:
    """Every folder below ``root``, at any depth, that holds a concept.yaml. Hidden folders are left out."""
    files = sorted(Path(root).rglob("concept.yaml"))
    return tuple(file.parent for file in files if not any(p.startswith(".") for p in file.relative_to(root).parts))


def chosen_concepts(places: Iterable[Path | str]) -> tuple[Path, ...]:
    """The concept folders below all of these places, each folder once.

    Raises:
        FileNotFoundError: one of the places is not a folder, or holds no concept.
    """
    chosen: dict[Path, Path] = {}
    for place in places:
        folders = find_concepts(place)
        if not folders:
            why = "holds no concept.yaml" if Path(place).is_dir() else "is not a folder"
            raise FileNotFoundError(f"{place} {why}; start one: onewarm concept new section/slug --concepts {place}")
        chosen.update({folder.resolve(): folder for folder in folders})
    return tuple(chosen.values())


def our_concepts() -> tuple[Path, ...]:
    """The folders of the concepts that come with onewarm, sorted by name."""
    with as_file(files("onewarm") / "concepts") as root:
        return find_concepts(root)


def with_ours(concepts: Path | str) -> tuple[Path, ...]:
    """Our concepts and those below a folder of the user's.

    Raises:
        FileNotFoundError: there is no concept below ``concepts``.
    """
    return chosen_concepts([*our_concepts(), concepts])
