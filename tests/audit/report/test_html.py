"""The report: one file that fetches nothing, whose pictures, tables and words hold the audit's numbers."""

import base64
import hashlib
import re
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest

from onewarm.audit.audit import audit
from onewarm.audit.measures import LEVEL_PERCENT, TITLES
from onewarm.audit.report.html import html, reliability_script
from onewarm.audit.words import number, percent


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


def test_words_tables_and_the_still_picture_hold_the_numbers(found, page):
    v = found.verdict
    for sentence in (*(f.sentence for f in v.findings), v.action.sentence, *v.action.why):
        assert escape(sentence).replace("`onewarm study`", "<code>onewarm study</code>") in page
    one = next(b for b in reversed(found.diagrams[0]["bins"]) if b["count"])
    assert f'<td class="num">{one["count"]:,}</td><td class="num">{100 * one["confidence"]:.1f}\u00a0%</td>' in page
    full = sum(1 for b in found.diagrams[0]["bins"] if b["count"])
    still = re.search(r'<svg class="ow-rel-still".*?</svg>', page, re.S)[0]
    assert still.count("<circle") == full and still.count('class="ow-rel-count"') == 15


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


def test_the_table_of_measures_has_every_number_and_its_interval(found, page):
    table = re.search(r'aria-label="Measures".*?</table>', page, re.S)[0]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table)
    assert [title for title, _ in rows] == [escape(title) for title in TITLES.values()]
    for (_, cells), (name, one) in zip(rows, found.measures.items(), strict=True):
        value, ends = re.findall(r'<td class="num">(.*?)</td>', cells)
        words = percent if name in ("accuracy", "mean_confidence", "confidence_gap") else number
        assert value == words(one.value)
        assert ends == (f"{words(one.interval[0])} to {words(one.interval[1])}" if one.interval else "–")


def test_the_table_of_options_marks_the_advised_one(found, page):
    table = re.search(r'aria-label="Options".*?</table>', page, re.S)[0]
    (chosen,) = re.findall(r'<tr class="chosen"><th scope="row">(\w+)', table)
    assert chosen == "Temperature" and found.recommended == "temperature"
    option = next(o for o in found.options if o.key == "temperature")
    assert f"T = {option.parameters['temperature']:.4f}" in table
    assert f'<td class="num">{number(option.interval[0])} to {number(option.interval[1])}</td>' in table


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
    slider = tab.get_by_role("slider", name="Bin of confidence")
    slider.focus()
    tab.keyboard.press("End")
    last = found.diagrams[0]["bins"][-1]
    text = slider.get_attribute("aria-valuetext")
    assert f"{last['count']:,} rows, mean confidence {100 * last['confidence']:.1f}\u00a0%" in text
    assert tab.locator(".ow-rel-readout").text_content() == text
    tab.keyboard.press("ArrowLeft")
    assert "0.867 to 0.933" in slider.get_attribute("aria-valuetext")
    box = slider.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * (46 + 0.5 * 360) / 420, box["y"] + 50)
    assert "0.467 to 0.533" in slider.get_attribute("aria-valuetext")
    tab.get_by_role("combobox").select_option(label="rows answered 1")
    assert tab.locator(".ow-rel-plot circle").count() == sum(b["count"] > 0 for b in found.diagrams[2]["bins"])


@pytest.mark.browser
def test_bins_or_a_smooth_curve_and_the_table_beside(opened, found):
    tab = opened()
    assert tab.locator(".ow-rel-curve").count() == 0
    tab.get_by_role("button", name="Smooth curve").click()
    assert tab.locator(".ow-rel-curve").count() == 1 and tab.locator(".ow-rel-plot circle").count() == 0
    tab.get_by_text("The same as a table").click()
    rows = tab.locator(".ow-rel-table tbody tr")
    assert rows.count() == 15
    last = found.diagrams[0]["bins"][-1]
    assert f"{100 * last['accuracy']:.1f}\u00a0%" in rows.last.text_content()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_no_width_scrolls_sideways(opened, width, scheme):
    tab = opened(width, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_it_is_whole_without_javascript_and_in_print(opened, found):
    tab = opened(java_script_enabled=False)
    assert tab.locator("h1").text_content() == found.verdict.headline
    assert tab.locator("svg.ow-rel-still").is_visible()
    assert tab.locator(".ow-rel-table tbody tr").count() == 15
    tab.emulate_media(media="print")
    assert tab.locator("svg.ow-rel-still").is_visible()
