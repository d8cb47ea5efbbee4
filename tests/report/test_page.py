"""The shell of a report: nothing is fetched, and only the named style and script apply."""

import base64
import hashlib
import json
import re
from html import unescape

from onewarm.report.page import asset, page, section, tokens


def digest(code):
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def test_the_policy_names_the_style_and_the_script_and_allows_nothing_else():
    made = page("T", "<p>b</p>", style=".a{}", script="let a = 1;", data=1)
    policy = unescape(re.search(r'Content-Security-Policy" content="(.*?)"', made)[1])
    style = re.search(r"<style>(.*?)</style>", made, re.S)[1]
    assert policy == (
        f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest('let a = 1;')}'; base-uri 'none'; "
        "form-action 'none'"
    )
    assert style.endswith(".a{}") and "script-src" not in page("T", "")
    assert not re.search(r"https?:|url\(|@import", page("T", ""))


def test_title_and_data_cannot_end_their_elements():
    value = "</script><b>&\u2028"
    made = page("<b>\u202e", "", script="1", data=value)
    assert "<title>&lt;b&gt;\\u202e</title>" in made
    block = re.search(r'id="data">(.*?)</script>', made, re.S)[1]
    assert json.loads(block) == value and not set("<&\u2028") & set(block)


def test_the_footer_says_what_the_numbers_were_computed_from():
    assert "computed from the runs named above" in page("T", "", named="runs")


def test_a_section_is_named_by_its_heading():
    assert section("a", "A", "b") == '<section aria-labelledby="a"><h2 id="a">A</h2>b</section>'


def test_no_colour_of_a_style_sheet_is_written_but_in_the_tokens():
    """The audit's report had a copy of the pages' colours."""
    for name in ("page.css", "first.css", "marks.css"):
        assert set(re.findall(r"#[0-9a-f]{3,8}\b", asset(name))) <= {"#fff"}  # paper, in print
    assert tokens(".a").startswith(".a{") and "--ow-ink: light-dark(" in tokens()
