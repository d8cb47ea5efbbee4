"""What every test starts from: no state of the user's, the same random choices, one Chromium for all that need it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("onewarm", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("onewarm")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stores, evidence and pages go to a fresh folder, never to the user's."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ONEWARM_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """Debian's Chromium, headless, kept off the network; tests that ask for it skip where it is not installed."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on this machine: the browser tests need Debian's package of that name")
    from playwright.sync_api import sync_playwright

    quiet = ["background-networking", "component-update", "sync", "default-apps", "gpu", "quic"]
    args = [f"--disable-{what}" for what in quiet] + ["--no-first-run"]
    if os.geteuid() == 0:
        args.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=args)
        yield browser
        browser.close()
