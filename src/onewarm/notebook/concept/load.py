"""Loads concept folders: concept.yaml, page.md, witness.py and, where they are, values.py and demo.js.

`load_concept` reads one folder; `load_concepts` reads several and checks the edges between them. All faults are
reported at once, each with file, line, key and remedy. The types are in `onewarm.notebook.concept.model`, the
checks of names and references in `onewarm.notebook.concept.references.file`.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from onewarm.errors import needs
from onewarm.notebook.concept.demo_bundle import bundle_demo
from onewarm.notebook.concept.keys import CLAIM_PATTERN, CONCEPT_PATTERN, KEY_PATTERN, NAME_PATTERN
from onewarm.notebook.concept.model import HTTPS_PATTERN, VALUE_NAME_PATTERN, ConceptFile, ResearchQuestion
from onewarm.notebook.concept.model.research import DEFAULT_QUESTIONS
from onewarm.notebook.concept.page_md import Page, try_page
from onewarm.notebook.concept.references.file import (
    ValidLists,
    claim_faults,
    edge_faults,
    equation_faults,
    reference_faults,
)
from onewarm.notebook.concept.values import (
    Values,
    ValuesFile,
    filled_document,
    filled_text,
    read_values,
    reference_faults_in,
)
from onewarm.notebook.concept.walk import read_leniently
from onewarm.notebook.concept.yaml import ConceptError, Document, Fault, Place, nearest, read_text, read_yaml

with needs("onewarm.notebook", "notebook"):
    from pydantic import BaseModel, ValidationError


__all__ = [
    "Concept",
    "ConceptError",
    "ConceptFile",
    "Fault",
    "Reading",
    "cross_faults",
    "load_concept",
    "load_concepts",
    "read_folder",
]

_EXPECTED = {
    "string_type": "text",
    "float_type": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_TYPE_NAMES = {"str": "text", "int": "a number", "float": "a number", "bool": "true or false", "list": "a list",
           "dict": "a mapping", "NoneType": "nothing", "date": "a date", "datetime": "a date"}  # fmt: skip
_FORMS = {
    NAME_PATTERN: "Use lower-case letters, digits and single hyphens, as in finite-gap.",
    CONCEPT_PATTERN: "Write concept:section/slug, as in concept:basics/coin-toss.",
    CLAIM_PATTERN: "Write claim:section/slug/name; `onewarm claims list` has all of them.",
    KEY_PATTERN: "Write kind:section/slug/name, as in equation:basics/coin-toss/sum.",
    VALUE_NAME_PATTERN: "Use letters, digits and underscores, as in label_share.",
    HTTPS_PATTERN: "Write an address that starts with https://.",
}


class Concept(ConceptFile):
    """A loaded concept: concept.yaml, page.md and witness.py; made by `load_concept`."""

    folder: Path
    page: Page
    code_text: str
    """The text of witness.py."""
    values: dict[str, float | int | str]
    """The values that values.py computes; the concept's texts have them filled in, but for its exercises."""
    picture: dict[str, Any] | None
    """The picture of the demo's first state, if values.py has one."""

    @property
    def demo_file(self) -> Path | None:
        """demo.js of the folder, or None if there is none: then the page shows `demo.notes`."""
        path = self.folder / "demo.js"
        return path if path.is_file() else None

    def demo_state(self, name: str) -> dict[str, Any]:
        """All values of the demo's model in a named state: the initial model, updated by the state's values."""
        state = next(s for s in self.demo.states if s.name == name)
        return {**self.demo.model, **state.state}

    def research_for(self, kind: str, key: str) -> ResearchQuestion:
        """The research question about an object: its own if it has one, else that of its kind.

        ``kind`` is `identity` for a claim that is one: it is not asked what a claim about training is.
        """
        own = [q for q in self.research if q.object == key]
        general = [q for q in (*self.research, *DEFAULT_QUESTIONS) if q.kind == kind and q.object is None]
        return next(iter(own + general))


@dataclass(frozen=True)
class Reading:
    """What could be read of a folder, and every fault that its files have on their own.

    `file` is None if concept.yaml is not YAML. Without faults it is validated, else as much of it as can be read.
    """

    folder: Path
    document: Document | None
    file: ConceptFile | None
    page: Page | None
    code_text: str | None
    faults: tuple[Fault, ...]
    computed: ValuesFile = field(default_factory=ValuesFile)
    """What values.py assigns."""

    @property
    def values(self) -> Values:
        """The values that values.py computes."""
        return self.computed.values

    def concept(self) -> Concept:
        """The concept; raises ConceptError if there are faults."""
        if self.faults or self.document is None or self.page is None or self.code_text is None:
            raise ConceptError(self.faults)
        file = ConceptFile.model_validate(filled_document(self.document.value, self.values))
        parts = {name: getattr(file, name) for name in ConceptFile.model_fields}
        page = self.page.model_copy(update={"math": filled_text(self.page.math, self.values)})
        return Concept(
            **parts,
            folder=self.folder,
            page=page,
            code_text=self.code_text,
            values=self.computed.values,
            picture=self.computed.picture,
        )


