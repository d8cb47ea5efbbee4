"""Creates a new concept: a small but complete one for its author to edit."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

from onewarm.errors import InputError
from onewarm.notebook.concept.json_schema import SCHEMA_NAME, write_schema
from onewarm.notebook.concept.keys import CONCEPT_PATTERN

__all__ = ["StarterError", "concept_key", "new_concept"]

FILES = ("concept.yaml", "page.md", "values.py", "witness.py")


class StarterError(InputError):
    """A concept that cannot be started: the message has the reason and a remedy."""


def concept_key(text: str) -> str:
    """The key of a concept, given with or without `concept:` in front.

    Raises:
        StarterError: ``text`` does not have the form section/slug.

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
    """Write a concept that builds into concepts/section/slug, and return that folder.

    The files are written to a hidden folder next to it, which is renamed once they are complete. The JSON Schema that
    the first line of concept.yaml refers editors to is written to ``concepts`` if it is not there yet.

    Raises:
        StarterError: ``key`` is not one, or the folder exists.
        OSError: the folder cannot be written.
    """
    key = concept_key(key)
    section_slug, slug = key.removeprefix("concept:").split("/")
    folder = Path(concepts) / section_slug / slug
    if folder.exists():
        raise StarterError(f"{folder} exists already; choose another key, or edit the concept in it")
    replacements = {
        "@key@": key,
        "@title@": json.dumps(_title(title, slug), ensure_ascii=False),
        "@section@": json.dumps(_title(section, section_slug), ensure_ascii=False),
        "@schema@": f"../../{SCHEMA_NAME}",
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    hidden = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{slug}.", suffix=".part"))
    try:
        for file in FILES:
            text = (files("onewarm.notebook.concept") / "starter_files" / file).read_text(encoding="utf-8")
            for mark, value in replacements.items():
                text = text.replace(mark, value)
            (hidden / file).write_text(text, encoding="utf-8")
        schema = Path(concepts) / SCHEMA_NAME
        if not schema.exists():
            write_schema(schema)
        hidden.chmod(0o755)
        hidden.rename(folder)
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        raise
    return folder


def _title(given: str | None, slug: str) -> str:
    return slug.replace("-", " ").title() if given is None or not given.strip() else given.strip()
