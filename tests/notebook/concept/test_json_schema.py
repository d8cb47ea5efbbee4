"""The published JSON Schema is the model's, says what every key means, and agrees with the model on what is sound."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.json_schema import SCHEMA_NAME, json_schema, published_schema, schema_text, write_schema


def test_the_published_file_is_the_models() -> None:
    assert published_schema() == schema_text(), (
        "run `onewarm concept schema --out src/onewarm/concepts/concept.schema.json"
    )


def test_every_key_is_described() -> None:
    schema = json_schema()
    for name, model in {"": schema, **schema["$defs"]}.items():
        for key, says in model.get("properties", {}).items():
            assert says.get("description") or "$ref" in says, f"{name}.{key}"
    assert schema["additionalProperties"] is False
    assert {"key", "title", "lesson", "practice"} <= set(schema["required"])
    assert "folder" not in schema["properties"]


def test_our_concepts_are_sound_by_another_library() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    for folder in our_concepts():
        jsonschema.validate(yaml.safe_load((folder / "concept.yaml").read_text(encoding="utf-8")), json_schema())


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("titel",), "x"),
        (("key",), "coin"),
        (("lesson", "able"), []),
        (("practice", 0, "nudges"), ["a"]),
        (("practice", 0, "level"), "hard"),
        (("demo", "states", 0, "title"), 3),
    ],
)
def test_and_what_is_not_is_refused_by_it(folder: Any, place: tuple[str | int, ...], value: Any) -> None:
    jsonschema.validate(folder.yaml, json_schema())
    *path, last = place
    part = folder.yaml
    for step in path:
        part = part[step]
    part[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(folder.yaml, json_schema())


def test_it_is_written_to_a_file(tmp_path: Path) -> None:
    write_schema(tmp_path / SCHEMA_NAME)
    assert json.loads((tmp_path / SCHEMA_NAME).read_text(encoding="utf-8")) == json_schema()
    assert [path.name for path in tmp_path.iterdir()] == [SCHEMA_NAME]
