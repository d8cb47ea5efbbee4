"""The practice panel has every set of an exercise's numbers, with its own texts and answer."""

from markupsafe import Markup

from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.page.practice import practice_view


def test_the_first_set_is_the_page_as_it_opens() -> None:
    concept = load_concept(our_concepts()[0])
    items = practice_view(concept, Markup, Markup)
    assert [item["name"] for item in items] == [question.name for question in concept.practice]
    for item, question in zip(items, concept.practice, strict=True):
        assert len(item["variants"]) >= 1
        assert bool(item["variants"][0]["value"]) == (question.number is not None)
        assert all("{{" not in str(variant) for variant in item["variants"])
