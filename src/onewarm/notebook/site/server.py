"""Serves a built site to browsers on the same machine: static files, and nothing outside the site's folder."""

from __future__ import annotations

import gzip
import os
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path

from onewarm.errors import InputError, needs
from onewarm.notebook.site.live import Live
from onewarm.notebook.site.render import CONTENT_POLICY

with needs("onewarm.notebook", "notebook"):
    import brotli
    import uvicorn
    from starlette.applications import Starlette
    from starlette.datastructures import Headers
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.requests import Request
    from starlette.responses import FileResponse, PlainTextResponse, Response
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


__all__ = ["PortTakenError", "application", "running", "serve"]

LOOPBACK = "127.0.0.1"
HEADERS = {
    "content-security-policy": CONTENT_POLICY + "; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
_TEXTS = ("text/", "application/json", "application/javascript", "image/svg+xml")
_SHORT = 1024  # bytes of a text that is not worth compressing
_ENCODINGS: dict[str, Callable[[bytes], bytes]] = {  # the best first; browsers take brotli from this machine too
    "br": lambda text: bytes(brotli.compress(text, quality=9)),
    "gzip": lambda text: gzip.compress(text, mtime=0),
}
_OF_THE_WHOLE = ("content-length", "accept-ranges")


class PortTakenError(OSError):
    """The port is not available: the message names it and has a remedy."""


def application(
    folder: Path | str, *, hosts: tuple[str, ...] = (LOOPBACK, "localhost", "[::1]"), live: Live | None = None
) -> Starlette:
    """The ASGI application that serves the site in a folder.

    Args:
        folder: a built site.
        hosts: host names that requests may name; others are refused.
        live: serves its events too, under /events.

    Raises:
        FileNotFoundError: the folder has no index.html.
    """
    root = Path(folder).absolute()
    if not (root / "index.html").is_file():
        raise FileNotFoundError(f"{root} holds no index.html; build the site first: onewarm build {root}")
    events = [Route("/events", live.events)] if live else []
    return Starlette(
        routes=[*events, Mount("/", _Files(directory=root, html=True))],
        middleware=[
            Middleware(_Headers),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        ],
        exception_handlers={404: _not_found},
    )


def serve(
    folder: Path | str,
    *,
    port: int = 8000,
    open_browser: bool = True,
    ready: Callable[[str], None] | None = None,
    live: Live | None = None,
) -> None:
    """Serve the site on this machine until Ctrl-C.

    Args:
        folder: a built site.
        port: 1 to 65535, or 0 for any free port.
        open_browser: open the site in the browser.
        ready: called with the address once the server listens.
        live: rebuilds the site whenever its folders change; open pages then reload.

    Raises:
        PortTakenError: the port is not available.
        ValueError: ``port`` is outside 0 to 65535.
        FileNotFoundError: the folder has no index.html.
    """
    app = application(folder, live=live)
    with _listen(port) as listener, live.watching() if live else nullcontext():
        address = f"http://{LOOPBACK}:{listener.getsockname()[1]}/"

        def started() -> None:
            if ready is not None:
                ready(address)
            if open_browser:
                webbrowser.open(address)

        try:
            _Server(app, started, live).run(sockets=[listener])
        except KeyboardInterrupt:
            return  # uvicorn has closed its connections before it raises this again


@contextmanager
def running(folder: Path | str, *, port: int = 0, live: Live | None = None) -> Iterator[str]:
    """Serve the site in a thread while the block runs; gives its address. Arguments and errors are those of `serve`.

    >>> import urllib.request, tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as name:
    ...     _ = pathlib.Path(name, "index.html").write_text("hello")
    ...     with running(name) as address, urllib.request.urlopen(address) as answer:
    ...         answer.read()
    b'hello'
    """
    app = application(folder, live=live)
    up = threading.Event()
    with _listen(port) as listener, live.watching() if live else nullcontext():
        server = _Server(app, up.set, live)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            if not up.wait(timeout=20):
                raise RuntimeError("the server did not start within 20 s")
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(timeout=10)


class _Server(uvicorn.Server):
    """uvicorn's server, which calls `started` once it listens."""

    def __init__(self, app: ASGIApp, started: Callable[[], None], live: Live | None) -> None:
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
        super().__init__(config)
        self._started, self._live = started, live

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._live:
            self._live.stop()  # otherwise uvicorn waits for the event streams of the open pages
        await super().shutdown(sockets)


class _Files(StaticFiles):
    """Static files, except those whose name, or a folder's, starts with a dot."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if any(part.startswith(".") and part != "." for part in Path(path).parts):
            return await _not_found(Request(scope), None)
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or its text compressed, for which it is read and compressed once."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        asked = Headers(scope=scope)
        text = str(response.media_type).startswith(_TEXTS) and stat_result.st_size >= _SHORT
        if not (text and isinstance(response, FileResponse)):
            return response
        response.headers.add_vary_header("Accept-Encoding")
        listed = asked.get("accept-encoding", "").replace(" ", "").split(",")
        accepted = {name.partition(";")[0] for name in listed if not name.endswith(";q=0")}
        encoding = next((name for name in _ENCODINGS if name in accepted), None)
        if encoding is None or "range" in asked:
            return response
        body = _compressed(str(full_path), encoding, stat_result.st_mtime_ns, stat_result.st_size)
        kept = {name: value for name, value in response.headers.items() if name not in _OF_THE_WHOLE}
        return Response(body, status_code, {**kept, "content-encoding": encoding})


@lru_cache(maxsize=256)
def _compressed(path: str, encoding: str, _modified: int, _size: int) -> bytes:
    return _ENCODINGS[encoding](Path(path).read_bytes())


class _Headers:
    """Adds the security headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    *((name.encode(), value.encode()) for name, value in HEADERS.items()),
                ]
            await send(message)

        await self.app(scope, receive, with_headers)


async def _not_found(_request: Request, _error: Exception | None) -> Response:
    return PlainTextResponse("Nothing here.", status_code=404)


@contextmanager
def _listen(port: int) -> Iterator[socket.socket]:
    if not 0 <= port <= 65535:
        raise InputError(f"port {port} is out of range; choose one from 1 to 65535, or 0 for any free one")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
            listener.listen(128)
        except PermissionError:
            raise PortTakenError(f"port {port} needs administrator rights; use any free one with --port 0") from None
        except OSError as error:
            raise PortTakenError(
                f"port {port} is in use by another program ({error.strerror}); use any free one with --port 0, "
                f"or stop that program"
            ) from None
        yield listener
    finally:
        listener.close()
