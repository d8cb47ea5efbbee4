"""Progress of long commands: bars in a terminal, log lines elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from onewarm.cli.console import output

Report = Callable[[str, float, float], None]
"""Called with the description of a job, the amount done, and the total."""


class Bars:
    """Progress bars of one command."""

    def __init__(self, show: Callable[[object, str, float, float], None]) -> None:
        self._show = show

    def each(self, what: str, done: float, total: float) -> None:
        """Report progress on the bar named ``what``."""
        self._show(what, what, done, total)

    def steps(self) -> Report:
        """A bar for one job of several steps: its description is the current step."""
        job = object()
        return lambda what, done, total: self._show(job, what, done, total)


@contextmanager
def bars(console: Console = output) -> Iterator[Bars]:
    """Bars with counts, time spent and time left; on a console that is not a terminal, log lines."""
    if not console.is_terminal:
        yield Bars(_lines(console))
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[object, TaskID] = {}

        def show(job: object, what: str, done: float, total: float) -> None:
            if job not in tasks:
                tasks[job] = progress.add_task(what, total=total, count="")
            count = f"{int(done)}/{int(total)}"
            progress.update(tasks[job], description=escape(what), completed=done, total=total, count=count)

        yield Bars(show)


@contextmanager
def late_bar(console: Console, seconds: float = 2.0) -> Iterator[Report]:
    """A bar, or lines, of a job that is most often too quick for one: nothing is shown in its first seconds."""
    began, shown = time.monotonic(), list[Report]()
    with ExitStack() as opened:

        def tell(what: str, done: float, total: float) -> None:
            if not shown and time.monotonic() - began >= seconds:
                shown.append(opened.enter_context(bars(console)).steps())
            for show in shown:
                show(what, done, total)

        yield tell


def _lines(console: Console, every: float = 5.0) -> Callable[[object, str, float, float], None]:
    """Lines of a log: for each description at most one in ``every`` seconds, and one when it is done.

    The time left is told once a twentieth of the work has been done here: the first steps pay for what starts once.
    """
    began: dict[str, tuple[float, float]] = {}
    printed: dict[str, float] = {}

    def show(job: object, what: str, done: float, total: float) -> None:
        now = time.monotonic()
        last = printed.get(what, -math.inf)
        if last == math.inf or (done < total and now - last < every):
            return
        start, first = began.setdefault(what, (now, done))
        printed[what] = now if done < total else math.inf
        told = done < total and now > start and done - first >= (total - first) / 20
        left = f", {(now - start) * (total - done) / (done - first):.0f} s left" if told else ""
        console.print(f"{what}: {int(done)}/{int(total)}{left}", markup=False, highlight=False, soft_wrap=True)
        console.file.flush()

    return show
