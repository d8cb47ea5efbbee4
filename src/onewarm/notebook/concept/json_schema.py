"""The JSON Schema of concept.yaml, for editors: published as concepts/concept.schema.json."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from onewarm.atomic_write import atomic_write
from onewarm.notebook.concept.model import ConceptFile

__all__ = ["SCHEMA_NAME", "json_schema", "published_schema", "schema_text", "write_schema"]

SCHEMA_NAME = "concept.schema.json"


def json_schema() -> dict[str, Any]:
    """The schema as a value: what every key means, which keys are required, and what form they have.

    >>> json_schema()["properties"]["summary"]["description"]
    'The idea in one to three sentences.'
    """
    model = ConceptFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "onewarm concept",
        "description": "concept.yaml of a concept folder. Texts are Markdown with $...$ for formulas, or plain text.",
        **{key: value for key, value in model.items() if key not in ("title", "description")},
    }


def schema_text() -> str:
    """The schema as the text of a file."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


def write_schema(file: Path) -> None:
    """Write the schema to a file."""
    atomic_write(file, schema_text())


def published_schema() -> str:
    """The text of the schema file that comes with onewarm. A test checks that it equals `schema_text()`."""
    return (files("onewarm") / "concepts" / SCHEMA_NAME).read_text(encoding="utf-8")
