"""Numbers in prose are named values: one that is typed, and that the concept could compute, is a fault."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from onewarm.notebook.concept.values import REFERENCE, Values, written
from onewarm.notebook.concept.walk import markdown_texts
from onewarm.notebook.concept.yaml import Document, Fault

__all__ = ["settings", "typed_number_faults", "typed_numbers"]

_NUMBER = re.compile(r"(?<![\w.])[-−]?\d*\.\d+(?![\w]|\.\d)")
# Code, and the addresses of links, are not prose; nor are dates, and places in publications such as Section 3.2.
_PLACE = r"\b(?:Section|Table|Figure|Equation|Chapter|Part)s? \d+\.\d+"
_NO_PROSE = re.compile(rf"`[^`]*`|\]\([^)]*\)|<[^>]*>|\d+\.\d+\.\d[\d.]*|{_PLACE}")
_IN_CODE = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?!\w)", re.IGNORECASE)
_CODE = ("check", "compute", "expression")


def typed_numbers(text: str, given: Collection[float] = ()) -> tuple[str, ...]:
    """Decimals in a Markdown text that are results: those with three or more decimals or significant digits, and of the
    shorter ones those that are no setting, that is not among the ``given`` numbers.

    >>> typed_numbers("At $0.1$ it is 0.85 and $-0.010$, `0.333`; 12.5 and {{ value:loss .3f }}.", {0.1})
    ('0.85', '-0.010', '12.5')
    """
    found = _NUMBER.findall(_NO_PROSE.sub(" ", REFERENCE.sub(" ", text)))
    return tuple(number for number in found if _long(number) or _size(number) not in given)


def _long(number: str) -> bool:
    whole, _, decimals = number.lstrip("-−").partition(".")
    significant = (whole + decimals).lstrip("0")
    return len(decimals) >= 3 or len(significant) >= 3


def _size(number: str) -> float:
    return float(number.lstrip("-−"))


def settings(value: Any, code: Iterable[str] = ()) -> frozenset[float]:
    """The sizes of all numbers that a concept is made with: in the values of concept.yaml (demo, states, questions,
    draws), in its checks and expressions, and in its code.

    >>> sorted(settings({"draw": {"K": [4, 10]}, "check": "print(np.log(2) - 1e-3)", "text": "0.7"}, ["a = -.5"]))
    [0.001, 0.5, 2.0, 4.0, 10.0]
    """
    parts = (*code, *_code_in(value))
    return frozenset([*_numbers_in(value), *(float(n) for text in parts for n in _IN_CODE.findall(text))])


def _numbers_in(value: Any) -> Iterator[float]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield abs(float(value))
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _numbers_in(item)


def _code_in(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, str) and key in _CODE:
        yield value
    for name, item in value.items() if isinstance(value, dict) else ():
        yield from _code_in(item, key if key in _CODE else name)
    for item in value if isinstance(value, list) else ():
        yield from _code_in(item, key)


def typed_number_faults(
    document: Document, values: Values, page: Path, page_text: str, code: Iterable[str] = ()
) -> Iterator[Fault]:
    """Typed numbers in concept.yaml and page.md, each with the value to write instead, if there is one.

    Not in what a publication says, whose numbers are its own. ``code`` is that of the page, whose numbers are settings.
    """
    given = settings(document.value, code)
    for place, text in markdown_texts(document.value):
        if place[0] == "sources":
            continue
        for number in typed_numbers(text, given):
            yield document.fault(place, f"the number {number} is typed", _remedy(number, values))
        if place[0] == "practice":
            for number, name in _drawn(text, document.value["practice"][place[1]].get("draw")):
                problem = f"the number {number} is typed, and '{name}' is drawn"
                yield document.fault(place, problem, f"Write {{{{ value:{name} }}}}, which is that number at first.")
    for i, line in enumerate(page_text.splitlines(), start=1):
        for number in typed_numbers(line, given):
            yield Fault(page, i, "", f"the number {number} is typed", _remedy(number, values))


def _drawn(text: str, draw: Any) -> Iterator[tuple[str, str]]:
    """Decimals in a text of an exercise that are the first of the numbers to draw: another set has another."""
    first = {name: options[0] for name, options in draw.items()} if isinstance(draw, dict) else {}
    for number in _NUMBER.findall(_NO_PROSE.sub(" ", REFERENCE.sub(" ", text))):
        for name, value in first.items():
            if isinstance(value, float) and value == _size(number):
                yield number, name


def _remedy(number: str, values: Mapping[str, float | int | str]) -> str:
    number = number.replace("−", "-")
    form = f".{len(number.partition('.')[2])}f"
    for name, value in values.items():
        if isinstance(value, float | int) and written(value, form).lstrip("-0") == number.lstrip("-0"):
            sign = " without its sign" if (value < 0) != number.startswith("-") and float(number) else ""
            return f"Write {{{{ value:{name} {form} }}}}, which is that number{sign}."
    return f"Compute it in values.py, and write {{{{ value:NAME {form} }}}}."
