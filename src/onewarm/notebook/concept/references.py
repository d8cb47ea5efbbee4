"""Checks what the types cannot say: names are unique, references lead somewhere, edges and claims exist."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from onewarm.notebook.concept.model import ConceptFile, Kind, Level
from onewarm.notebook.concept.objects import concept_keys
from onewarm.notebook.concept.yaml import Document, Fault, Place, nearest

_GROUPS = ("prerequisites", "next", "contrast")


class Known:
    """What can be relied on: a list is `sure` unless the schema found it, or the name of one of its items, at fault."""

    def __init__(self, doubtful: Iterable[Place]) -> None:
        self._doubtful = tuple(doubtful)

    def sure(self, *place: str) -> bool:
        return not any(
            place[: len(bad)] == bad or (bad[: len(place)] == place and bad[len(place) + 1 :] in ((), ("name",)))
            for bad in self._doubtful
        )


def reference_faults(document: Document, file: ConceptFile, known: Known) -> Iterator[Fault]:
    """Faults inside one concept.yaml; of a file read leniently, those that follow whatever its other faults hide."""
    yield from _names(document, file)
    yield from _shows(document, file, known)
    yield from _states(document, file)
    yield from _practice_and_research(document, file, known)


def _names(document: Document, file: ConceptFile) -> Iterator[Fault]:
    board, inquiry = file.storyboard, file.inquiry
    named: dict[Place, Sequence[Any]] = {
        ("structure",): file.structure,
        ("sources",): file.sources,
        ("equations",): file.equations,
        ("demo", "states"): file.demo.states,
        ("storyboard", "options"): board.options,
        ("storyboard", "steps"): board.steps,
        ("inquiry", "cues"): inquiry.cues,
        ("misconceptions",): file.misconceptions,
        ("practice",): file.practice,
    }
    for place, parts in named.items():
        names: list[tuple[Place, str]] = [((*place, i, "name"), part.name) for i, part in enumerate(parts)]
        yield from _twice(document, "name", names)
    yield from _twice(document, "key", [(("claims", i), key) for i, key in enumerate(file.claims)])
    edges: list[tuple[Place, str]] = [
        (("edges", group, i, "key"), edge.key) for group in _GROUPS for i, edge in enumerate(getattr(file.edges, group))
    ]
    yield from _twice(document, "key", edges)
    for place, key in edges:
        if key and key == file.key:
            yield document.fault(place, "edge to the concept itself", "Name another concept.")


def _shows(document: Document, file: ConceptFile, known: Known) -> Iterator[Fault]:
    """Demo states and highlights that a step, a cue or the reveal names, and the correct choices."""
    board, inquiry = file.storyboard, file.inquiry
    states, lights = [s.name for s in file.demo.states], file.demo.highlights
    shows: list[tuple[Place, Any]] = [(("inquiry", "reveal"), inquiry.reveal)]
    shows += [(("storyboard", "steps", i), step) for i, step in enumerate(board.steps)]
    shows += [(("inquiry", "cues", i), cue) for i, cue in enumerate(inquiry.cues)]
    for place, part in shows:
        state = getattr(part, "state", None)
        if state and state not in states and known.sure("demo", "states"):
            yield document.fault((*place, "state"), f"no demo state '{state}'", nearest(state, states))
        light = part.highlight
        if light and light not in lights and known.sure("demo", "highlights"):
            yield document.fault((*place, "highlight"), f"no highlight '{light}'", nearest(light, lights))
    options, cues = [o.name for o in board.options], [c.name for c in inquiry.cues]
    for name, of, answer, choices in (
        ("storyboard", "options", board.correct, options),
        ("inquiry", "cues", inquiry.correct, cues),
    ):
        if answer and answer not in choices and known.sure(name, of):
            yield document.fault((name, "correct"), f"no choice '{answer}'", nearest(answer, choices))


def _states(document: Document, file: ConceptFile) -> Iterator[Fault]:
    for i, state in enumerate(file.demo.states):
        for key, value in state.state.items():
            place: Place = ("demo", "states", i, "state", key)
            if key not in file.demo.model:
                yield document.fault(place, "unknown key", nearest(key, file.demo.model))
                continue
            expected, found = _shape(file.demo.model[key]), _shape(value)
            if found != expected:
                yield document.fault(place, f"expected {expected}, found {found}", "See `demo.model`.")


def _practice_and_research(document: Document, file: ConceptFile, known: Known) -> Iterator[Fault]:
    levels = {q.level for q in file.practice}
    whole = known.sure("practice") and levels <= set(get_args(Level))
    for level in get_args(Level) if whole else ():
        if level not in levels:
            yield document.fault(("practice",), f"no question of level '{level}'", "Add one.")
    keys = concept_keys(file)
    for i, question in enumerate(file.research):
        key = question.object
        if key and (key not in keys or key.split(":")[0] != question.kind):
            same = [k for k in keys if k.startswith(question.kind + ":")]
            problem = f"no {question.kind} '{key}' on this page"
            yield document.fault(("research", i, "object"), problem, nearest(key, same))
    whole = known.sure("research") and {q.kind for q in file.research} <= set(get_args(Kind))
    for kind in get_args(Kind) if whole else ():
        if not any(q.kind == kind and q.object is None for q in file.research):
            remedy = "Add one without `object:`; it serves every object of the kind."
            yield document.fault(("research",), f"no general question of kind '{kind}'", remedy)


def _shape(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {str: "text", dict: "a mapping", type(None): "nothing"}.get(type(value), "a date")


def _twice(document: Document, what: str, places: Iterable[tuple[Place, str]]) -> Iterator[Fault]:
    first: dict[str, Place] = {}
    for place, value in places:
        if not isinstance(value, str) or not value:
            continue  # missing or of another type: told already
        if value in first:
            line = document.lines.get(first[value], 1)
            remedy = f"Line {line} has it already; keep or rename one."
            yield document.fault(place, f"duplicate {what} '{value}'", remedy)
        first.setdefault(value, place)


def equation_faults(
    document: Document, file: ConceptFile, known: Known, page: Path, labels: dict[str, int]
) -> Iterator[Fault]:
    """Equations described in concept.yaml but not labelled in page.md, and the other way round."""
    if not known.sure("equations"):
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
    """Concepts with the same key, and edges to a concept that is neither there nor planned."""
    pages: dict[str, Path] = {}
    for document, file in files:
        if file.key and file.key in pages:
            problem = f"duplicate key and anchor '{file.key}'"
            remedy = f"{pages[file.key]} has it already; rename one."
            yield document.fault(("key",), problem, remedy)
        pages.setdefault(file.key, document.file)
    for document, file in files:
        for group in _GROUPS:
            for i, edge in enumerate(getattr(file.edges, group)):
                if edge.key and edge.key not in pages and not edge.planned:
                    remedy = nearest(edge.key, set(pages) - {file.key})
                    remedy += " Mark it `planned: true` while it has no page."
                    place = ("edges", group, i, "key")
                    yield document.fault(place, f"dangling edge: no concept '{edge.key}'", remedy)


def claim_faults(files: Files, claims: Collection[str]) -> Iterator[Fault]:
    """Claims that the ledger does not have."""
    for document, file in files:
        for i, key in enumerate(file.claims):
            if key and key not in claims:
                yield document.fault(("claims", i), f"the ledger has no '{key}'", nearest(key, claims))
