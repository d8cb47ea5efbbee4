"""One page as one file works from disk, with its demo, and asks nothing of any server."""

from pathlib import Path
from typing import Any

import pytest

from onewarm.errors import InputError
from onewarm.notebook.concept.starter import new_concept
from onewarm.notebook.site.build import build
from onewarm.notebook.site.single_file import build_single_file


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_single_file(tmp_path_factory.mktemp("single") / "page one.html", "label-smoothing")


@pytest.mark.browser
def test_it_works_from_disk(file: Path, chromium: Any) -> None:
    page = chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda r: said.append(r.url[:80]) if not r.url.startswith(("data:", file.as_uri())) else None)
    page.goto(file.as_uri())
    page.wait_for_selector("body.live")
    slider = page.locator(".demo input[type=range]").first
    slider.wait_for()
    slider.press("ArrowRight")
    page.wait_for_url("**/*?*", wait_until="commit")
    assert page.evaluate("document.fonts.load('20px \"STIX Two Math\"').then((found) => found.length)") == 1
    assert page.locator("#from-disk").is_hidden()
    page.close()
    assert said == []


def test_nothing_is_left_outside(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert 'href="../' not in text and 'src="../' not in text
    assert "SIL OPEN FONT LICENSE" in text.upper()


def test_with_an_address_other_pages_are_links(tmp_path: Path) -> None:
    file = build_single_file(tmp_path / "p.html", "optimization/label-smoothing", address="https://example.org/notes")
    assert 'href="https://example.org/notes/concept/optimization/cross-entropy/index.html"' in file.read_text("utf-8")


def test_a_concept_that_there_is_not_and_a_folder_by_the_exact_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no concept 'label-smothing'\. Did you mean 'label-smoothing'\?"):
        build_single_file(tmp_path / "p.html", "label-smothing")
    with pytest.raises(InputError, match=r"is a folder; name the file to write, such as .*page\.html"):
        build_single_file(tmp_path, "label-smoothing")


@pytest.mark.browser
def test_a_site_that_was_opened_from_disk_says_how_to_serve_it(tmp_path: Path, chromium: Any) -> None:
    site = build(tmp_path / "site", concepts=[new_concept("basics/coin", tmp_path)])
    page = chromium.new_page()
    page.goto((site / "concept/basics/coin/index.html").as_uri())
    assert "python -m http.server" in page.locator("#from-disk").inner_text()
    assert "--single-file coin" in page.locator("#from-disk").inner_text()
    page.close()
