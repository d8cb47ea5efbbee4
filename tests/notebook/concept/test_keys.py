"""Keys, anchors and routes; what only looks like a key is an error."""

import re

import pytest

from onewarm.notebook.concept.keys import CLAIM_PATTERN, CONCEPT_PATTERN, anchor, object_key, route


def test_key_anchor_and_route_of_an_object() -> None:
    key = object_key("demo-state", "concept:optimization/label-smoothing", "one-hot")
    assert key == "demo-state:optimization/label-smoothing/one-hot"
    assert anchor(key) == "demo-state/concept-notebook/optimization/label-smoothing/one-hot"
    assert route("concept:optimization/label-smoothing") == "concept/optimization/label-smoothing/"


@pytest.mark.parametrize(
    "bad",
    ["", "concept", "concept:a", "concept:a/../b", "concept:a/b/c/d", "concept:A/b", "x:a/<b>", "concept:a//b"],
)
def test_what_is_not_a_key(bad: str) -> None:
    with pytest.raises(ValueError, match=r"is not of the form kind:section/slug/name"):
        anchor(bad)


def test_patterns() -> None:
    assert re.match(CONCEPT_PATTERN, "concept:a/b-2") and not re.match(CONCEPT_PATTERN, "concept:a/b/c")
    assert re.match(CLAIM_PATTERN, "claim:a/b/c") and not re.match(CLAIM_PATTERN, "claim:a/b")
