"""Headings, sentences and tables of a report on a terminal."""

from __future__ import annotations

from onewarm.checks.visible import visible
from onewarm.errors import needs

with needs("onewarm.report.terminal", "audit"):
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text


def title(console: Console, words: str) -> None:
    """Print an empty line and a heading."""
    console.print()
    console.print(Text(visible(words), "bold"))


def say(console: Console, sentence: str, *, style: str = "", indent: int = 2) -> None:
    """Print a sentence, wrapped and indented."""
    console.print(Padding(Text(visible(sentence), style), (0, 0, 0, indent)))


def table(first: str, *others: str) -> Table:
    """A table without lines: a column of names, which fold, and columns of numbers."""
    made = Table(box=None, padding=(0, 0, 0, 2), show_header=True, header_style="dim")
    made.add_column(first, overflow="fold", ratio=1)
    for name in others:
        made.add_column(name, justify="right", no_wrap=True)
    return made
