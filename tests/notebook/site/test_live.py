"""Live reload: a saved file is on the open page, a fault leaves the last good page, and the server can be stopped."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.site.build import build
from onewarm.notebook.site.live import Live
from onewarm.notebook.site.server import running


def test_a_failed_build_is_reported_until_one_succeeds() -> None:
    reports: list[tuple[str, bool]] = []
    faults = iter([ValueError("a: b. Correct it."), OSError("disk"), None])

    def work() -> None:
        if fault := next(faults):
            raise fault

    live = Live(work, [], lambda message, success: reports.append((message, success)))
    live.run_build()
    assert live.fault == "a: b. Correct it."
    built = live.built
    live.run_build()
    assert (live.fault, live.built) == ("disk", built)
    live.run_build()
    assert live.fault == "" and live.built > built
    assert [(message.split(" in ")[0], success) for message, success in reports] == [
        ("a: b. Correct it.", False), ("disk", False), ("Built", True),
    ]  # fmt: skip


def test_it_watches(tmp_path: Path) -> None:
    count: list[float] = []
    live = Live(lambda: count.append(time.monotonic()), [tmp_path])
    with live.watching():
        end = time.monotonic() + 10
        while not count and time.monotonic() < end:
            (tmp_path / "concept.yaml").write_text(str(time.monotonic()))
            time.sleep(0.3)
    assert count


def test_pages_that_are_not_live_do_not_listen(folder: Any, tmp_path: Path) -> None:
    site = build(tmp_path / "site", concepts=[folder.write(tmp_path / "coin")])
    assert not (site / "assets/reload.js").exists()
    assert "reload.js" not in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.browser
def test_the_open_page_follows_the_folder(visit: Callable[..., Any], folder: Any, tmp_path: Path) -> None:
    place = tmp_path / "mine"
    folder.write(place / "coin")
    page_md = place / "coin/page.md"
    site = tmp_path / "site"
    live = Live(lambda: build(site, concepts=[place / "coin"], cache=tmp_path / "cache", live=True), [place])
    live.run_build()
    assert live.fault == ""
    with running(site, live=live) as address:
        seen = visit(address + "concept/basics/coin/index.html")
        page, text = seen.page, page_md.read_text(encoding="utf-8")
        page_md.write_text(text.replace("Two chances:", "Heads, <b>or</b> tails:"), encoding="utf-8")
        page.wait_for_selector("text=Heads, <b>or</b> tails:")
        page_md.write_text(text + "\n$\\foo$ <script>alert(1)</script>\n", encoding="utf-8")
        page.wait_for_selector(".live-note pre")
        assert f"{page_md}:9: the formula `\\foo` does not convert" in page.inner_text(".live-note")
        assert page.locator("text=Heads, <b>or</b> tails:").count() == 1  # the last page that was built
        page_md.write_text(text, encoding="utf-8")
        page.wait_for_selector("#math .prose >> text=Two chances:")
        assert page.locator(".live-note pre").count() == 0
        page.context.close()
