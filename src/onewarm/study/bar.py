"""The progress bar of studies: runs done, time elapsed, time left."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Steps(Protocol):
    """What `engine.Progress` is; named here so that a bar can stand before PyTorch is imported."""

    @property
    def done(self) -> float: ...
    @property
    def saved(self) -> int: ...
    @property
    def total(self) -> int: ...


class StudyBar:
    """A Rich bar, one line a study: `with StudyBar() as bar: run_study("digits", progress=bar.study("digits"))`."""

    def __init__(self, console: Console | None = None) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[runs]}"),
            TimeElapsedColumn(),
            TextColumn("elapsed,"),
            TimeRemainingColumn(elapsed_when_finished=False),
            TextColumn("left"),
            console=console or Console(stderr=True),
            speed_estimate_period=600,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def study(self, title: str) -> Any:
        """A line for one study, moving but without numbers yet; returns what `run_study` takes as `progress`."""
        task = self._progress.add_task(title, total=None, runs="")

        def moved(at: Steps) -> None:
            self._progress.update(task, completed=at.done, total=at.total, runs=f"{at.saved}/{at.total} runs")

        return moved
