"""A concept.yaml of any shape can be read as far as it goes, and its Markdown is found by place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.notebook.concept.model import ConceptFile
from onewarm.notebook.concept.walk import markdown_texts, read_leniently
from onewarm.notebook.concept.yaml import read_yaml


@pytest.fixture
def value(write: Callable[..., Path]) -> dict[str, Any]:
    return read_yaml(write() / "concept.yaml").value


def test_a_file_without_faults_is_read_as_the_schema_reads_it(value: dict[str, Any]) -> None:
    assert read_leniently(value) == ConceptFile.model_validate(value)


def test_what_is_missing_or_of_another_type_is_empty(value: dict[str, Any]) -> None:
    del value["title"]
    value |= {"section": 3, "sources": "none", "edges": ["a"], "code": None, "claims": [1, "claim:basics/coin/fair"]}
    value["practice"][0]["number"]["value"] = "two"
    value["demo"]["model"] = [1]
    value["edges"] = {"next": [{"key": "concept:a/b", "planned": "yes"}]}
    file = read_leniently(value)
    assert (file.title, file.section, file.sources, file.code.output, file.demo.model) == ("", "", (), "", {})
    assert file.claims == ("", "claim:basics/coin/fair")
    number = file.practice[0].number
    assert number is not None
    assert (number.value, number.tolerance, number.expression) == ("", 0.1, "2")
    (edge,) = file.edges.next
    assert (edge.key, edge.title, edge.planned, file.edges.prerequisites) == ("concept:a/b", "", "", ())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(list(ConceptFile.model_fields)) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_shape_of_a_value_is_an_error(any_value: Any) -> None:
    assert isinstance(read_leniently(any_value).key, str)
    for place, text in markdown_texts(any_value):
        assert place and isinstance(text, str)


def test_every_markdown_text_is_found_by_its_place_and_nothing_else(value: dict[str, Any]) -> None:
    texts = dict(markdown_texts(value))
    assert texts["summary",] == "A coin has two sides."
    assert texts["structure", 0, "text"] == "Heads or tails."
    assert texts["edges", "prerequisites", 0, "reason"] == "It is a chance."
    assert texts["practice", 0, "nudges", 2] == "Count."
    assert texts["lesson", "chapters", 0, "steps", 0, "ask", "reveal"] == "It is half."
    assert texts["research", 7, "question"] == "mine"
    plain = {("title",), ("section",), ("key",), ("code", "output"), ("misconceptions", 0, "check"), ("claims", 0)}
    assert not plain & set(texts)
    for place, text in texts.items():
        part: Any = value
        for step in place:
            part = part[step]
        assert part == text
    assert list(texts)[:2] == [("summary",), ("structure", 0, "text")]
