"""The report: one file that fetches nothing, whose pictures, tables and words hold the audit's numbers."""

import base64
import hashlib
import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from onewarm.audit.audit import audit
from onewarm.audit.findings import Action, Finding
from onewarm.audit.measures import TITLES
from onewarm.audit.report.groups import measured
from onewarm.audit.report.html import html, reliability_script
from onewarm.report.markup import prose
from onewarm.report.numbers import LEVEL_PERCENT, number


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(4000, 3)) * 1.5
    e = np.exp(z)
    labels = (e.cumsum(axis=1) / e.sum(axis=1, keepdims=True) > rng.random((4000, 1))).argmax(axis=1)
    path = tmp_path_factory.mktemp("data") / "a <b>&.npz"
    group = rng.choice(["<script>alert(1)</script>", "plain"], 4000)
    np.savez(path, logits=2 * z, label=labels, group=group)
    return audit(path)


@pytest.fixture(scope="module")
def page(found):
    return html(found)


class Outline(HTMLParser):
    """Elements of a page with their attributes; open elements, to see that all are closed."""

    VOID = ("meta", "link", "br", "img", "rect", "line", "circle", "path")

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


def test_nothing_is_fetched_and_nothing_runs_that_the_policy_does_not_name(page):
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    for tag, attributes in outline.found:
        assert not {"src", "href", "style", "srcset"} & attributes.keys(), tag
        assert not [name for name in attributes if name.startswith("on")]
    policy = next(a["content"] for t, a in outline.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    for kind, pattern in (("style", r"<style>(.*?)</style>"), ("script", r'<script type="module">(.*?)</script>')):
        text = re.search(pattern, page, re.S)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)


def test_names_from_files_are_text(page):
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert "a &lt;b&gt;&amp;.npz" in page


def sentences(verdict):
    found = [v for f in verdict.findings for v in (f.sentence, f.remedy) if v]
    return [verdict.headline, verdict.action.sentence, *verdict.action.why, *found]


def test_the_page_says_every_sentence_of_the_verdict_once(found, page):
    """The same failure paragraph stood in it twice."""
    told = re.sub(r"<svg.*?</svg>|<script.*?</script>|<title>.*?</title>", "", page, flags=re.S)
    for sentence in sentences(found.verdict):
        assert told.count(prose(sentence)) == 1, sentence


def test_a_finding_that_the_headline_or_the_action_says_is_not_said_again(found):
    verdict = found.verdict
    twice = (Finding("a", verdict.headline, "wrong rows"), Finding("b", verdict.action.why[0]), Finding("c", "New."))
    told = html(replace(found, verdict=replace(verdict, findings=twice)))
    assert told.count(prose(verdict.action.why[0])) == 1 and '<li class="note">New.</li>' in told
    assert "What was found" not in html(replace(found, verdict=replace(verdict, findings=twice[:2])))


def test_the_action_has_its_code_and_its_command(found):
    action = Action("temperature", "Divide.", ("It gains.",), 0.1, (0.0, 0.2), "a = '<b>'\nb\x1b", "onewarm calibrate")
    told = html(replace(found, verdict=replace(found.verdict, action=action)))
    assert '<pre tabindex="0" aria-label="In Python"><code>a = &#x27;&lt;b&gt;&#x27;\nb\\x1b</code></pre>' in told
    assert '<pre tabindex="0" aria-label="On the command line"><code>onewarm calibrate</code></pre>' in told


def test_what_spoils_an_audit_is_marked_with_its_remedy(found):
    spoils = (Finding("duplicates", "Half are copies.", "spoils", remedy="Use `--group`."),)
    told = html(replace(found, verdict=replace(found.verdict, findings=spoils)))
    label = "<strong>Weakens every conclusion: </strong>"
    assert f'<li class="spoils">{label}Half are copies. Use <code>--group</code>.</li>' in told


def test_the_tables_and_the_still_picture_hold_the_numbers(found, page):
    one = next(b for b in reversed(found.diagrams[0]["bins"]) if b["count"])
    assert f"<td>{one['count']:,}</td><td>{100 * one['confidence']:.1f}\u00a0%</td>" in page
    full = sum(1 for b in found.diagrams[0]["bins"] if b["count"])
    still = re.search(r'<svg class="ow-rel-still".*?</svg>', page, re.S)[0]
    assert still.count("<circle") == full and still.count('class="ow-rel-count"') == 15


