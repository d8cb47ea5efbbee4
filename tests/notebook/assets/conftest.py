"""The scripts of the page by themselves, in a real browser: no page of ours around them, and no server."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

ASSETS = Path(str(files("onewarm.notebook") / "assets"))
BLANK = "<!doctype html><html lang=en><meta charset=utf-8><title>Blank</title><body></body></html>"


@pytest.fixture
def blank(chromium: Any) -> Iterator[Any]:
    """An empty page that can import "./NAME.js" of assets/; at the end nothing may have been written to the console."""
    context = chromium.new_context()
    problems: list[str] = []

    def answer(route: Any) -> None:
        name = route.request.url.rsplit("/", 1)[-1]
        if name:
            route.fulfill(content_type="text/javascript", body=(ASSETS / name).read_text(encoding="utf-8"))
        else:
            route.fulfill(content_type="text/html", body=BLANK)

    context.route("http://assets.test/*", answer)
    page = context.new_page()
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("http://assets.test/")
    yield page
    context.close()
    assert problems == []
