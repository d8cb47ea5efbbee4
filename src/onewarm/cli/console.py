"""The two consoles, and how an error ends a command."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import typer
from rich.console import Console
from rich.markup import escape

from onewarm.checks.visible import visible
from onewarm.errors import InputError, MissingExtraError

output = Console()
errors = Console(stderr=True)


@contextmanager
def friendly() -> Iterator[None]:
    """End the command with one sentence and exit code 2 for errors that are meant for the user.

    These are errors about the input, a missing extra, and errors of the file system or the network. Any other error
    is a bug in onewarm and stays a traceback. $ONEWARM_DEBUG shows a traceback for all of them. Ctrl-C exits with 130,
    and SIGTERM, within `sigterm_as_ctrl_c`, with 143.
    """
    try:
        yield
    except (InputError, MissingExtraError, OSError) as error:
        if os.environ.get("ONEWARM_DEBUG"):
            raise
        text = str(error)
        if isinstance(error, OSError) and error.errno is not None:  # without "[Errno 28]"
            text = ": ".join(str(part) for part in (error.filename, error.strerror) if part is not None)
        said = "\n".join(map(visible, text.split("\n")))
        errors.print(f"[bold red]error:[/bold red] {escape(said)}", soft_wrap=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt as stopped:
        errors.print(
            "\nStopped; no file is incomplete. A study's finished runs are stored: the same command resumes it."
        )
        raise typer.Exit(143 if isinstance(stopped, Terminated) else 130) from None


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Raise SIGTERM, by which schedulers, containers and `timeout` end a command, as Ctrl-C is raised.

    Otherwise a process ends at once: its workers are left to notice, and joblib warns of what it did not clean up.
    """

    def raised(number: int, frame: FrameType | None) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, raised)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
