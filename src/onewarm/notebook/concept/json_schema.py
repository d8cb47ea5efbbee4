"""The JSON Schema of concept.yaml, for editors: published as concepts/concept.schema.json."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from onewarm.notebook.concept.model import ConceptFile

__all__ = ["SCHEMA_NAME", "json_schema", "published", "schema_text", "write_schema"]

SCHEMA_NAME = "concept.schema.json"


def json_schema() -> dict[str, Any]:
    """The schema: what every key means, which are required, and what form they have.

    >>> json_schema()["properties"]["summary"]["description"]
    'The idea in one to three sentences.'
    """
    model = ConceptFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "onewarm concept",
        "description": "concept.yaml of a concept folder. Texts are Markdown, $...$ for formulas, unless marked plain.",
        **{key: value for key, value in model.items() if key not in ("title", "description")},
    }


def schema_text() -> str:
    """The schema as the bytes of the published file say it."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


def write_schema(file: Path) -> None:
    """Write the schema beside its place, then rename."""
    beside = file.with_name(f".{file.name}.part")
    beside.write_text(schema_text(), encoding="utf-8")
    beside.replace(file)


def published() -> str:
    """The file that comes with onewarm; a test holds it equal to `schema_text()`."""
    return (files("onewarm") / "concepts" / SCHEMA_NAME).read_text(encoding="utf-8")
