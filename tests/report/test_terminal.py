"""Headings, sentences and tables on a terminal: nothing of a file's text is obeyed."""

import io

from rich.console import Console

from onewarm.report.terminal import say, table, title


def test_text_is_visible_and_no_markup():
    console = Console(file=io.StringIO(), width=40)
    title(console, "[bold]T\x1b")
    say(console, "[red]long " * 8)
    made = table("arm", "NLL")
    made.add_row("hard", "0.1")
    console.print(made)
    lines = console.file.getvalue().splitlines()
    assert lines[:2] == ["", "[bold]T\\x1b"] and lines[2].startswith("  [red]long")
    assert max(map(len, lines)) <= 40 and lines[-1].split() == ["hard", "0.1"]
