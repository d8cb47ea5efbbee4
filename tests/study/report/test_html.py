"""A study's page: one file that fetches nothing and is whole without a script."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from onewarm.study.report.html import html, picture_arms, write_html
from onewarm.study.report.view import View
from onewarm.study.report.words import sentence

ARMS = ["hard", "smooth:0.05", "smooth:0.1", "prior:0.1", "prior:0.2", "teacher:2:smooth:0.1", "logistic"]
MANY = ["hard", *(f"smooth:{a / 100:g}" for a in range(2, 60, 2)), "logistic"]


class Outline(HTMLParser):
    """Elements with their attributes; every one is closed."""

    VOID = ("meta", "br", "rect", "line", "circle", "path")

    def __init__(self):
        super().__init__()
        self.found, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def report(simulate):
    return simulate(ARMS, range(5), classes=["<script>alert(1)</script>", "b\u202e", "c"], title="A <b>\u202e")


def outline(page):
    made = Outline()
    made.feed(page)
    assert made.open == []
    return made.found


def test_nothing_is_fetched_and_no_script_runs(report, format2):
    page = html(report)
    found = outline(page)
    assert not [t for t, _ in found if t in ("script", "img", "link", "iframe")]
    for tag, attributes in found:
        assert not {"src", "href", "style", "srcset"} & attributes.keys(), tag
        assert not [name for name in attributes if name.startswith("on")]
    policy = next(a["content"] for t, a in found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "script-src" not in policy
    assert not re.search(r"https?://", page)


def test_names_from_files_are_text(report, format2):
    page = html(report)
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page and "A &lt;b&gt;\\u202e" in page


def test_no_id_is_there_twice_and_every_reference_has_its_element(report, format2):
    found = outline(html(report))
    ids = [a["id"] for _, a in found if "id" in a]
    assert len(ids) == len(set(ids))
    assert {i for _, a in found for i in a.get("aria-labelledby", "").split()} <= set(ids)


def test_every_picture_has_a_title_and_a_description_and_every_table_a_caption_or_name(report, format2):
    page = html(report)
    for picture in re.findall(r'<svg class="ow-st" .*?</svg>', page, re.S):
        assert re.search(r"<title id=.*?>.+?</title><desc id=.*?>.+?</desc>", picture, re.S)
    assert all(a.get("scope") for t, a in outline(page) if t == "th")
    assert page.count("<table") == page.count('class="scroll" tabindex="0" role="group" aria-label="')


def test_the_first_screen_says_what_to_do_what_was_compared_and_of_what_the_intervals_speak(report, format2):
    first = html(report).split("<section")[0]
    assert "<h1>hard it is: NLL \u22120.020.</h1>" in first
    assert "<p>Six seeds could have shown \u22120.010.</p>" in first
    assert (
        "hard against smooth:0.05, smooth:0.1, prior:0.1, prior:0.2, teacher:2:smooth:0.1; the reference logistic"
        in first
    )
    assert "<strong>Scope</strong> The intervals speak of this file, split anew." in first
    assert first.count('<svg class="ow-st" ') == 2


STUDIES = {
    "binary": {"arms": ["hard", "smooth:0.1", "logistic"], "seeds": range(3), "classes": ["no", "yes"]},
    "100 classes": {"seeds": range(3), "classes": [f"class {i}" for i in range(100)], "sizes": (150, 100, 150)},
    "one arm, one seed": {"arms": ["hard"], "seeds": [0]},
    "one seed": {"seeds": [4]},
    "two seeds": {"seeds": [4, 5]},
    "30 arms": {"arms": MANY, "seeds": range(3)},
    "no curves, no end": {"seeds": range(3), "end": False},
    "another baseline": {"arms": ["smooth:0.1", "smooth:0.2"], "seeds": range(3)},
}


@pytest.mark.parametrize("name", STUDIES)
def test_every_kind_of_study_has_a_page(simulate, format2, name):
    page = html(simulate(**STUDIES[name]))
    outline(page)
    for nonsense in ("None", "nan", "inf<", "Infinity"):
        assert nonsense not in re.sub("<style>.*?</style>", "", page, flags=re.S), nonsense
    assert ("Stopped, and trained to the end" in page) == ("end" not in STUDIES[name])
    assert ("The effect over alpha" in page) == (name not in ("binary", "one arm, one seed"))


@pytest.mark.parametrize("name", ["binary", "one arm, one seed", "two seeds", "no curves, no end"])
def test_the_values_of_a_report_are_what_the_page_reads(simulate, name):
    """The other tests make the values themselves; here they are those of the report."""
    made = simulate(**STUDIES[name])
    page = html(made)
    outline(page)
    said = made.to_dict()["recommendation"]
    assert all(sentence(said[part]) in page for part in ("headline", "rest"))
    assert sentence(made.to_dict()["scope"]) in page


def test_of_many_arms_the_picture_shows_eight_with_the_best_and_the_reference(simulate, format2):
    many = simulate(MANY, range(3))
    shown = picture_arms(View(many))
    assert len(shown) == 8 and "logistic" in shown and View(many).best in shown
    page = html(many)
    assert "8 of 30 arms are shown" in page and "29 arms: smooth:0.02, " in page
    assert page.split("Each arm in a sentence")[1].split("</details>")[0].count("<li>") == 30


def test_it_is_written_whole_into_a_folder_that_is_made(report, format2, tmp_path):
    path = tmp_path / "deep" / "report.html"
    write_html(report, path, command="onewarm study x.csv")
    assert path.read_text(encoding="utf-8") == html(report, command="onewarm study x.csv")
    assert "<code>onewarm study x.csv</code>" in html(report, command="onewarm study x.csv")
    assert list(path.parent.iterdir()) == [path]


@pytest.fixture
def opened(report, format2, chromium, tmp_path):
    """Opens the page; at the end nothing may have been requested, or said on the console."""
    write_html(report, tmp_path / "study.html")
    contexts, said = [], []

    def show(width=1280, **more):
        context = chromium.new_context(viewport={"width": width, "height": 800}, **more)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda m: said.append(m.text))
        tab.on("request", lambda r: said.append(r.url) if not r.url.startswith("file:") else None)
        tab.goto((tmp_path / "study.html").as_uri())
        return tab

    yield show
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_no_width_scrolls_sideways(opened, width):
    assert opened(width).evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_the_verdict_and_the_picture_are_in_the_first_screen(opened):
    tab = opened(java_script_enabled=False)
    for there in (tab.locator("h1"), tab.locator("figure").first):
        box = there.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 800
    box = opened(360).locator("svg.ow-st").first.bounding_box()
    assert box["y"] + box["height"] <= 800


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(opened, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    tab = opened(color_scheme=scheme, bypass_csp=True)
    tab.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert [v["id"] for v in axe.Axe().run(tab).response["violations"]] == []


@pytest.mark.browser
def test_headings_are_in_order_and_focus_is_visible(opened):
    tab = opened()
    levels = tab.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((h) => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    places = []
    for _ in range(6):
        tab.keyboard.press("Tab")
        outlined, y = tab.evaluate(
            "[getComputedStyle(document.activeElement).outlineStyle, "
            "document.activeElement.getBoundingClientRect().y + scrollY]"
        )
        assert outlined != "none"
        places.append(round(y))
    assert places == sorted(places)  # from the top of the page to its end


@pytest.mark.browser
def test_text_in_pictures_can_be_read_at_every_width(opened):
    """Text of the reliability diagrams was 5 pixels high where several stood in a row."""
    sizes = (
        "[...document.querySelectorAll('svg text')].filter((e) => e.checkVisibility()).map((e) => "
        "parseFloat(getComputedStyle(e).fontSize) * e.ownerSVGElement.getScreenCTM().a)"
    )
    for width in (360, 768, 1280, 1920):
        assert min(opened(width).evaluate(sizes)) >= 9
