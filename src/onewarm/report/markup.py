"""HTML of a report: text, tables and boxes that scroll."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from onewarm.checks.visible import visible
from onewarm.report.numbers import number


def text(value: object) -> str:
    r"""Any text as HTML, with control characters made visible.

    >>> text("a <b>\x1b")
    'a &lt;b&gt;\\x1b'
    """
    return escape(visible(value))


def prose(sentence: str) -> str:
    """A sentence as HTML, with text in backticks marked as code.

    >>> prose("run `onewarm study`")
    'run <code>onewarm study</code>'
    """
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", text(sentence))


def row(cells: Sequence[str], *, chosen: bool = False) -> str:
    """A row of a table's body; the first cell names it. Cells are HTML."""
    first, *rest = cells
    mark = ' class="chosen"' if chosen else ""
    return f'<tr{mark}><th scope="row">{first}</th>{"".join(f"<td>{c}</td>" for c in rest)}</tr>'


def table(name: str, head: Sequence[str], body: Iterable[str], *, caption: str = "") -> str:
    """A table in a box of its own that scrolls sideways where the table is too wide, also by keyboard.

    Args:
        name: of the box, in plain text.
        head: the columns, HTML.
        body: rows of `row`.
        caption: HTML above the table; "" for none.
    """
    above = f"<table><caption>{caption}</caption>" if caption else "<table>"
    columns = "".join(f'<th scope="col">{h}</th>' for h in head)
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{text(name)}">{above}<thead>'
        f"<tr>{columns}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def ends(interval: tuple[float, float] | None) -> str:
    """An interval in a table; "–" where there is none.

    >>> ends((0.1, 0.2)), ends(None)
    ('0.1000 to 0.2000', '–')
    """
    return "–" if interval is None else f"{number(interval[0])} to {number(interval[1])}"
