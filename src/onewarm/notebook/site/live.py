"""Keeps a served site in step with folders that somebody is writing in: builds again, and tells the open pages."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import watchfiles
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

__all__ = ["Live"]

Tell = Callable[[str, bool], None]


class Live:
    """Builds with `build` whenever a file below one of the `folders` changes.

    A build that fails leaves the site as it was; what it said is told on the open pages and to `tell`, as
    (text, whether all is well), until one works.
    """

    def __init__(
        self, build: Callable[[], object], folders: Sequence[Path], tell: Tell = lambda text, well: None
    ) -> None:
        self._build, self._folders, self._tell = build, folders, tell
        self._stop = threading.Event()
        self.built = time.time()
        self.fault = ""

    def run_build(self) -> None:
        """Build now. Every fault that an author can mend is told, none is raised."""
        start = time.perf_counter()
        try:
            self._build()
        except (ValueError, OSError, LookupError) as error:
            self.fault = str(error)
            self._tell(self.fault, False)
        else:
            self.fault = ""
            self.built = time.time()
            self._tell(f"Built in {time.perf_counter() - start:.1f} s.", True)

    def stop(self) -> None:
        """No more builds, and the end of every page's events."""
        self._stop.set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch from a thread while the block runs."""
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
        """What the pages listen to: server-sent events with the time of the last build and its fault."""
        headers = {"content-encoding": "identity"}  # compression would hold events back
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=headers)

    async def _events(self) -> AsyncIterator[str]:
        told = ""
        while not self._stop.is_set():
            state = json.dumps({"built": self.built * 1000, "fault": self.fault})
            if state != told:
                told = state
                yield f"data: {state}\n\n"
            await asyncio.sleep(0.1)
