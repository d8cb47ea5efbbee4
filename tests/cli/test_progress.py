"""Bars in a terminal, lines elsewhere: one bar a job, whatever its steps are called and however many they are."""

import io
import re
import time

import pytest
from rich.console import Console

from onewarm.cli import progress
from onewarm.cli.progress import bars, late_bar


def printed(report, *, terminal):
    """What is on the console after ``report`` has used the bars, without colours."""
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    with bars(console) as all_bars:
        report(all_bars)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())


def test_jobs_with_the_same_total_have_bars_of_their_own():
    def report(all_bars):
        claims, pages = all_bars.steps(), all_bars.steps()
        claims("first claim", 0, 4)
        claims("second claim", 4, 4)
        pages("a page", 1, 4)
        all_bars.each("study of digits", 2, 4)
        all_bars.each("study of blobs", 3, 4)

    last = printed(report, terminal=True).split("\r")[-1]
    lines = [line for line in last.splitlines() if line.strip()][-4:]
    assert [re.search(r"^(.*?) [━╸╺ ]*(\d/4)", line).groups() for line in lines] == [
        ("second claim   ".rstrip(), "4/4"),
        ("a page", "1/4"),
        ("study of digits", "2/4"),
        ("study of blobs", "3/4"),
    ]


def test_lines_are_rare_but_the_last_one_is_there_once(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def report(all_bars):
        for done in range(101):
            now[0] = done / 10  # ten steps a second
            all_bars.each("study [x]", done, 100)
        all_bars.each("study [x]", 100, 100)

    assert printed(report, terminal=False).splitlines() == [
        "study [x]: 0/100",
        "study [x]: 50/100, 5 s left",
        "study [x]: 100/100",
    ]


def test_time_left_counts_what_was_done_here_and_not_at_first(monkeypatch):
    """The first runs pay for what starts once ("1304 s left" of 90), and runs of the store cost nothing."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def report(all_bars):
        for now[0], done in ((0.0, 50), (10.0, 51), (20.0, 60), (30.0, 75)):
            all_bars.each("study", done, 100)

    assert printed(report, terminal=False).splitlines() == [
        "study: 50/100",
        "study: 51/100",
        "study: 60/100, 80 s left",
        "study: 75/100, 30 s left",
    ]


@pytest.mark.parametrize("every", [0.0, 2.0])
def test_lines_wait_so_many_seconds(monkeypatch, every):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    console = Console(file=io.StringIO(), width=100)
    show = progress._lines(console, every)
    for done in range(4):
        now[0] = float(done)
        show(None, "work", done, 10)
    assert len(console.file.getvalue().splitlines()) == (4 if every == 0 else 2)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_job_that_is_quick_shows_nothing(monkeypatch, terminal):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    with late_bar(console) as tell:
        tell("Reading a.csv, MB", 1, 100)
        now[0] = 1.9
        tell("Reading a.csv, MB", 40, 100)
        assert console.file.getvalue() == ""
        now[0] = 2.1
        tell("Reading a.csv, MB", 50, 100)
    assert "Reading a.csv, MB" in console.file.getvalue() and "50/100" in console.file.getvalue()
