"""The notebook: build time of all pages; size, time until ready and input latency of each.

Run by itself, since nothing here has a peer: ``python -m benchmarks.notebook`` or ``python -m benchmarks notebook``.
The evidence is that of the home folder (`make open` writes it). Ready is when the stage and the lesson work, whole when
every panel does and is laid out, from a warm server; an input is an arrow key on the demo's first slider, from the
event to the next paint, with the processor slowed 6 times. The floor is a page with one slider and one output: the
best that this browser can do on this machine.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from onewarm.home import home
from onewarm.notebook.site.build import build
from onewarm.notebook.site.server import running

TITLE = "Notebook"
ROUNDS, KEYS, SLOWED = 5, 60, 6
_PAINT = """(count) => { window.taken = [];
  new PerformanceObserver((list) => { for (const e of list.getEntries())
    if (e.name === "keydown") window.taken.push(e.duration); })
    .observe({ type: "event", durationThreshold: 16 }); }"""
_FRAME = """() => new Promise((done) => { const start = performance.now();
  requestAnimationFrame(() => { const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now() - start); channel.port2.postMessage(0); }); })"""
_FLOOR = {
    "index.html": """<!doctype html><html lang="en" class="whole"><meta charset="utf-8"><title>Floor</title>
<body class="live">
<div class="demo"><input type="range" min="0" max="100" aria-label="one"><output>50</output></div>
<script src="floor.js"></script></body></html>""",
    "floor.js": """const [input, output] = document.querySelector(".demo").children;
input.addEventListener("input", () => { output.firstChild.data = input.value; });""",
}
COLUMNS = ("kB sent", "kB uncompressed", "ready s", "whole s", "paint ms, p50", "paint ms, p95")


def in_process_seconds(target: Path, rounds: int = ROUNDS) -> list[float]:
    """`build()` alone, with everything imported and the kernels loaded."""
    folder, taken = home(), []
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((folder / "reports").glob("*.json"))]
    for i in range(rounds + 1):
        start = time.perf_counter()
        build(target / "again", evidence_home=folder, studies=reports, cache=folder / "cache")
        if i:
            taken.append(time.perf_counter() - start)
    return taken


def build_seconds(target: Path, rounds: int = ROUNDS) -> list[float]:
    """Complete `onewarm build` commands, including Python's start."""
    taken = []
    for i in range(rounds + 1):
        start = time.perf_counter()
        command = [sys.executable, "-m", "onewarm", "build", str(target / "site"), "--home", str(home())]
        subprocess.run(command, check=True, capture_output=True)
        if i:  # the first fills caches
            taken.append(time.perf_counter() - start)
    return taken


def page_numbers(browser: Any, address: str) -> dict[str, float]:
    """Size, time until ready and input latency of one page."""
    ready, whole, weight, plain = [], [], 0.0, 0.0
    for _ in range(ROUNDS):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        sizes: list[float] = []
        session.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]))
        uncompressed: list[float] = []
        session.on("Network.dataReceived", lambda event, sizes=uncompressed: sizes.append(event["dataLength"]))
        start = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.wait_for_selector("body.live")
        ready.append(time.perf_counter() - start)
        page.wait_for_selector("html.whole")
        whole.append(time.perf_counter() - start)
        page.wait_for_load_state("networkidle")
        weight, plain = sum(sizes), sum(uncompressed)
        context.close()
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("body.live")
    slider = page.locator(".demo [role=slider], .demo input[type=range]").filter(visible=True).first
    taken: list[float] = []
    if slider.count():
        slider.scroll_into_view_if_needed()
        page.wait_for_timeout(500)  # content near the screen is drawn now
        slider.focus()
        reads = "e => e.value ?? e.ariaValueNow"
        before = slider.evaluate(reads)
        page.keyboard.press("ArrowRight")
        if slider.evaluate(reads) == before:
            raise RuntimeError(f"{address}: the slider did not move, so nothing can be measured")
        session = context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        page.evaluate(_PAINT, KEYS)
        for i in range(KEYS):
            page.keyboard.press("ArrowRight" if i % 20 < 10 else "ArrowLeft")
            page.evaluate(_FRAME)
        page.wait_for_timeout(300)
        # The browser reports only what took 16 ms or more, in steps of 8: the rest count as 16.
        slow = [float(t) for t in page.evaluate("window.taken")][:KEYS]
        taken = sorted(slow + [16.0] * (KEYS - len(slow)))
    context.close()
    found = [weight / 1000, plain / 1000, statistics.median(ready), statistics.median(whole)]
    if taken:
        found += [statistics.median(taken), taken[int(0.95 * len(taken))]]
    return dict(zip(COLUMNS, found, strict=False))


def main(console: Console | None = None) -> dict[str, Any]:
    """Print the table and return its numbers."""
    console = console or Console()
    chromium = shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        seconds = build_seconds(place)
        console.print(f"onewarm build, complete command: median {statistics.median(seconds):.2f} s of {len(seconds)}")
        alone = in_process_seconds(place)
        console.print(f"build() alone, in a process that has imported it: median {statistics.median(alone):.2f} s")
        report: dict[str, Any] = {"build_s": seconds, "build_alone_s": alone, "pages": {}}
        if chromium is None:
            console.print("no chromium: pages were not measured")
            return report
        from playwright.sync_api import sync_playwright

        table = Table(title=TITLE, title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("page")
        for head in COLUMNS:
            table.add_column(head, justify="right")
        site = place / "site"
        for name, text in _FLOOR.items():
            (site / "floor").mkdir(exist_ok=True)
            (site / "floor" / name).write_text(text, encoding="utf-8")
        with running(site) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
            )
            for file in [site / "floor" / "index.html", *sorted(site.glob("concept/*/*/index.html"))]:
                where = file.parent.relative_to(site).as_posix()
                found = report["pages"][where] = page_numbers(browser, f"{address}{where}/")
                table.add_row(file.parent.name, *(f"{found[h]:.3g}" if h in found else "-" for h in COLUMNS))
            browser.close()
        console.print(table)
    return report


if __name__ == "__main__":
    print(json.dumps(main()))