def read_folder(folder: Path | str) -> Reading:
    """Read one folder and run its values.py; faults are returned, not raised."""
    folder = Path(folder)
    page, labels, faults = try_page(folder / "page.md")
    computed = read_values(folder / "values.py")
    faults += computed.faults
    code_text = document = file = None
    try:
        code_text = read_text(folder / "witness.py")
    except ConceptError as error:
        faults += error.faults
    try:
        document = read_yaml(folder / "concept.yaml")
    except ConceptError as error:
        faults += error.faults
    if document is not None:
        valid = ValidLists(())
        try:
            file = ConceptFile.model_validate(document.value)
        except ValidationError as error:
            faults += _schema_faults(document, error)
            file = read_leniently(document.value)
            valid = ValidLists(tuple(item["loc"]) for item in error.errors())
        faults += reference_faults(document, file, valid)
        if (folder / "page.md").is_file():
            faults += equation_faults(document, file, valid, folder / "page.md", labels)
        if page is not None and not computed.faults:
            own = {i: [*q.draw, *q.compute, "answer"] for i, q in enumerate(file.practice)}
            texts = (folder / "page.md").read_text(encoding="utf-8")
            faults += reference_faults_in(document, computed.values, own, folder / "page.md", texts)
    try:
        if (folder / "demo.js").is_file():
            bundle_demo(folder / "demo.js")
    except ConceptError as error:
        faults += error.faults
    return Reading(folder, document, file, page, code_text, tuple(faults), computed)


def load_concept(folder: Path | str) -> Concept:
    """The concept in a folder. Its edges are not checked; `load_concepts` does that.

    Raises:
        ConceptError: the folder's files have faults; names them all.
    """
    return read_folder(folder).concept()


def load_concepts(folders: Iterable[Path | str], *, claims: Collection[str] | None = None) -> tuple[Concept, ...]:
    """The concepts in the folders, with their edges checked against each other.

    Args:
        folders: concept folders.
        claims: keys of the ledger's claims, to check the keys of reviewed claims against; None: not checked.

    Raises:
        ConceptError: names every fault of every folder.
    """
    readings = [read_folder(folder) for folder in folders]
    faults = [*(fault for reading in readings for fault in reading.faults), *cross_faults(readings, claims)]
    if faults:
        raise ConceptError(faults)
    return tuple(reading.concept() for reading in readings)


def cross_faults(readings: Sequence[Reading], claims: Collection[str] | None = None) -> Iterator[Fault]:
    """Faults between folders: duplicate keys, dangling edges, claims that are not in the ledger."""
    files = [(reading.document, reading.file) for reading in readings if reading.document and reading.file]
    yield from edge_faults(files)
    if claims is not None:
        yield from claim_faults(files, claims)


def _schema_faults(document: Document, error: ValidationError) -> Iterator[Fault]:
    for item in error.errors(include_url=False, include_context=True):
        place: Place = tuple(item["loc"])
        kind, name = item["type"], str(place[-1]) if place else ""
        if kind == "missing":
            yield document.fault(place, "missing key", f"Add `{name}:` here.")
        elif kind == "extra_forbidden":
            yield document.fault(place, "unknown key", nearest(name, _keys_at(place[:-1])))
        elif kind in _EXPECTED:
            type_name = type(item["input"]).__name__
            problem = f"expected {_EXPECTED[kind]}, found {_TYPE_NAMES.get(type_name, type_name)}"
            remedy = "Quote the value." if kind == "string_type" else f"Write {_EXPECTED[kind]}."
            yield document.fault(place, problem, remedy)
        elif kind == "string_pattern_mismatch":
            problem = f"{item['input']!r} is not of the right form"
            yield document.fault(place, problem, _FORMS[item["ctx"]["pattern"]])
        elif kind in ("too_short", "too_long"):
            short = kind == "too_short"
            if short and len(item["input"]) >= item["ctx"]["min_length"]:
                continue  # long enough: pydantic did not count the items that have faults of their own
            bound = f"at least {item['ctx']['min_length']}" if short else f"at most {item['ctx']['max_length']}"
            problem = f"expected {bound} items, found {len(item['input'])}"
            yield document.fault(place, problem, "Add to the list." if short else "Shorten the list.")
        elif kind == "string_too_short":
            yield document.fault(place, "empty text", "Write the text.")
        elif kind == "literal_error":
            yield document.fault(place, f"unknown value {item['input']!r}", f"Use {item['ctx']['expected']}.")
        else:
            message = item["msg"]
            yield document.fault(place, message[:1].lower() + message[1:], "Change the value.")


def _keys_at(place: Place) -> Collection[str]:
    """The keys that the schema has at a place."""
    model: Any = ConceptFile
    for part in place:
        if isinstance(part, str):
            model = next(iter(_models(model.model_fields[part].annotation)), ConceptFile)
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
