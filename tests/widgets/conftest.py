"""Notebook servers for the widgets: started on a free port of this machine, with a home of their own, and stopped."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import onewarm


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts `python -m ARGUMENTS` ({port} is filled in) in `tmp_path` and gives its address once `probe` answers."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, probe: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        home = {
            name: str(tmp_path)
            for name in ("HOME", "IPYTHONDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
        }
        jupyter = {f"JUPYTER_{name}_DIR": str(tmp_path / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        source = str(Path(onewarm.__file__).parent.parent)  # what is tested here is what the kernel is to import
        path = os.pathsep.join([source, *filter(None, [os.environ.get("PYTHONPATH")])])
        command = [sys.executable, "-m", *(argument.format(port=port) for argument in arguments)]
        log = (tmp_path / "server.log").open("wb")
        with log:
            process = subprocess.Popen(
                command, cwd=tmp_path, env={**os.environ, **home, **jupyter, "PYTHONPATH": path}, stdout=log, stderr=log
            )
        running.append(process)
        address = f"http://127.0.0.1:{port}/"
        for _ in range(600):
            assert process.poll() is None, (tmp_path / "server.log").read_text()
            try:
                with urllib.request.urlopen(address + probe, timeout=1):
                    return address
            except OSError:
                time.sleep(0.1)
        raise AssertionError((tmp_path / "server.log").read_text())

    yield start
    for process in running:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def tab(chromium: Any) -> Iterator[Any]:
    """A page of a fresh profile that may only ask this machine."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(40_000)
    foreign: list[str] = []
    page.on(
        "request",
        lambda r: None if r.url.startswith(("http://127.0.0.1:", "data:", "blob:")) else foreign.append(r.url),
    )
    yield page
    context.close()
    assert foreign == []


@pytest.fixture
def drag(tab: Any) -> Callable[[str, int], float]:
    """Drags the thumb of a slider to the right by some pixels and gives the value that the page then says."""

    def dragged(name: str, by: int) -> float:
        thumb = tab.get_by_role("slider", name=name)
        box = thumb.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        tab.mouse.move(x, y)
        tab.mouse.down()
        tab.mouse.move(x + by, y, steps=6)
        tab.mouse.up()
        return float(thumb.get_attribute("aria-valuenow"))

    return dragged
