"""Live reload: rebuilds a served site when a file changes, and notifies the open pages."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from onewarm.errors import needs

with needs("onewarm.notebook", "notebook"):
    import watchfiles
    from starlette.requests import Request
    from starlette.responses import Response, StreamingResponse


__all__ = ["Live"]

Report = Callable[[str, bool], None]


class Live:
    """Calls ``build`` whenever a file below one of the folders changes.

    A build that fails leaves the site as it was. The open pages show its error until a later build succeeds.

    Args:
        build: builds the site.
        folders: folders to watch.
        report: called after each build with a message and whether the build succeeded.
    """

    def __init__(
        self, build: Callable[[], object], folders: Sequence[Path], report: Report = lambda message, success: None
    ) -> None:
        self._build, self._folders, self._report = build, folders, report
        self._stop = threading.Event()
        self.built = time.time()
        self.fault = ""

    def run_build(self) -> None:
        """Build now. Errors that an author can correct are reported, not raised."""
        start = time.perf_counter()
        try:
            self._build()
        except (ValueError, OSError, LookupError) as error:
            self.fault = str(error)
            self._report(self.fault, False)
        else:
            self.fault = ""
            self.built = time.time()
            self._report(f"Built in {time.perf_counter() - start:.1f} s.", True)

    def stop(self) -> None:
        """Stop building, and end the event streams of the open pages."""
        self._stop.set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the folders in a thread while the block runs."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.stop()
            thread.join(timeout=10)

    def _watch(self) -> None:
        changes = watchfiles.watch(
            *self._folders, stop_event=self._stop, debounce=200, step=50, rust_timeout=500, raise_interrupt=False
        )
        for _ in changes:
            self.run_build()

    async def events(self, _request: Request) -> Response:
        """The server-sent events that the pages listen to: the time of the last build, and its error."""
        headers = {"content-encoding": "identity"}  # compression would delay the events
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=headers)

    async def _events(self) -> AsyncIterator[str]:
        sent = ""
        while not self._stop.is_set():
            state = json.dumps({"built": self.built * 1000, "fault": self.fault})
            if state != sent:
                sent = state
                yield f"data: {state}\n\n"
            await asyncio.sleep(0.1)
