"""Checks what the schema cannot express: names are unique, references resolve, edges and claims exist."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from onewarm.notebook.concept.model import ConceptFile, Kind, Level
from onewarm.notebook.concept.objects import concept_keys
from onewarm.notebook.concept.references.lesson import lesson_faults
from onewarm.notebook.concept.yaml import Document, Fault, Place, nearest

_GROUPS = ("prerequisites", "next", "contrast")
_LISTS: dict[str, Place] = {
    "chapters": ("lesson", "chapters"),
    "states": ("demo", "states"),
    "highlights": ("demo", "highlights"),
}


class ValidLists:
    """Tracks which lists of a concept.yaml validated, from the places of the schema's faults.

    A list is invalid if the list, a part that contains it, one of its items (not only a value in it), or an item's
    `name` failed validation. Its names are then incomplete, so a reference into it is not reported: the list's own
    fault comes first.
    """

    def __init__(self, faulty: Iterable[Place]) -> None:
        self._faulty = tuple(faulty)

    def __contains__(self, place: Place) -> bool:
        return not any(
            place[: len(faulty)] == faulty
            or (faulty[: len(place)] == place and faulty[len(place) + 1 :] in ((), ("name",)))
            for faulty in self._faulty
        )


def reference_faults(document: Document, file: ConceptFile, valid: ValidLists) -> Iterator[Fault]:
    """Names and references at fault inside one concept.yaml.

    For a file with schema faults (see `read_leniently`): those that are faults whatever the invalid parts should be.
    """
    yield from _names(document, file)
    yield from _states(document, file)
    complete = {name: place in valid for name, place in _LISTS.items()}
    yield from lesson_faults(document, file, **complete)
    yield from _practice_and_research(document, file, valid)


def _names(document: Document, file: ConceptFile) -> Iterator[Fault]:
    named: dict[Place, Sequence[Any]] = {
        ("structure",): file.structure,
        ("sources",): file.sources,
        ("equations",): file.equations,
        ("demo", "states"): file.demo.states,
        ("practice",): file.practice,
    }
    for place, parts in named.items():
        names: list[tuple[Place, str]] = [((*place, i, "name"), part.name) for i, part in enumerate(parts)]
        yield from _duplicates(document, "name", names)
    statements: list[tuple[Place, str]] = [
        ((of, i, "name"), part.name)
        for of in ("misconceptions", "true_statements")
        for i, part in enumerate(getattr(file, of))
    ]
    yield from _duplicates(document, "name", statements)
    yield from _duplicates(document, "key", [(("claims", i), key) for i, key in enumerate(file.claims)])
    edges: list[tuple[Place, str]] = [
        (("edges", group, i, "key"), edge.key) for group in _GROUPS for i, edge in enumerate(getattr(file.edges, group))
    ]
    yield from _duplicates(document, "key", edges)
    for place, key in edges:
        if key and key == file.key:
            yield document.fault(place, "edge to the concept itself", "Name another concept.")


def _states(document: Document, file: ConceptFile) -> Iterator[Fault]:
    for i, state in enumerate(file.demo.states):
        for key, value in state.state.items():
            place: Place = ("demo", "states", i, "state", key)
            if key not in file.demo.model:
                yield document.fault(place, "unknown key", nearest(key, file.demo.model))
                continue
            expected, found = _shape(file.demo.model[key]), _shape(value)
            if found != expected:
                yield document.fault(
                    place,
                    f"expected {expected}, found {found}",
                    "Write a value of the type that it has in `demo.model`.",
                )


def _practice_and_research(document: Document, file: ConceptFile, valid: ValidLists) -> Iterator[Fault]:
    levels = {q.level for q in file.practice}
    complete = ("practice",) in valid and levels <= set(get_args(Level))
    for level in get_args(Level) if complete else ():
        if level not in levels:
            yield document.fault(("practice",), f"no question of level '{level}'", "Add one.")
    keys = concept_keys(file)
    for i, question in enumerate(file.research):
        key = question.object
        of = "claim" if question.kind == "identity" else question.kind
        if key and (key not in keys or key.split(":")[0] != of):
            of_kind = [k for k in keys if k.startswith(of + ":")]
            problem = f"no {question.kind} '{key}' on this page"
            yield document.fault(("research", i, "object"), problem, nearest(key, of_kind))
    complete = ("research",) in valid and {q.kind for q in file.research} <= {*get_args(Kind), "identity"}
    for kind in get_args(Kind) if complete else ():
        kinds = ("claim", "identity") if kind == "claim" else (kind,)
        if not any(q.kind in kinds and q.object is None for q in file.research):
            remedy = "Add one without `object:`; it serves every object of the kind."
            yield document.fault(("research",), f"no general question of kind '{kind}'", remedy)


def _shape(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str) and value.startswith("{{"):
        return "a number"  # a named value
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {str: "text", dict: "a mapping", type(None): "nothing"}.get(type(value), "a date")


def _duplicates(document: Document, what: str, places: Iterable[tuple[Place, str]]) -> Iterator[Fault]:
    first: dict[str, Place] = {}
    for place, value in places:
        if not isinstance(value, str) or not value:
            continue  # missing or of another type: the schema reports it
        if value in first:
            line = document.lines.get(first[value], 1)
            remedy = f"Line {line} has it already; keep or rename one."
            yield document.fault(place, f"duplicate {what} '{value}'", remedy)
        else:
            first[value] = place


def equation_faults(
    document: Document, file: ConceptFile, valid: ValidLists, page: Path, labels: dict[str, int]
) -> Iterator[Fault]:
    """Equations that concept.yaml describes but page.md does not label, and the other way round."""
    if ("equations",) not in valid:
        return
    names = [e.name for e in file.equations]
    for i, name in enumerate(names):
        if name and name not in labels:
            problem = f"no equation labelled '({name})' in page.md"
            yield document.fault(("equations", i, "name"), problem, nearest(name, labels))
    for label, line in labels.items():
        if label not in names:
            problem = f"equation '{label}' is not described in concept.yaml"
            yield Fault(page, line, "", problem, "Add it under `equations:`, or remove the label.")


Files = Sequence[tuple[Document, ConceptFile]]


def edge_faults(files: Files) -> Iterator[Fault]:
    """Concepts with the same key, and edges to a concept that neither exists nor is planned."""
    pages: dict[str, Path] = {}
    for document, file in files:
        if file.key and file.key in pages:
            problem = f"duplicate key '{file.key}'"
            remedy = f"{pages[file.key]} has it already; rename one."
            yield document.fault(("key",), problem, remedy)
        pages.setdefault(file.key, document.file)
    for document, file in files:
        for group in _GROUPS:
            for i, edge in enumerate(getattr(file.edges, group)):
                if edge.key and edge.key not in pages and not edge.planned:
                    remedy = nearest(edge.key, set(pages) - {file.key})
                    remedy += " Or mark the edge `planned: true` while that concept has no page."
                    place = ("edges", group, i, "key")
                    yield document.fault(place, f"dangling edge: no concept '{edge.key}'", remedy)


def claim_faults(files: Files, claims: Collection[str]) -> Iterator[Fault]:
    """Claims that are not in the ledger."""
    for document, file in files:
        for i, key in enumerate(file.claims):
            if key and key not in claims:
                yield document.fault(("claims", i), f"the ledger has no '{key}'", nearest(key, claims))
