"""Reads YAML into Python values with the line of every key, and reports faults by file, line, key and remedy."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from onewarm.claims.quick_yaml import QuickLoader
from onewarm.errors import InputError, needs

with needs("onewarm.notebook", "notebook"):
    import yaml


Place = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Fault:
    """One fault of a concept folder."""

    file: Path
    line: int
    key: str
    problem: str
    remedy: str

    @property
    def where(self) -> str:
        """Its place, as `file:line:`."""
        return f"{self.file}:{self.line}:"

    @property
    def what(self) -> str:
        """Its key, problem and remedy."""
        return (f"{self.key}: " if self.key else "") + f"{self.problem}. {self.remedy}"

    def __str__(self) -> str:
        return f"{self.where} {self.what}"


class ConceptError(InputError):
    """A concept folder has faults: `.faults`, and one line for each in the message."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))


def key_text(place: Place) -> str:
    """A place as text.

    >>> key_text(("practice", 2, "nudges"))
    'practice[2].nudges'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def nearest(word: str, words: Iterable[str]) -> str:
    """A remedy for an unknown word: the most similar of the known words, or all of them if none is similar.

    >>> nearest("titel", ["title", "key"])
    "Did you mean 'title'?"
    """
    words = sorted(words)
    similar = get_close_matches(word, words, n=1, cutoff=0.6)
    if similar:
        return f"Did you mean '{similar[0]}'?"
    return "There are: " + ", ".join(words) + "." if words else "There are none yet."


@dataclass(frozen=True)
class Document:
    """The values of a YAML file, and the 1-based line of every place in it."""

    file: Path
    value: dict[str, Any]
    lines: dict[Place, int]
    text_lines: dict[Place, int]
    """Line on which each text starts: that of its key, or the line below for a block text (`|` or `>`)."""

    def fault(self, place: Place, problem: str, remedy: str) -> Fault:
        """A fault at the place, with the line of the innermost part of the place that the file has."""
        present = place
        while present and present not in self.lines:
            present = present[:-1]
        return Fault(self.file, self.lines.get(present, 1), key_text(place), problem, remedy)


def read_text(file: Path) -> str:
    """The file's text; raises ConceptError if the file is missing, cannot be read, or is not UTF-8."""
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ConceptError([Fault(file, 1, "", "missing file", f"Add {file.name} to the folder.")]) from None
    except UnicodeDecodeError as error:
        fault = Fault(file, 1, "", f"byte {error.start} is not UTF-8", "Save the file as UTF-8.")
        raise ConceptError([fault]) from None
    except OSError as error:
        fault = Fault(file, 1, "", f"cannot be read ({error.strerror})", "Check the path and its permissions.")
        raise ConceptError([fault]) from None


def read_yaml(file: Path) -> Document:
    """The YAML mapping in the file.

    Raises:
        ConceptError: bad syntax, an alias, a duplicate key, or something other than a mapping.
    """
    text = read_text(file)
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        except yaml.YAMLError:
            yaml.compose(text, Loader=yaml.SafeLoader)  # PyYAML's own loader has the clearer message for the same fault
            raise
        if loader.aliases:
            raise ConceptError(Fault(file, n, "", "alias", "Write the value out instead.") for n in loader.aliases)
        if not isinstance(node, yaml.MappingNode):
            kind = "nothing" if node is None else "a list" if isinstance(node, yaml.SequenceNode) else "text"
            fault = Fault(file, 1, "", f"expected a mapping, found {kind}", "Start with `key: concept:...`.")
            raise ConceptError([fault])
        document = Document(file, {}, {(): 1}, {})
        faults: list[Fault] = []
        _walk(document, node, (), faults)
        if faults:
            raise ConceptError(faults)
        document.value.update(loader.construct_document(node))
        return document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        remedy = "Check quotes, colons and indentation; quote a text with `: ` in it."
        raise ConceptError([Fault(file, line, "", f"not YAML ({error.problem})", remedy)]) from None
    except yaml.YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        remedy = "Remove the character."
        raise ConceptError([Fault(file, line, "", "a character that YAML does not allow", remedy)]) from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, ConceptError):
            raise
        problem = f"not readable as YAML ({type(error).__name__})"
        raise ConceptError([Fault(file, 1, "", problem, "Simplify the file.")]) from None


class _Loader(QuickLoader):
    """Also records the lines of aliases, which the composed nodes no longer show."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.aliases: list[int] = []

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            self.aliases.append(mark.line + 1 if mark else 1)
        return super().compose_node(parent, index)


def _walk(document: Document, node: yaml.Node, at: Place, faults: list[Fault]) -> None:
    lines = document.lines
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            place = (*at, str(key_node.value))
            line = key_node.start_mark.line + 1
            if place in lines:
                remedy = f"It is on line {lines[place]} already; keep one of the two."
                faults.append(Fault(document.file, line, key_text(place), "duplicate key", remedy))
            lines.setdefault(place, line)
            _walk(document, value_node, place, faults)
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            lines[(*at, i)] = item.start_mark.line + 1
            _walk(document, item, (*at, i), faults)
    elif isinstance(node, yaml.ScalarNode):
        document.text_lines[at] = node.start_mark.line + (2 if node.style in ("|", ">") else 1)
