"""What a page writes down: publications, equations and its code."""

from typing import Annotated, Literal

from onewarm.errors import needs
from onewarm.notebook.concept.model.parts import HTTPS_PATTERN, Name, Part, Plain, Text

with needs("onewarm.notebook", "notebook"):
    from pydantic import StringConstraints


class Source(Part):
    """A publication that the page relies on, with the exact place."""

    name: Name
    """Slug, unique among the sources."""
    title: Plain
    """Title of the publication; plain text."""
    citation: Plain
    """Authors, venue, year; plain text."""
    url: Annotated[str, StringConstraints(pattern=HTTPS_PATTERN)]
    """Address, https."""
    place: Plain
    """Section, equation or table; plain text."""
    read: Literal["full text", "abstract", "the authors' README", "cited, not read"]
    """How the author of `summary` read it; `cited, not read` is for a classic whose content is common knowledge."""
    summary: Text
    """What that place says, in your own words."""


class Equation(Part):
    """A numbered equation; its LaTeX is in page.md, as `$$ ... $$ (name)`."""

    name: Name
    """The label of the equation in page.md."""
    title: Plain
    """Title of the equation; plain text."""
    summary: Text
    """The equation in words, in one sentence."""


class Code(Part):
    """The page's code: witness.py, which runs when the page is built."""

    name: Name
    """Slug; part of the key of the code."""
    title: Plain
    """Caption of the listing; plain text."""
    text: Text
    """What to look for in the code."""
    output: Plain
    """Exactly what witness.py prints; plain text. Compared when the page is built."""
