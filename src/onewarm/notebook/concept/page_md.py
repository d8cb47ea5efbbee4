"""Reads page.md: its part `## Math`, and its labelled equations `$$ ... $$ (name)`."""

import re
from itertools import pairwise
from pathlib import Path

from onewarm.errors import needs
from onewarm.notebook.concept.keys import NAME_PATTERN
from onewarm.notebook.concept.model import Part
from onewarm.notebook.concept.yaml import ConceptError, Fault, nearest, read_text

with needs("onewarm.notebook", "notebook"):
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin


PARTS = ("Math",)


class PageEquation(Part):
    """A labelled equation of page.md."""

    name: str
    latex: str
    line: int
    """1-based line of page.md."""


class Page(Part):
    """The math of page.md, and its labelled equations in order."""

    math: str
    math_line: int
    """1-based line of page.md on which the Markdown in `math` starts."""
    equations: tuple[PageEquation, ...]


def markdown_parser() -> MarkdownIt:
    """The parser of every text of a concept: CommonMark and tables, `$...$`, `$$...$$ (name)`; no raw HTML.

    A dollar sign next to a digit starts math too, as in `$2^k$`; a literal one is written `\\$`.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return parser.use(dollarmath_plugin, allow_labels=True, allow_space=False, double_inline=False)


def read_page(file: Path) -> Page:
    """The contents of page.md.

    Raises:
        ConceptError: a part is missing, unknown or repeated, or an equation's label is not a name or is repeated.
    """
    page, _, faults = try_page(file)
    if page is None:
        raise ConceptError(faults)
    return page


def try_page(file: Path) -> tuple[Page | None, dict[str, int], list[Fault]]:
    """The contents of page.md (None if it has faults), the line of each equation's label, and the faults."""
    try:
        text = read_text(file)
    except ConceptError as error:
        return None, {}, list(error.faults)
    faults: list[Fault] = []
    tokens = markdown_parser().parse(text)
    headings: dict[str, tuple[int, int]] = {}
    for token, inline in pairwise(tokens):
        if token.type != "heading_open" or token.tag not in ("h1", "h2") or token.level or not token.map:
            continue
        line, title = token.map[0] + 1, inline.content.strip()
        if token.tag == "h1" or title not in PARTS:
            remedy = f"Write `## {title}`." if title in PARTS else nearest(title, PARTS)
            remedy += " Headings inside a part start with ###."
            faults.append(Fault(file, line, "", f"unknown part '{'#' if token.tag == 'h1' else '##'} {title}'", remedy))
        elif title in headings:
            remedy = f"It is on line {headings[title][0]} already; keep one."
            faults.append(Fault(file, line, "", f"repeated part '{title}'", remedy))
        else:
            headings[title] = (line, token.map[1])
    if "Math" not in headings:
        faults.append(Fault(file, 1, "", "missing part 'Math'", "Add the line `## Math`."))
    equations: dict[str, PageEquation] = {}
    for token in tokens:
        if token.type == "math_block_label" and token.map:
            line = token.map[0] + 1
            if not re.match(NAME_PATTERN, token.info):
                remedy = "Use lower-case letters, digits and single hyphens, as in `(finite-gap)`."
                faults.append(Fault(file, line, "", f"equation label '{token.info}' is not a name", remedy))
            elif token.info in equations:
                remedy = f"Line {equations[token.info].line} has it already; choose another."
                faults.append(Fault(file, line, "", f"duplicate equation label '{token.info}'", remedy))
            else:
                equations[token.info] = PageEquation(name=token.info, latex=token.content.strip(), line=line)
    labels = {name: equation.line for name, equation in equations.items()}
    if faults:
        return None, labels, faults
    lines = text.splitlines(keepends=True)
    start = headings["Math"][1]
    page = Page(
        math="".join(lines[start:]),
        math_line=start + 1,
        equations=tuple(equations.values()),
    )
    return page, labels, faults