def test_rows_that_do_not_belong_together_have_no_remedies_and_no_slices(found):
    told = html(replace(found, verdict=replace(found.verdict, kind="wrong rows")))
    assert "Remedies compared" not in told and "Where it differs" not in told and "All measures" in told


def test_every_question_is_listed_with_its_answer_the_wrong_ones_first(found, page):
    table = re.search(r'aria-label="Questions".*?</table>', page, re.S)[0]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table)
    assert len(rows) == min(50, len(found.questions))
    answers = ["<td>no</td>" in cells for _, cells in rows]
    assert answers == sorted(answers, reverse=True) and sum(answers) == sum(q.wrong for q in found.questions)
    many = replace(found, questions=found.questions * 20)
    assert f"(50 of {20 * len(found.questions):,} shown)" in html(many)
    assert 'aria-label="Questions"' not in html(replace(found, questions=()))


def test_the_picture_is_that_of_the_verdict(found):
    told = html(replace(found, verdict=replace(found.verdict, picture="class 2")))
    assert 'aria-label="Reliability diagram of P(2):' in told
    at = next(i for i, d in enumerate(found.diagrams) if d["of"] == "class 2")
    assert f'"state":{{"diagram":{at}}}' in told


def test_the_module_is_in_anywidget_form_and_knows_the_level_of_intervals():
    assert "export default { render }" in reliability_script()
    assert f'"{LEVEL_PERCENT} % interval"' in reliability_script()


def test_the_inline_module_names_what_the_module_exports(page):
    script = re.search(r'<script type="module">(.*?)</script>', page, re.S)[1]
    assert "const reliability = { render };" in script and "export" not in re.sub(
        r"/\*\*.*?\*/", "", script, flags=re.S
    )


@pytest.mark.parametrize(
    "module", ["function render() {}\n", "export default { render };\n" * 2, "export default x;\n"]
)
def test_a_module_of_another_form_is_no_report_without_a_diagram(found, monkeypatch, module):
    monkeypatch.setattr("onewarm.audit.report.html.reliability_script", lambda: module)
    count = module.count("export default")
    message = f"reliability.js: expected one line that begins with 'export default {{', found {count}"
    with pytest.raises(RuntimeError, match=re.escape(message)):
        html(found)


def test_the_same_audit_gives_the_same_bytes(found, page):
    assert html(found) == page


def test_each_measure_is_in_one_table_with_its_interval(found, page):
    rows = dict(re.findall(r'<tr><th scope="row">([^<]*)</th>(<td>[^<]*</td><td>[^<]*</td>)</tr>', page))
    for name, one in found.measures.items():
        value, ends = re.findall(r"<td>(.*?)</td>", rows[escape(TITLES[name])])
        assert (value, ends) == tuple(map(escape, measured(name, one)))


def test_the_table_of_remedies_marks_the_advised_one(found, page):
    table = re.search(r'aria-label="Remedies".*?</table>', page, re.S)[0]
    (chosen,) = re.findall(r'<tr class="chosen"><th scope="row">(\w+) <span class="mark">advised', table)
    assert chosen == "Temperature" and found.recommended == "temperature"
    option = next(o for o in found.options if o.key == "temperature")
    assert f"T = {option.parameters['temperature']:.4f}" in table
    gain = f"{number(option.gain)} ({number(option.interval[0])} to {number(option.interval[1])})"
    assert f"<td>{gain}</td>" in table and 'class="span good"' in table


@pytest.fixture
def opened(chromium, page, tmp_path):
    """Opens the report as a file; the page must not say anything on the console."""
    (tmp_path / "audit.html").write_text(page, encoding="utf-8")
    contexts, said = [], []

    def show(width=1100, **more):
        context = chromium.new_context(viewport={"width": width, "height": 800}, **more)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda m: said.append(m.text))
        tab.on("pageerror", lambda e: said.append(str(e)))
        tab.on("request", lambda r: said.append(r.url) if not r.url.startswith("file:") else None)
        tab.goto((tmp_path / "audit.html").as_uri())
        return tab

    yield show
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.browser
def test_keys_and_pointer_give_exact_values(opened, found):
    tab = opened()
    slider = tab.get_by_role("slider", name="Bin", exact=True)
    slider.focus()
    tab.keyboard.press("End")
    last = found.diagrams[0]["bins"][-1]
    text = slider.get_attribute("aria-valuetext")
    assert f"{last['count']:,} rows, mean {100 * last['confidence']:.1f}\u00a0%" in text
    assert tab.locator(".ow-rel-readout").text_content() == text
    tab.keyboard.press("ArrowLeft")
    assert "0.867 to 0.933" in slider.get_attribute("aria-valuetext")
    box = slider.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * (46 + 0.5 * 360) / 420, box["y"] + 50)
    assert "0.467 to 0.533" in slider.get_attribute("aria-valuetext")
    tab.get_by_role("combobox").select_option(label="rows answered 1")
    assert tab.locator(".ow-rel-plot circle").count() == sum(b["count"] > 0 for b in found.diagrams[-2]["bins"])


