"""Keys and anchors of a page's objects: each has one of its own, and a demo that is added later changes none."""

from collections.abc import Callable
from pathlib import Path

from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.concept.objects import concept_keys, concept_objects


def test_every_object_has_a_key_and_an_anchor(write: Callable[..., Path]) -> None:
    objects = concept_objects(load_concept(write()))
    assert [(o.key, o.anchor) for o in objects] == [
        ("concept:basics/coin", "concept/concept-notebook/basics/coin"),
        ("equation:basics/coin/sum", "equation/concept-notebook/basics/coin/sum"),
        ("code:basics/coin/witness", "code/concept-notebook/basics/coin/witness"),
        ("demo-state:basics/coin/fair", "demo-state/concept-notebook/basics/coin/fair"),
        ("misconception:basics/coin/memory", "misconception/concept-notebook/basics/coin/memory"),
        ("source:basics/coin/book", "source/concept-notebook/basics/coin/book"),
        ("claim:basics/coin/fair", "claim/concept-notebook/basics/coin/fair"),
    ]


def test_title_and_context_come_from_the_folder(write: Callable[..., Path]) -> None:
    objects = {o.kind: (o.title, o.context) for o in concept_objects(load_concept(write()))}
    assert objects == {
        "concept": ("Coin", "A coin has two sides."),
        "equation": ("Sum", "The two add up to one."),
        "code": ("Toss", "A toss."),
        "demo-state": ("Fair", "Both alike."),
        "misconception": ("It remembers.", "No: `1`."),
        "source": ("A book", "A, 2001; p. 1"),
        "claim": ("claim:basics/coin/fair", "A claim that Coin reviews."),
    }


def test_a_demo_that_is_added_later_changes_no_key_and_no_anchor(write: Callable[..., Path]) -> None:
    before = concept_objects(load_concept(write()))
    (write() / "demo.js").write_text("export default {};", encoding="utf-8")
    after = load_concept(write())
    assert after.demo_file is not None
    assert concept_objects(after) == before


def test_keys_are_those_of_the_objects(write: Callable[..., Path]) -> None:
    concept = load_concept(write())
    assert concept_keys(concept) == {o.key for o in concept_objects(concept)}
    assert len(concept_keys(concept)) == 7
