"""A comparison as a page and on a terminal: every sentence and number of it, and nothing raw."""

import io
import json
import re
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from onewarm.audit.audit import audit
from onewarm.audit.report.compared import comparison_html, comparison_json, print_comparison


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 4000)
    y = (rng.uniform(size=4000) < p).astype(int)
    made = []
    for name, value in (("old", p + 0.08), ("new", p)):
        path = tmp_path_factory.mktemp("data") / f"{name}.npz"
        np.savez(path, p=np.stack([1 - value, value], 1), label=y)
        made.append(audit(path))
    return made[0].compare(made[1], names=("old <b>\x1b", "new")), *made


def test_the_page_has_the_headline_each_difference_and_a_picture_of_each(three):
    comparison, *_ = three
    page = comparison_html(*three)
    assert f"<h1>{comparison.headline}</h1>".replace("<b>", "&lt;b&gt;") in page or "<b>" not in comparison.headline
    rows = re.search(r'aria-label="Differences".*?</table>', page, re.S)[0]
    assert rows.count("<tr>") == 1 + len(comparison.differences)
    brier = comparison["brier"]
    low, high = brier.interval
    assert f"<td>{brier.value:+.4f} ({low:+.4f} to {high:+.4f})</td>" in rows
    assert page.count('class="ow-rel-still"') == 2 and page.count("<h1") == 1
    assert "old &lt;b&gt;\\x1b" in page and "<script" not in page and "script-src" not in page


def test_the_line_points_to_the_better_of_the_two(three):
    comparison, *rest = three
    page = comparison_html(*three)
    assert comparison["brier"].better == "after" and 'class="span good"' in page and 'class="span bad"' not in page
    turned = replace(comparison["brier"], better="before", value=0.1, interval=(0.05, 0.15))
    worse = replace(comparison, differences=(turned,))
    assert 'class="span bad"' in comparison_html(worse, *rest)


def test_an_infinite_nll_has_no_interval(three):
    comparison, *rest = three
    nll = replace(comparison["nll"], before=None, value=None, interval=None, better="")
    assert "<td>infinite</td>" in comparison_html(replace(comparison, differences=(nll,)), *rest)


def test_the_terminal_has_every_sentence_and_the_verdict_of_each(three):
    comparison, before, after = three
    console = Console(file=io.StringIO(), width=80)
    print_comparison(comparison, before, after, console)
    raw = console.file.getvalue()
    assert not [c for c in raw if unicodedata.category(c) == "Cc" and c != "\n"]
    text = " ".join(raw.split())
    for sentence in (*(d.sentence for d in comparison.differences), before.verdict.headline, after.verdict.headline):
        assert " ".join(sentence.split()) in text


def test_json_holds_the_comparison_and_both_audits(three):
    comparison, before, after = three
    whole = json.loads(comparison_json(*three))
    assert whole["comparison"]["headline"] == comparison.headline
    assert (whole["before"], whole["after"]) == tuple(json.loads(a.to_json()) for a in (before, after))


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_says_nothing_on_the_console(three, chromium, tmp_path, width):
    (tmp_path / "c.html").write_text(comparison_html(*three), encoding="utf-8")
    context = chromium.new_context(viewport={"width": width, "height": 800})
    tab = context.new_page()
    said = []
    tab.on("console", lambda m: said.append(m.text))
    tab.goto((tmp_path / "c.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
    assert said == []
