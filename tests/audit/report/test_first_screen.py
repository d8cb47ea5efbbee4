"""The first screen in a notebook: verdict, picture and action, with a style that stays inside, and no script."""

import re
from dataclasses import replace

import numpy as np
import pytest

from onewarm.audit.audit import audit
from onewarm.audit.report.first_screen import about, first_screen, picture
from onewarm.report.markup import prose


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 3000)
    path = tmp_path_factory.mktemp("data") / "a \u202e<b>.npz"
    np.savez(path, p=np.stack([1 - p, p], 1), label=(rng.random(3000) < p - 0.08).astype(int))
    result = audit(path)
    return replace(result, verdict=replace(result.verdict, kind="too high", picture="event"))


def test_it_has_the_verdict_the_picture_it_names_and_the_action(found):
    made = first_screen(found)
    assert made.count(prose(found.verdict.headline)) == 1
    for sentence in (found.verdict.action.sentence, *found.verdict.action.why):
        assert made.count(prose(sentence)) == 1
    assert picture(found)["of"] == "event" and "Reliability diagram of P(y = 1)" in made
    assert "ow-rel-isotonic" in made and "below it P(y = 1) is too high" in made


def test_no_script_no_request_no_rule_for_the_rest_of_the_page(found):
    made = first_screen(found)
    assert not re.search(r"<script|https?://|@import|url\(| on\w+=|<h1", made)
    style = re.sub(r"@media[^{]*{|/\*.*?\*/", "", re.search(r"<style>(.*?)</style>", made, re.S)[1], flags=re.S)
    selectors = [s.strip() for rule in re.findall(r"([^{}]+){", style) for s in rule.split(",")]
    assert selectors and all(s.startswith(".ow-") for s in selectors)


def test_names_of_files_are_text(found):
    assert "a \\u202e&lt;b&gt;.npz" in about(found)


def test_many_files_are_counted(found):
    files = tuple({"name": f"{i}.csv", "bytes": 1, "rows": 1} for i in range(5))
    assert "0.csv, 1.csv, 2.csv and 2 more files" in about(replace(found, files=files))


@pytest.mark.parametrize("kind", ["calibrated", "too few rows"])
def test_nothing_is_marked_where_nothing_is_wrong(found, kind):
    assert any(b["beyond"] for b in picture(found)["bins"])
    right = replace(found, verdict=replace(found.verdict, kind=kind))
    assert (
        not any(b["beyond"] for b in picture(right)["bins"])
        and "ow-rel-over" not in first_screen(right).split("</style>")[1]
    )


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_page_of_another_it_changes_nothing_and_fits(found, chromium, scheme):
    context = chromium.new_context(viewport={"width": 360, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    said = []
    page.on("console", lambda m: said.append(m.text))
    page.on("request", lambda r: said.append(r.url))
    page.set_content(f"<style>:root{{color-scheme:{scheme}}}</style><p id=p>x</p>{first_screen(found)}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".ow-audit svg.ow-rel-still").is_visible()
    context.close()
    assert said == []
