"""The research room: every object of the page, with its research question and what was measured about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import Claim
from onewarm.claims.status import status
from onewarm.notebook.concept.keys import object_key
from onewarm.notebook.concept.load import Concept
from onewarm.notebook.concept.model import ResearchQuestion
from onewarm.notebook.concept.run_code import Outputs
from onewarm.notebook.page.claim_review import claim_facts
from onewarm.notebook.text.data_block import data_block
from onewarm.notebook.text.markdown import plain_text

__all__ = ["research_room"]

KIND_TITLES = {
    "concept": "Concept",
    "equation": "Equations",
    "code": "Code",
    "demo-state": "Demo states",
    "claim": "Claims",
    "identity": "Identities",
    "misconception": "Misconceptions",
    "source": "Sources",
}


def research_room(
    concept: Concept,
    objects: Sequence[Mapping[str, Any]],
    claims: Mapping[str, Claim],
    evidence: Mapping[str, Evidence],
    outputs: Outputs,
    inline: Callable[[str], Markup],
) -> dict[str, Any]:
    """The template's context: `room` for the script, `kinds` for the list of objects, `questions` as text.

    ``objects`` are the page's objects in reading order, each with kind, key, anchor, title and context. A question
    that several objects share is in `room` once.
    """
    facts = _facts(concept, claims, evidence, outputs)
    listed: list[dict[str, Any]] = []
    questions: dict[int, tuple[ResearchQuestion, Mapping[str, Any]]] = {}  # each with the first object that it is about
    for item in objects:
        kind = item["kind"]
        if kind == "claim" and claims[item["key"]].kind == "identity":
            kind = "identity"
        question = concept.research_for(kind, item["key"])
        questions.setdefault(id(question), (question, item))
        asked = list(questions).index(id(question))
        listed.append({**item, "kind": kind, "asked": asked, "facts": facts.get(item["key"], [])})
    by_kind = [(KIND_TITLES[kind], [item for item in listed if item["kind"] == kind]) for kind in KIND_TITLES]
    return {
        "room": data_block(
            {
                "objects": listed,
                "questions": [_question(question, plain_text) for question, _ in questions.values()],
                "equations": [f"({i}) {e.latex}" for i, e in enumerate(concept.page.equations, start=1)],
            }
        ),
        "kinds": [(title, items) for title, items in by_kind if items],
        "questions": [
            {
                "about": item["title"] if question.object else f"On any of: {KIND_TITLES[question.kind].lower()}",
                **_question(question, inline),
            }
            for question, item in questions.values()
        ],
    }


def _question(question: ResearchQuestion, text: Callable[[str], str]) -> dict[str, Any]:
    return {
        "question": text(question.question),
        "evidence": [text(line) for line in question.evidence],
        "resolves": [text(line) for line in question.resolves],
        "next_action": text(question.next_action),
    }


def _facts(
    concept: Concept, claims: Mapping[str, Claim], evidence: Mapping[str, Evidence], outputs: Outputs
) -> dict[str, list[str]]:
    """What was measured or is known about each object, as lines of text, by key."""

    def key(kind: str, name: str) -> str:
        return object_key(kind, concept.key, name)

    known = {k: (claims[k], evidence.get(k)) for k in concept.claims}
    return {
        concept.key: [f"{claim.title}: {status(claim, found)}" for claim, found in known.values()],
        key("code", concept.code.name): ["It prints:", *outputs.code.splitlines()],
        **{k: claim_facts(claim, found) for k, (claim, found) in known.items()},
        **{key("equation", e.name): [f"LaTeX: {e.latex}"] for e in concept.page.equations},
        **{
            key("misconception", m.name): ["Its check prints:", *outputs.checks[m.name].splitlines()]
            for m in concept.misconceptions
        },
        **{
            key("demo-state", s.name): [f"{name} = {_shown(value)}" for name, value in s.state.items()]
            for s in concept.demo.states
        },
        **{key("source", s.name): [f"{plain_text(s.summary)} ({s.url})"] for s in concept.sources},
    }


def _shown(value: Any) -> str:
    """A value of the demo's state as text."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return f"({', '.join(map(_shown, value))})"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) or value is None else str(value)
