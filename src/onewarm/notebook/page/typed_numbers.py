"""Numbers in prose are named values: one that is typed, and that the concept could compute, is a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from onewarm.notebook.concept.values import REFERENCE, Values, written
from onewarm.notebook.concept.walk import markdown_texts
from onewarm.notebook.concept.yaml import Document, Fault

__all__ = ["typed_number_faults", "typed_numbers"]

_NUMBER = re.compile(r"(?<![\w.])[-−]?\d*\.\d+(?![\w]|\.\d)")
# Code, and the addresses of links, are not prose; nor are dates and paragraphs such as 3.2.1.
_NO_PROSE = re.compile(r"`[^`]*`|\]\([^)]*\)|<[^>]*>|\d+\.\d+\.\d[\d.]*")


def typed_numbers(text: str) -> tuple[str, ...]:
    """Numbers with three or more decimals or significant digits in a Markdown text: 0.845, but not 0.1 or 0.05.

    >>> typed_numbers("At $0.1$ it is 0.845 and $-0.010$, `0.333`; 12.5, 2.50 and {{ value:loss .3f }}.")
    ('0.845', '-0.010', '12.5', '2.50')
    """
    return tuple(n for n in _NUMBER.findall(_NO_PROSE.sub(" ", REFERENCE.sub(" ", text))) if _computed(n))


def _computed(number: str) -> bool:
    whole, _, decimals = number.lstrip("-−").partition(".")
    significant = (whole + decimals).lstrip("0")
    return len(decimals) >= 3 or len(significant) >= 3


def typed_number_faults(document: Document, values: Values, page: Path, page_text: str) -> Iterator[Fault]:
    """Typed numbers in concept.yaml and page.md, each with the value to write instead, if there is one.

    Not in what a publication says, whose numbers are its own.
    """
    for place, text in markdown_texts(document.value):
        if place[0] != "sources":
            for number in typed_numbers(text):
                yield document.fault(place, f"the number {number} is typed", _remedy(number, values))
    for i, line in enumerate(page_text.splitlines(), start=1):
        for number in typed_numbers(line):
            yield Fault(page, i, "", f"the number {number} is typed", _remedy(number, values))


def _remedy(number: str, values: Mapping[str, float | int | str]) -> str:
    number = number.replace("−", "-")
    form = f".{len(number.partition('.')[2])}f"
    for name, value in values.items():
        if isinstance(value, float | int) and written(value, form).lstrip("-0") == number.lstrip("-0"):
            sign = " without its sign" if (value < 0) != number.startswith("-") and float(number) else ""
            return f"Write {{{{ value:{name} {form} }}}}, which is that number{sign}."
    return f"Compute it in values.py, and write {{{{ value:NAME {form} }}}}."
