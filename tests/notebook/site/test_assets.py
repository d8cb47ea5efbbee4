"""Scripts and styles of the site: few files, whole, and without the comments of their sources."""

import pytest

from onewarm.notebook.concept.demo_bundle import without_comments
from onewarm.notebook.site.assets import site_assets


def test_a_page_needs_one_script_and_two_styles() -> None:
    assets = site_assets()
    assert set(assets) == {"page.js", "course.js", "search.js", "from-disk.js", "base.css", "page.css", "favicon.svg"}
    assert "reload.js" in site_assets(live=True)
    assert "import {" not in assets["page.js"] and "function research(" in assets["page.js"]
    assert "--ow-paper" in assets["base.css"] and ".stage-place" in assets["page.css"]
    assert "/*" not in assets["base.css"] + assets["page.css"]
    assert "@typedef" not in assets["page.js"]


@pytest.mark.parametrize(
    ("script", "bare"),
    [
        ("// a\nlet x = 1; // b\n", "let x = 1; // b\n"),
        ("/** a\n * b */\nlet x;\n", "let x;\n"),
        ("  /* a */ let x;\n", "let x;\n"),
        ("const css = `\n/* kept */\n// kept\n`;\n// gone\n", "const css = `\n/* kept */\n// kept\n`;\n"),
        ("const a = `\\`\n// kept\n`;\n", "const a = `\\`\n// kept\n`;\n"),
        ('const url = "https://x"; /* kept */\n', 'const url = "https://x"; /* kept */\n'),
        ("/* never closed\n", ""),
        ("/*! licence */\nlet x;\n", "/*! licence */\nlet x;\n"),
        ("const r = /[\\`*]/g;\n// gone\nlet x;\n", "const r = /[\\`*]/g;\nlet x;\n"),
        ('const s = "`";\n// gone\n', 'const s = "`";\n'),
    ],
)
def test_comments_on_lines_of_their_own_go(script: str, bare: str) -> None:
    assert without_comments(script) == bare


def test_no_comment_of_our_scripts_is_left_on_a_line_of_its_own() -> None:
    for name, text in site_assets(live=True).items():
        if name.endswith(".js"):
            assert [line for line in text.splitlines() if line.lstrip().startswith(("//", "/*"))] == [], name
