"""`onewarm warm`: compile in advance what this machine may need."""

from __future__ import annotations

from rich.markup import escape

from onewarm.cli.console import friendly, output
from onewarm.cli.progress import bars


def warm() -> None:
    """Compile the loss and the calibration passes for this machine, for all types of numbers.

    Nobody has to: what is needed is compiled when it is first needed, in seconds, and kept. This does all of it in
    advance, such as for a container's image: `RUN python -m onewarm warm`. The files go to $NUMBA_CACHE_DIR if that
    is set, else into the package's folder or, where that cannot be written to, the user's cache folder.
    """
    with friendly():
        from onewarm.warm import warm as compile_all

        with bars() as progress:
            done = compile_all(lambda done, total: progress.each("compiling", done, total))
        output.print(
            f"{done.functions} functions are in {escape(str(done.folder))} ({done.seconds:.0f} s).",
            soft_wrap=True,
            highlight=False,
        )
