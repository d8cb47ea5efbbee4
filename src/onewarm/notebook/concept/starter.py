"""A new concept: a whole small one, for its author to write over."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

from onewarm.notebook.concept.json_schema import SCHEMA_NAME, write_schema
from onewarm.notebook.concept.keys import CONCEPT_PATTERN

__all__ = ["StarterError", "concept_key", "new_concept"]

FILES = ("concept.yaml", "page.md", "witness.py")


class StarterError(ValueError):
    """A concept that cannot be started here: says why and what to do."""


def concept_key(text: str) -> str:
    """The key of a concept, given with or without its `concept:`.

    >>> concept_key("basics/coin")
    'concept:basics/coin'
    """
    key = text if text.startswith("concept:") else f"concept:{text}"
    if not re.match(CONCEPT_PATTERN, key):
        raise StarterError(
            f"key {text!r} is not of the form section/slug; use lower-case letters, digits and single hyphens, "
            "as in basics/coin-toss"
        )
    return key


def new_concept(key: str, concepts: Path | str, *, title: str | None = None, section: str | None = None) -> Path:
    """Write a concept that builds, into concepts/section/slug, and return that folder.

    The folder appears whole or not at all. The JSON Schema that its first line points editors to is written into
    `concepts` where it is not there yet.

    Raises StarterError where the key is none or the folder is there already.
    """
    key = concept_key(key)
    place, name = key.removeprefix("concept:").split("/")
    folder = Path(concepts) / place / name
    if folder.exists():
        raise StarterError(f"{folder} is there already; choose another key, or edit what it holds")
    said = {
        "@key@": key,
        "@title@": json.dumps(_title(title, name), ensure_ascii=False),
        "@section@": json.dumps(_title(section, place), ensure_ascii=False),
        "@schema@": f"../../{SCHEMA_NAME}",
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{name}.", suffix=".part"))
    try:
        for file in FILES:
            text = (files("onewarm.notebook.concept") / "starter_files" / file).read_text(encoding="utf-8")
            for mark, value in said.items():
                text = text.replace(mark, value)
            (beside / file).write_text(text, encoding="utf-8")
        schema = Path(concepts) / SCHEMA_NAME
        if not schema.exists():
            write_schema(schema)
        beside.chmod(0o755)
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return folder


def _title(given: str | None, slug: str) -> str:
    return slug.replace("-", " ").title() if given is None or not given.strip() else given.strip()
