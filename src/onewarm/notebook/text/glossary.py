"""The glossary: terms with their definitions, and the first use of each on a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from importlib.resources import as_file, files
from pathlib import Path

from onewarm.notebook.concept.keys import CONCEPT_PATTERN, NAME_PATTERN
from onewarm.notebook.concept.yaml import ConceptError, Document, Fault, read_yaml

__all__ = ["GLOSSARY_NAME", "Term", "load_glossary", "mark_terms"]

GLOSSARY_NAME = "glossary.yaml"
_KEYS = {"name", "term", "forms", "text", "see"}
# A link may not stand in these: a first use in one of them is marked without a link, and the next one with it.
_NO_LINK = {"a", "button", "label", "summary", "h1", "option"}
# What these hold is no prose.
_SKIPPED = {"script", "style", "template", "math", "svg", "code", "pre", "samp", "select", "textarea", "nav", "dfn"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(frozen=True)
class Term:
    """A term: its name (a slug), how it is written, what it means in plain text, and the concept that explains it."""

    name: str
    term: str
    text: str
    forms: tuple[str, ...]
    see: str = ""


def load_glossary(folders: Iterable[Path] = ()) -> tuple[Term, ...]:
    """Our terms, and those of a glossary.yaml beside the sections of these concept folders, sorted.

    Raises:
        ConceptError: a glossary has faults; names them all.
    """
    terms: dict[str, Term] = {}
    with as_file(files("onewarm") / "concepts") as ours:
        places = {ours.resolve(): None, **{folder.resolve().parent.parent: None for folder in folders}}
        for place in places:
            if (place / GLOSSARY_NAME).is_file():
                terms.update({term.name: term for term in read_glossary(place / GLOSSARY_NAME)})
    return tuple(sorted(terms.values(), key=lambda term: term.term.lower()))


def read_glossary(file: Path) -> tuple[Term, ...]:
    """The terms of one file; raises ConceptError with all its faults."""
    document = read_yaml(file)
    given = document.value.get("terms")
    if not isinstance(given, list):
        raise ConceptError([document.fault(("terms",), "expected a list", "Write `terms:` and a list of terms.")])
    faults: list[Fault] = []
    terms = [_term(document, i, item, faults) for i, item in enumerate(given)]
    seen: dict[str, int] = {}
    for i, term in enumerate(terms):
        if term is not None and seen.setdefault(term.name, i) != i:
            faults.append(document.fault(("terms", i, "name"), f"duplicate name '{term.name}'", "Keep or rename one."))
    if faults:
        raise ConceptError(faults)
    return tuple(term for term in terms if term is not None)


def _term(document: Document, i: int, item: object, faults: list[Fault]) -> Term | None:
    place = ("terms", i)
    if not isinstance(item, dict):
        faults.append(document.fault(place, "expected a mapping", "Write name, term and text."))
        return None
    before = len(faults)
    for key in set(item) - _KEYS:
        faults.append(document.fault((*place, key), "unknown key", f"There are: {', '.join(sorted(_KEYS))}."))
    for key in ("name", "term", "text"):
        if not isinstance(item.get(key), str) or not item[key].strip():
            faults.append(document.fault((*place, key), "expected text", f"Write `{key}:` and a text."))
    forms = item.get("forms", [item.get("term")])
    if not isinstance(forms, list) or not forms or not all(isinstance(form, str) and form.strip() for form in forms):
        faults.append(document.fault((*place, "forms"), "expected a list of texts", "Write the forms of the term."))
    if isinstance(item.get("name"), str) and not re.match(NAME_PATTERN, item["name"]):
        faults.append(document.fault((*place, "name"), f"{item['name']!r} is not a name", "Use lower-case letters."))
    see = item.get("see", "")
    if see and not re.match(CONCEPT_PATTERN, str(see)):
        faults.append(document.fault((*place, "see"), f"{see!r} is not a concept's key", "Write concept:section/slug."))
    if len(faults) > before:
        return None
    return Term(item["name"], item["term"].strip(), " ".join(item["text"].split()), tuple(forms), see)


def mark_terms(page: str, glossary: Sequence[Term]) -> tuple[str, tuple[Term, ...]]:
    """The page with the first use of each term in its <main> marked, and the terms that it uses.

    A first use becomes ``<dfn><a class="term" href="#term-NAME">...</a></dfn>``. Where no link may stand, as in a
    button, it is a <dfn> alone, and the first use outside is marked too.

    >>> nats = Term("nats", "nats", "A unit.", ("nats",))
    >>> mark_terms("<main><p>Two nats, then nats.</p></main>", [nats])[0]
    '<main><p>Two <dfn><a class="term" href="#term-nats">nats</a></dfn>, then nats.</p></main>'
    """
    marker = _Marker(page, glossary)
    marker.feed(page)
    marker.close()
    return marker.result(), tuple(term for term in glossary if term.name in marker.used)


@dataclass
class _Open:
    tag: str
    skips: bool
    links: bool


class _Marker(HTMLParser):
    """Copies a page as it is, but for the texts in which a term is met for the first time."""

    def __init__(self, page: str, glossary: Sequence[Term]) -> None:
        super().__init__(convert_charrefs=False)
        self._page, self._out = page, [""]
        self._starts = [0]
        for line in page.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._open: list[_Open] = []
        self._copied = 0
        self._text_start: int | None = None
        self.used: set[str] = set()
        self._linked: set[str] = set()
        self._terms = _patterns(glossary)

    def result(self) -> str:
        return "".join(self._out) + self._page[self._copied :]

    def _position(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._flush()
        if tag in _VOID:
            return
        inside = self._open[-1] if self._open else _Open("", True, True)
        names = dict(attributes)
        skips = (inside.skips and tag != "main") or tag in _SKIPPED or "data-no-terms" in names
        self._open.append(_Open(tag, skips, inside.links and tag not in _NO_LINK))

    def handle_endtag(self, tag: str) -> None:
        self._flush()
        while self._open and any(opened.tag == tag for opened in self._open):
            if self._open.pop().tag == tag:
                break

    def handle_data(self, data: str) -> None:
        self._keep()

    def handle_entityref(self, name: str) -> None:
        self._keep()

    def handle_charref(self, name: str) -> None:
        self._keep()

    def handle_comment(self, data: str) -> None:
        self._flush()

    def close(self) -> None:
        super().close()
        self._flush(len(self._page))

    def _keep(self) -> None:
        if self._text_start is None:
            self._text_start = self._position()

    def _flush(self, end: int | None = None) -> None:
        """Mark the terms of the text that ends here."""
        if self._text_start is None:
            return
        start, stop = self._text_start, self._position() if end is None else end
        self._text_start = None
        if not self._open or self._open[-1].skips:
            return
        text = self._page[start:stop]
        marked = self._marked(text, self._open[-1].links)
        if marked != text:
            self._out.append(self._page[self._copied : start] + marked)
            self._copied = stop

    def _marked(self, text: str, links: bool) -> str:
        out, at = [], 0
        for match in self._terms.pattern.finditer(text) if self._terms.pattern else ():
            name = self._terms.name(match[0])
            if name is None or name in (self._linked if links else self.used):
                continue
            self.used.add(name)
            if links:
                self._linked.add(name)
                shown = f'<dfn><a class="term" href="#term-{name}">{match[0]}</a></dfn>'
            else:
                shown = f'<dfn data-term="{name}">{match[0]}</dfn>'
            out += [text[at : match.start()], shown]
            at = match.end()
        return "".join(out) + text[at:]


@dataclass(frozen=True)
class _Patterns:
    pattern: re.Pattern[str] | None
    exact: Mapping[str, str] = field(default_factory=dict)
    folded: Mapping[str, str] = field(default_factory=dict)

    def name(self, found: str) -> str | None:
        text = " ".join(unescape(found).split())
        return self.exact.get(text) or self.folded.get(text.lower())


def _patterns(glossary: Sequence[Term]) -> _Patterns:
    exact: dict[str, str] = {}
    folded: dict[str, str] = {}
    for term in glossary:
        for form in term.forms:
            if form != form.lower():
                exact.setdefault(form, term.name)
            else:
                for written in (form, f"{form}s"):
                    folded.setdefault(written, term.name)
    if not exact and not folded:
        return _Patterns(None)
    longest_first = sorted([*exact, *folded], key=len, reverse=True)
    # What a form in small letters matches in any case is sorted out by `name`.
    words = "|".join(r"\s+".join(map(re.escape, escape(form, quote=False).split())) for form in longest_first)
    return _Patterns(re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE), exact, folded)
