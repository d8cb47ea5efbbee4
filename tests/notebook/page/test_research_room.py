"""The research room lists every object with its question, and with what was computed about it."""

import json
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup, escape

from onewarm.claims.ledger import load_ledger
from onewarm.claims.status import status
from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.concept.model.research import DEFAULT_QUESTIONS
from onewarm.notebook.concept.objects import concept_objects
from onewarm.notebook.concept.run_code import Outputs
from onewarm.notebook.page.research_room import KIND_TITLES, research_room

CLAIM = "claim:optimization/label-smoothing/lowers-confidence"
EQUATION = "equation:basics/coin/sum"


def bold(text: str) -> Markup:
    return Markup("<b>{}</b>").format(escape(text))


@pytest.fixture
def room(folder: Any, tmp_path: Path) -> Any:
    """A function that gives the room of the small concept as it stands."""

    def make(evidence: Any = None) -> dict[str, Any]:
        concept = load_concept(folder.write(tmp_path / "coin"))
        objects = [{"kind": o.kind, "key": o.key, "anchor": o.anchor, "title": o.title, "context": o.context}
                   for o in concept_objects(concept)]  # fmt: skip
        outputs = Outputs("first\nsecond", {"memory": "checked", "luck": "checked too"})
        return research_room(concept, objects, load_ledger(), evidence or {}, outputs, bold)

    return make


def data(made: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The objects by key, and the questions, as the page's script reads them."""
    room = json.loads(made["room"])
    return {item["key"]: item for item in room["objects"]}, room["questions"]


def test_every_object_is_listed_once_by_kind_in_reading_order(folder: Any, room: Any) -> None:
    folder.yaml["claims"] = [CLAIM]
    made = room()
    objects, _ = data(made)
    by_kind = {title: [item["key"] for item in items] for title, items in made["kinds"]}
    assert by_kind == {
        "Concept": ["concept:basics/coin"],
        "Equations": [EQUATION],
        "Code": ["code:basics/coin/witness"],
        "Demo states": ["demo-state:basics/coin/seven", "demo-state:basics/coin/zero"],
        "Claims": [CLAIM],
        "Misconceptions": ["misconception:basics/coin/memory"],
    }
    assert sorted(objects) == sorted(key for keys in by_kind.values() for key in keys)
    assert set(by_kind) < set(KIND_TITLES.values())  # a kind without objects is not listed


def test_an_object_has_its_own_question_or_that_of_its_kind(folder: Any, room: Any) -> None:
    own = {**folder.yaml["research"][0], "kind": "equation", "object": EQUATION, "question": "What of *this* sum?"}
    folder.yaml["research"].append(own)
    folder.yaml["misconceptions"].append({**folder.yaml["misconceptions"][0], "name": "luck"})
    made = room()
    objects, questions = data(made)
    asked = {key: questions[item["asked"]]["question"] for key, item in objects.items()}
    assert asked[EQUATION] == "What of this sum?"
    assert asked["misconception:basics/coin/memory"] == asked["misconception:basics/coin/luck"]
    assert asked["code:basics/coin/witness"] == "What of the code?"
    assert len(questions) == len({q["question"] for q in questions}) == 5  # a shared question is there once
    assert {q["about"]: str(q["question"]) for q in made["questions"]} == {
        "On any of: concept": "<b>What of the concept?</b>",
        "Sum": "<b>What of *this* sum?</b>",
        "On any of: code": "<b>What of the code?</b>",
        "On any of: demo states": "<b>What of the demo-state?</b>",
        "On any of: misconceptions": "<b>What of the misconception?</b>",
    }


def test_facts_are_what_was_computed(folder: Any, room: Any, make_evidence: Any) -> None:
    folder.yaml["claims"] = [CLAIM]
    folder.yaml["sources"] = [{"name": "book", "title": "A book", "citation": "A, 2001", "url": "https://example.org",
                               "place": "p. 1", "read": "abstract", "summary": "It is *so*."}]  # fmt: skip
    evidence = {CLAIM: make_evidence(CLAIM, -0.05)}
    objects, _ = data(room(evidence))
    facts = {key: item["facts"] for key, item in objects.items()}
    claim = load_ledger()[CLAIM]
    assert facts["concept:basics/coin"] == [f"{claim.title}: {status(claim, evidence[CLAIM])}"]
    assert facts[EQUATION] == ["LaTeX: h + t = 1"]
    assert facts["code:basics/coin/witness"] == ["It prints:", "first", "second"]
    assert facts["misconception:basics/coin/memory"] == ["Its check prints:", "checked"]
    assert facts["source:basics/coin/book"] == ["It is so. (https://example.org)"]
    assert facts["demo-state:basics/coin/seven"] == ["shown = 7"]
    assert "−0.0500 [−0.0600, −0.0400]" in facts[CLAIM][1]


def test_an_identity_is_not_asked_what_a_claim_about_training_is(folder: Any, room: Any) -> None:
    identity = "claim:optimization/label-smoothing/gradient"
    formula = load_ledger()[identity].formula
    folder.yaml["claims"] = [CLAIM, identity]
    made = room()
    objects, questions = data(made)
    asked = {key: questions[objects[key]["asked"]]["question"] for key in (CLAIM, identity)}
    assert asked[CLAIM] == "What of the claim?"
    assert asked[identity] == next(q.question for q in DEFAULT_QUESTIONS if q.kind == "identity")
    assert f"LaTeX: {formula}" in objects[identity]["facts"] or not formula
    assert {"Claims", "Identities"} <= {title for title, _ in made["kinds"]}
    folder.yaml["research"].append({**folder.yaml["research"][0], "kind": "identity", "question": "Why?"})
    objects, questions = data(room())
    assert questions[objects[identity]["asked"]]["question"] == "Why?"
    folder.yaml["research"].append(
        {**folder.yaml["research"][0], "kind": "claim", "object": identity, "question": "How?"}
    )
    objects, questions = data(room())
    assert questions[objects[identity]["asked"]]["question"] == "How?"


def test_a_page_need_have_a_question_of_its_own_for_one_kind_of_claim_only(folder: Any, room: Any) -> None:
    folder.yaml["claims"] = [CLAIM]
    for question in folder.yaml["research"]:
        question["kind"] = "identity" if question["kind"] == "claim" else question["kind"]
    objects, questions = data(room())
    asked = questions[objects[CLAIM]["asked"]]["question"]
    assert asked == next(q.question for q in DEFAULT_QUESTIONS if q.kind == "claim")


@pytest.mark.parametrize("folder", our_concepts(), ids=lambda folder: folder.name)
def test_every_question_of_our_pages_is_asked_of_an_object(folder: Path) -> None:
    concept, ledger = load_concept(folder), load_ledger()
    identities = {key for key in concept.claims if ledger[key].kind == "identity"}
    objects = [("identity" if o.key in identities else o.kind, o.key) for o in concept_objects(concept)]
    objects += [("identity" if key in identities else "claim", key) for key in concept.claims]
    asked = [concept.research_for(kind, key) for kind, key in objects]
    assert [q.question for q in concept.research if q not in asked] == []


def test_the_prompt_gets_the_equations_of_the_page(room: Any) -> None:
    assert json.loads(room()["room"])["equations"] == ["(1) h + t = 1"]
