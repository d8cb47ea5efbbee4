"""The site: the same bytes each time, complete or not there at all, and never in place of a user's files."""

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.load import ConceptError
from onewarm.notebook.page.panel_list import PANELS
from onewarm.notebook.site.build import OutputError, build
from onewarm.notebook.text.markdown import plain_text

UNTRUSTED = "<script>alert(1)</script>\"><img src=x onerror=alert(2)> ' \u202eevil\u202c " + "w" * 300


class Reader(HTMLParser):
    """Elements, ids and addresses of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    def addresses(self) -> list[str]:
        return [a[name] for _, a in self.elements for name in ("href", "src") if name in a]


def digest(site: Path) -> dict[str, str]:
    files = sorted(path for path in site.rglob("*") if path.is_file())
    return {path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def read(site: Path, where: str = "concept/basics/coin/index.html") -> Reader:
    return Reader((site / where).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("build") / "a folder" / "site")


def test_two_builds_are_equal_to_the_byte(ours: Path, tmp_path: Path) -> None:
    first = digest(ours)
    assert digest(build(tmp_path / "elsewhere")) == first
    assert digest(build(ours)) == first
    assert [path.name for path in ours.parent.iterdir()] == ["site"]


def test_every_concept_of_ours_has_its_page_with_every_panel_in_order(ours: Path) -> None:
    assert our_concepts()
    for folder in our_concepts():
        page = read(ours, f"concept/{folder.parent.name}/{folder.name}/index.html")
        found = [a["id"] for tag, a in page.elements if tag == "section" and "panel" in a.get("class", "")]
        panels = [name for name in found if not name.startswith("chapter-")]
        lesson, rest = panels[:4], panels[4:]
        assert (lesson[0], sorted(lesson[1:3]), lesson[3]) == ("storyboard", ["inquiry", "intuition"], "demo")
        assert rest == [*(panel.name for panel in PANELS), "terms"]


def test_ids_are_unique_links_lead_somewhere_and_nothing_is_inline(ours: Path) -> None:
    pages = {file.resolve(): Reader(file.read_text(encoding="utf-8")) for file in ours.rglob("*.html")}
    for file, page in pages.items():
        ids = page.ids()
        assert len(ids) == len(set(ids)), file
        for address in page.addresses():
            if address.startswith("https://"):
                continue
            assert not address.startswith("/")
            path, _, anchor = address.partition("#")
            path = path.partition("?")[0]
            target = (file.parent / path).resolve() if path else file
            assert target.is_file(), address
            assert not anchor or anchor in pages[target].ids(), address
        for tag, attributes in page.elements:
            assert tag != "style"
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]
            if tag == "script":
                assert attributes.get("type") == "application/json" or "src" in attributes


def test_adding_a_demo_moves_no_route_key_or_anchor(folder: Any, tmp_path: Path) -> None:
    folder.demo = None
    without = build(tmp_path / "without", concepts=[folder.write(tmp_path / "a")])
    text = (without / "concept/basics/coin/index.html").read_text(encoding="utf-8")
    assert "A coin would turn here." in text
    assert 'data-demo="' not in text
    (tmp_path / "a/demo.js").write_text("export default { render() {} };", encoding="utf-8")
    with_demo = build(tmp_path / "with", concepts=[tmp_path / "a"])
    assert read(without).ids() == read(with_demo).ids()
    assert set(digest(with_demo)) - set(digest(without)) == {"concept/basics/coin/demo.js"}
    assert "A coin would turn here." not in (with_demo / "concept/basics/coin/index.html").read_text(encoding="utf-8")


def test_a_concept_that_cannot_be_shown_leaves_the_old_site_alone(folder: Any, tmp_path: Path) -> None:
    concept = folder.write(tmp_path / "coin")
    site = build(tmp_path / "site", concepts=[concept])
    before = digest(site)
    (concept / "witness.py").write_text("print(2)\n", encoding="utf-8")
    page = concept / "page.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n$\\foo$\n", encoding="utf-8")
    with pytest.raises(ConceptError) as error:
        build(site, concepts=[concept])
    assert [fault.problem for fault in error.value.faults] == [
        "witness.py printed `2` as line 1, code.output has `1`",
        "the formula `\\foo` does not convert: unknown command \\foo",
    ]
    assert digest(site) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coin", "site"]


def test_a_folder_with_other_files_is_not_touched(folder: Any, tmp_path: Path) -> None:
    concept = folder.write(tmp_path / "coin")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years", encoding="utf-8")
    with pytest.raises(
        OutputError, match=r"mine has files that onewarm build did not make; name a new or an empty folder$"
    ):
        build(mine, concepts=[concept])
    with pytest.raises(OutputError, match=r"is not a folder; name another place for the site$"):
        build(mine / "thesis.txt", concepts=[concept])
    with pytest.raises(OutputError, match="no concept to build"):
        build(tmp_path / "none", concepts=[])
    assert (mine / "thesis.txt").read_text(encoding="utf-8") == "years"


def test_progress_is_reported(folder: Any, tmp_path: Path) -> None:
    reports: list[tuple[str, int, int]] = []
    build(tmp_path / "site", concepts=[folder.write(tmp_path / "coin")], progress=lambda *what: reports.append(what))
    assert reports == [("Coin", 0, 3), ("index", 1, 3), ("math font", 2, 3), ("done", 3, 3)]


def test_texts_never_become_markup(folder: Any, tmp_path: Path) -> None:
    def spoil(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: spoil(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [spoil(v, key) for v in value]
        texts = ("title", "text", "summary", "summary", "reason", "more", "notes", "question", "answer", "feedback",
                 "ending", "wrong", "nudges", "rubric", "evidence", "resolves", "next_action", "section")  # fmt: skip
        return UNTRUSTED if key in texts else value

    folder.yaml = spoil(folder.yaml)
    folder.page += f"\n{UNTRUSTED}\n"
    site = build(tmp_path / "site", concepts=[folder.write(tmp_path / "coin")])
    for where in ("index.html", "concept/basics/coin/index.html"):
        page = read(site, where)
        scripts = [a for tag, a in page.elements if tag == "script"]
        sources = [a.get("src", "") for a in scripts if a.get("type") != "application/json"]
        assert all(re.fullmatch(r"(\.\./)*assets/[a-z-]+\.js", source) for source in sources)
        assert all(a["src"].endswith("favicon.svg") for tag, a in page.elements if tag == "img")
        assert not [name for _, a in page.elements for name in a if name.startswith("on")]
    assert "script" in plain_text(UNTRUSTED)


def test_the_page_states_its_policy_and_asks_for_nothing_elsewhere(ours: Path) -> None:
    for file in ours.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
        assert policy
        assert "unsafe" not in policy[1]
        assert policy[1].startswith("default-src &#39;none&#39;")
    for file in [*ours.rglob("*.css"), *ours.rglob("*.js")]:
        assert not re.search(
            r"""(?:url\(|import\s*\(?|fetch\()\s*["']?(?:https?:)?//""", file.read_text(encoding="utf-8")
        )
