"""The objects of a page that have a key: equations, claims, demo states and so on, each with title and context."""

from dataclasses import dataclass

from onewarm.notebook.concept.keys import anchor, object_key
from onewarm.notebook.concept.model import ConceptFile


@dataclass(frozen=True)
class ConceptObject:
    """One object of a page, as the research room and the search list it."""

    kind: str
    """concept, equation, source, code, claim, misconception or demo-state."""
    key: str
    title: str
    context: str
    """One Markdown sentence about the object."""

    @property
    def anchor(self) -> str:
        return anchor(self.key)


def concept_objects(concept: ConceptFile) -> tuple[ConceptObject, ...]:
    """The page's objects in reading order. A claim has its key as title, because its statement is in the ledger."""
    listed: list[tuple[str, str | None, str, str]] = [("concept", None, concept.title, concept.summary)]
    listed += [("equation", e.name, e.title, e.summary) for e in concept.equations]
    listed += [("code", concept.code.name, concept.code.title, concept.code.text)]
    listed += [("demo-state", s.name, s.title, s.text) for s in concept.demo.states]
    listed += [("misconception", m.name, m.wrong, m.correction) for m in concept.misconceptions]
    listed += [("source", s.name, s.title, f"{s.citation}; {s.place}") for s in concept.sources]
    objects = [ConceptObject(kind, object_key(kind, concept.key, name), title, context)
               for kind, name, title, context in listed]  # fmt: skip
    about = f"A claim that {concept.title} reviews."
    claims = [ConceptObject("claim", key, key, about) for key in concept.claims]
    return (*objects, *claims)


def concept_keys(concept: ConceptFile) -> frozenset[str]:
    """The keys of `concept_objects`."""
    return frozenset(o.key for o in concept_objects(concept))