@pytest.mark.browser
def test_bins_or_a_smooth_curve_and_the_table_beside(opened, found):
    tab = opened()
    assert tab.locator(".ow-rel-curve").count() == 0
    tab.get_by_role("button", name="Smooth curve").click()
    assert tab.locator(".ow-rel-curve").count() == 1 and tab.locator(".ow-rel-plot circle").count() == 0
    assert tab.locator(".ow-rel-isotonic").count() == 1  # of the still picture
    tab.get_by_text("The same as a table").click()
    rows = tab.locator(".ow-rel-table tbody tr")
    assert rows.count() == 15
    last = found.diagrams[0]["bins"][-1]
    assert f"{100 * last['accuracy']:.1f}\u00a0%" in rows.last.text_content()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_width_scrolls_sideways_and_text_is_legible(opened, width, scheme):
    tab = opened(width, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate(CONTRAST) == []


CONTRAST = """() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = rgba(getComputedStyle(e).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const color = element.closest("svg") ? style.fill : style.color;
    const pair = [light(rgba(color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5 && !element.closest(":disabled")) bad.push(`${ratio.toFixed(2)} ${node.data.trim().slice(0, 40)}`);
  }
  return bad;
}"""
"""Texts whose contrast is below 4.5 to 1 (WCAG 2.2, success criterion 1.4.3)."""


@pytest.mark.browser
def test_the_first_screen_has_the_verdict_the_picture_and_the_action(opened, found):
    tab = opened(1280)
    for there in (tab.locator("h1"), tab.locator("svg.ow-rel-still"), tab.locator(".ow-picture figcaption")):
        box = there.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 800
    assert tab.get_by_text(found.verdict.action.sentence).bounding_box()["y"] < 400
    narrow = opened(360)
    box = narrow.locator("svg.ow-rel-still").bounding_box()
    assert box["y"] + box["height"] <= 800


@pytest.mark.browser
def test_headings_are_in_order_and_everything_has_a_name(opened):
    tab = opened()
    levels = tab.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((h) => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    unnamed = "[...document.querySelectorAll('[role=img], [role=group], [role=slider], [tabindex], select, button')]"
    label = "e.ariaLabel || e.labels?.length || e.textContent.trim()"
    assert tab.evaluate(f"{unnamed}.filter((e) => !({label})).length") == 0
    assert tab.evaluate("[...document.querySelectorAll('th')].every((e) => e.scope && (e.textContent.trim()))")
    assert tab.evaluate("document.documentElement.lang") == "en" and tab.title()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(opened, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    tab = opened(color_scheme=scheme, bypass_csp=True)
    assert [v["id"] for v in axe.Axe().run(tab).response["violations"]] == []


@pytest.mark.browser
def test_focus_is_visible_on_all_that_takes_it(opened):
    tab = opened()
    seen = set()
    for _ in range(7):
        tab.keyboard.press("Tab")
        name, outline = tab.evaluate(
            "[document.activeElement.outerHTML.slice(0, 80), getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert outline != "none", name
        seen.add(name)
    assert len(seen) == 7


@pytest.mark.browser
def test_it_is_whole_without_javascript_and_in_print(opened, found):
    tab = opened(java_script_enabled=False)
    assert tab.locator("h1").text_content() == found.verdict.headline
    assert tab.locator("svg.ow-rel-still").is_visible()
    assert tab.locator(".ow-rel-table tbody tr").count() == 15
    tab.emulate_media(media="print")
    assert tab.locator("svg.ow-rel-still").is_visible()
