"""The two consoles, and how an error ends a command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

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
    is a bug in onewarm and stays a traceback. $ONEWARM_DEBUG shows a traceback for all of them. Ctrl-C exits with 130.
    """
    try:
        yield
    except (InputError, MissingExtraError, OSError) as error:
        if os.environ.get("ONEWARM_DEBUG"):
            raise
        text = str(error)
        if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
            text = f"{error.filename}: {error.strerror}"  # without "[Errno 28]"
        said = "\n".join(map(visible, text.split("\n")))
        errors.print(f"[bold red]error:[/bold red] {escape(said)}", soft_wrap=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        errors.print(
            "\nStopped; no file is incomplete. A study's finished runs are stored: the same command resumes it."
        )
        raise typer.Exit(130) from None
