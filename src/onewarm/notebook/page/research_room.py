"""The research room: every object of the page with its question and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import Claim
from onewarm.claims.status import status
from onewarm.notebook.concept.keys import object_key
from onewarm.notebook.concept.model import Concept, ResearchQuestion
from onewarm.notebook.concept.run_code import Outputs
from onewarm.notebook.page.claim_review import claim_facts
from onewarm.notebook.page.panel_list import KIND_TITLES
from onewarm.notebook.site.render import data_block
from onewarm.notebook.text.markdown import plain

__all__ = ["research_room"]


def research_room(
    concept: Concept,
    objects: Sequence[Mapping[str, Any]],
    claims: Mapping[str, Claim],
    evidence: Mapping[str, Evidence],
    outputs: Outputs,
    inline: Callable[[str], Markup],
) -> dict[str, Any]:
    """What the template needs: `room` for the module, `kinds` for the list to pick from, `questions` to read.

    `objects` are the page's objects in reading order, each with kind, key, anchor, title and context. A question
    that several objects share stands in `room` once.
    """
    facts = _facts(concept, claims, evidence, outputs)
    listed: list[dict[str, Any]] = []
    seen: dict[int, tuple[ResearchQuestion, Mapping[str, Any]]] = {}
    for item in objects:
        asked = concept.research_for(item["kind"], item["key"])
        seen.setdefault(id(asked), (asked, item))
        listed.append({**item, "asked": list(seen).index(id(asked)), "facts": facts.get(item["key"], [])})
    by_kind = [(KIND_TITLES[kind], [item for item in listed if item["kind"] == kind]) for kind in KIND_TITLES]
    return {
        "room": data_block({"objects": listed, "questions": [_question(asked, plain) for asked, _ in seen.values()]}),
        "kinds": [(title, found) for title, found in by_kind if found],
        "questions": [
            {
                "about": item["title"] if asked.object else f"On any of: {KIND_TITLES[asked.kind].lower()}",
                **_question(asked, inline),
            }
            for asked, item in seen.values()
        ],
    }


def _question(asked: ResearchQuestion, text: Callable[[str], str]) -> dict[str, Any]:
    return {
        "question": text(asked.question),
        "evidence": [text(line) for line in asked.evidence],
        "resolves": [text(line) for line in asked.resolves],
        "next_action": text(asked.next_action),
    }


def _facts(
    concept: Concept, claims: Mapping[str, Claim], evidence: Mapping[str, Evidence], outputs: Outputs
) -> dict[str, list[str]]:
    """What was measured or can be read of each object, in plain lines, by key."""

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
        **{key("source", s.name): [f"{plain(s.says)} ({s.url})"] for s in concept.sources},
    }
