"""Walks YAML values along the schema: reads a file that has faults, and finds the Markdown texts in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

from onewarm.errors import needs
from onewarm.notebook.concept.model import MARKDOWN, ConceptFile
from onewarm.notebook.concept.yaml import Place

with needs("onewarm.notebook", "notebook"):
    from pydantic import BaseModel
    from pydantic_core import PydanticUndefined


__all__ = ["markdown_texts", "read_leniently"]


def read_leniently(value: Any) -> ConceptFile:
    """As much of a concept as can be read, without validation: what is missing or of another type is empty.

    For the checks that come after the schema's, so that one run reports the faults of both.
    """
    file: ConceptFile = _read(ConceptFile, value)
    return file


def markdown_texts(value: Any) -> Iterator[tuple[Place, str]]:
    """Place and content of every Markdown text of a concept.yaml, in the order of the schema."""
    return _texts(ConceptFile, (), value, ())


def _read(kind: Any, value: Any) -> Any:
    if _is_model(kind):
        given = value if isinstance(value, dict) else {}
        fields = kind.model_fields.items()
        parts = {name: _field(field, given[name]) if name in given else _empty(field) for name, field in fields}
        return kind.model_construct(**parts)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return tuple(_read(arguments[0], item) for item in value) if isinstance(value, list) else ()
    if type(None) in arguments:
        return None if value is None else _read(arguments[0], value)
    if origin is dict:
        return value if isinstance(value, dict) else {}
    if hasattr(kind, "__metadata__"):
        return _read(arguments[0], value)
    expected = int | float if kind in (int, float) else bool if kind is bool else str
    return value if isinstance(value, expected) else ""


def _field(field: Any, value: Any) -> Any:
    return _read(field.annotation, value)


def _empty(field: Any) -> Any:
    if field.default is not PydanticUndefined:
        return field.default
    return _read(field.annotation, None)


def _texts(kind: Any, metadata: Sequence[Any], value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    arguments = get_args(kind)
    if isinstance(value, str):
        if MARKDOWN in metadata or MARKDOWN in getattr(kind, "__metadata__", ()):
            yield place, value
    elif isinstance(value, list) and get_origin(kind) is tuple:
        for i, item in enumerate(value):
            yield from _texts(arguments[0], (), item, (*place, i))
    elif isinstance(value, dict):
        for model in (kind, *arguments):
            for name, field in model.model_fields.items() if _is_model(model) else ():
                if name in value:
                    yield from _texts(field.annotation, field.metadata, value[name], (*place, name))


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
