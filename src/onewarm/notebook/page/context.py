"""The context of a concept's page: everything that the templates show, from the concept and its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import Claim
from onewarm.errors import InputError
from onewarm.notebook.concept.keys import anchor, object_key, route
from onewarm.notebook.concept.load import Concept
from onewarm.notebook.concept.model import Edge
from onewarm.notebook.concept.objects import ConceptObject, concept_objects
from onewarm.notebook.concept.run_code import page_outputs
from onewarm.notebook.page.check import DEAD_LINK
from onewarm.notebook.page.claim_review import claim_lines, claim_review, status_counts
from onewarm.notebook.page.demo_data import calibration_data
from onewarm.notebook.page.learning_map import draw, neighbourhood, path_to
from onewarm.notebook.page.lesson import lesson_view
from onewarm.notebook.page.panel_list import PANELS
from onewarm.notebook.page.practice import practice_view
from onewarm.notebook.page.research_room import research_room
from onewarm.notebook.page.statements import statements_view
from onewarm.notebook.page.still import still
from onewarm.notebook.text.data_block import data_block
from onewarm.notebook.text.markdown import Prose, highlight, plain_text

__all__ = ["page_context"]

_LAYERS = {"intuition": "Picture", "math": "Symbols", "code": "Program", "demo": "Motion"}


def page_context(
    concept: Concept,
    *,
    claims: Mapping[str, Claim],
    evidence: Mapping[str, Evidence],
    studies: Sequence[Mapping[str, Any]],
    pages: Mapping[str, Concept],
) -> tuple[dict[str, Any], set[str]]:
    """The context of concept.html, and the characters that its formulas and headings use.

    The concept's code and checks run here.

    Args:
        concept: the concept to show.
        claims: the ledger, by key.
        evidence: evidence of claims, by their key.
        studies: study reports, for the demo.
        pages: the concepts that have a page on this site, by key.

    Raises:
        LatexError: a formula does not convert.
        LinkError: a link leads nowhere.
        ConceptError: code fails, or its output is not what the concept has.
    """
    return _Page(concept, claims, evidence, studies, pages).context()


class _Page:
    def __init__(
        self,
        concept: Concept,
        claims: Mapping[str, Claim],
        evidence: Mapping[str, Evidence],
        studies: Sequence[Mapping[str, Any]],
        pages: Mapping[str, Concept],
    ) -> None:
        self.concept, self.claims, self.evidence = concept, claims, evidence
        self.studies, self.pages = studies, pages
        self.yaml = str(concept.folder / "concept.yaml")
        self.objects = {o.key: self._object(o) for o in concept_objects(concept)}
        self.numbers = {e.name: i for i, e in enumerate(concept.page.equations, start=1)}
        self.prose = Prose(equations={e.name: self._equation(e.name) for e in concept.page.equations},
                           references={name: (f"({n})", "#" + anchor(self._key("equation", name)))
                                       for name, n in self.numbers.items()},
                           link=self._link)  # fmt: skip

    # Used by several panels

    def _key(self, kind: str, name: str | None = None) -> str:
        return object_key(kind, self.concept.key, name)

    def _object(self, item: ConceptObject) -> dict[str, Any]:
        title, context = item.title, item.context
        if item.kind == "claim":
            title, context = self.claims[item.key].title, self.claims[item.key].statement
        return {
            "kind": item.kind,
            "kind_title": item.kind.replace("-", " "),
            "key": item.key,
            "anchor": item.anchor,
            "title": plain_text(title),
            "context": plain_text(context),
        }

    def _inline(self, text: str) -> Markup:
        return self.prose.inline(text, source=self.yaml)

    def _block(self, text: str) -> Markup:
        return self.prose.block(text, source=self.yaml)

    def _link(self, href: str) -> str:
        if href.startswith(("https://", "http://", "#")):
            return href
        if href in self.objects:
            return "#" + anchor(href)
        if href in self.pages:
            return self._href(href)
        raise InputError(DEAD_LINK)

    def _equation(self, name: str) -> Any:
        def figure(mathml: Markup) -> Markup:
            number = self.numbers[name]
            item = self.objects.get(self._key("equation", name))
            target = anchor(self._key("equation", name))
            words = next((e.summary for e in self.concept.equations if e.name == name), "")
            ask = ""
            if item:
                label = escape(f"Ask about equation {number}: {item['title']}")
                ask = Markup('<button type="button" class="link" data-live hidden data-ask="{}" aria-label="{}">'
                             "Ask</button>").format(item["key"], label)  # fmt: skip
            return Markup(
                '<figure class="equation" id="{}"><div class="formula scroll">{}</div>'
                '<p class="equation-number"><a href="#{}" aria-label="Equation {}">({})</a></p>'
                '<figcaption><span class="equation-words">{}</span> {}</figcaption></figure>\n'
            ).format(target, mathml, target, number, number, self._inline(words) if words else "", Markup(ask))

        return figure

    def _href(self, key: str) -> str:
        """Address of another concept's page; "" if it has none."""
        up = "../" * route(self.concept.key).count("/")
        return f"{up}{route(key)}index.html" if key in self.pages else ""

    def _edge(self, edge: Edge) -> dict[str, Any]:
        return {
            "title": edge.title,
            "reason": self._inline(edge.reason),
            "more": self._block(edge.more) if edge.more else "",
            "href": self._href(edge.key),
        }

    def _state_json(self, state: str | None) -> str:
        if state is None:
            return ""
        model = self.concept.demo_state(state)
        return str(data_block({k: v for k, v in model.items() if k not in ("calibration", "classes", "address")}))

    # The panels

    def context(self) -> tuple[dict[str, Any], set[str]]:
        concept = self.concept
        outputs = page_outputs(concept)
        entries = {s.url: anchor(self._key("source", s.name)) for s in concept.sources}
        claim_views = [
            {
                **claim_review(self.claims[key], self.evidence.get(key), self._inline,
                             lambda latex: self.prose.formula(latex, display=True, source="the ledger"), entries),
                "object": self.objects[key],
            }
            for key in concept.claims
        ]  # fmt: skip
        page = concept.page
        context: dict[str, Any] = {
            "concept": {
                "key": concept.key,
                "anchor": anchor(concept.key),
                "title": concept.title,
                "section": concept.section,
                "summary": self._inline(concept.summary),
                "summary_plain": plain_text(concept.summary),
                "route": route(concept.key),
                "needs": [
                    {"key": e.key, "title": e.title, "href": self._href(e.key)} for e in concept.edges.prerequisites
                ],
            },
            "panels": PANELS,
            "objects": list(self.objects.values()),
            "structure": [
                {"name": s.name, "kind": _LAYERS[s.name], "title": s.title, "text": self._inline(s.text)}
                for s in concept.structure
            ],
            "map": self._map(),
            "math": self.prose.block(page.math, source=str(concept.folder / "page.md"), line=page.math_line),
            "code": {
                "title": concept.code.title,
                "text": self._inline(concept.code.text),
                "html": highlight(concept.code_text),
                "output": outputs.code,
                "object": self.objects[self._key("code", concept.code.name)],
            },
            "lesson": lesson_view(concept, self._inline, self._block, self._state_json),
            "demo": self._demo(),
            "claims": claim_lines(claim_views),
            "statuses": status_counts(claim_views),
            "sources": [
                {
                    **s.model_dump(),
                    "summary": self._inline(s.summary),
                    "object": self.objects[self._key("source", s.name)],
                }
                for s in concept.sources
            ],
            "statements": statements_view(concept, outputs.checks, self.objects, self._inline),
            "practice": practice_view(concept, self._inline, self._block),
            "next": [self._edge(edge) for edge in concept.edges.next],
            **research_room(concept, list(self.objects.values()), self.claims, self.evidence, outputs, self._inline),
        }
        letters = set(concept.title + concept.section)
        return context, self.prose.characters | letters

    def _map(self) -> dict[str, Any]:
        edges = self.concept.edges
        nodes = neighbourhood(self.concept, self.pages)
        links = {node.key: self._href(node.key) for node in nodes if node.kind != "here"}
        groups = [
            {"name": name, "title": title, "none": none, "edges": [self._edge(e) for e in group]}
            for name, title, none, group in (
                ("before", "Read first", "Nothing: start here.", edges.prerequisites),
                ("after", "Leads to", "Nothing yet.", edges.next),
                ("contrast", "Not to be confused with", "Nothing in particular.", edges.contrast),
            )
        ]
        return {
            "groups": groups,
            "lying": draw(nodes, links),
            "upright": draw(nodes, links, upright=True),
            "path": [
                {"key": key, "title": title, "href": self._href(key)}
                for key, title in path_to(self.concept, self.pages)
            ],
        }

    def _demo(self) -> dict[str, Any]:
        demo = self.concept.demo
        model = dict(demo.model)
        if "calibration" in model:
            model["calibration"] = calibration_data(self.studies)
        model["layout"] = "stage"
        return {
            "module": "demo.js" if self.concept.demo_file else "",
            "model": data_block(model),
            "notes": self._inline(demo.notes),
            "still": still(self.concept.picture) if self.concept.picture else "",
            "states": [
                {
                    "title": s.title,
                    "text": self._inline(s.text),
                    "name": s.name,
                    "json": self._state_json(s.name),
                    "object": self.objects[self._key("demo-state", s.name)],
                }
                for s in demo.states
            ],
        }
