"""The kit's modules in a real browser: a test names what it imports and runs JavaScript with it."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.concept.demo_bundle import bundle_demo

PAGE = "<!doctype html><html lang=en><meta charset=utf-8><title>Kit</title><body></body></html>"


@pytest.fixture
def kit(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`kit("fields", "row", "rules")` is a page in which JavaScript finds those names of onewarm/fields.js in `kit`.

    At the end nothing may have been written to the console.
    """
    context = chromium.new_context(viewport={"width": 800, "height": 600})
    problems: list[str] = []

    def opened(module: str, *names: str, **others: tuple[str, ...]) -> Any:
        imports = {module: names, **others}
        lines = [f'import {{ {", ".join(taken)} }} from "onewarm/{file}.js";' for file, taken in imports.items()]
        every = ", ".join(name for taken in imports.values() for name in taken)
        demo = tmp_path / "demo.js"
        demo.write_text("\n".join([*lines, f"export const kit = {{ {every} }};", "export default {};\n"]))
        tab = context.new_page()
        tab.on("console", lambda message: problems.append(message.text))
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.set_content(PAGE)
        code = base64.b64encode(bundle_demo(demo).encode()).decode()
        tab.evaluate(
            "async code => { window.kit = (await import('data:text/javascript;base64,' + code)).kit; }",
            f"{code}",
        )
        return tab

    yield opened
    context.close()
    assert problems == []
