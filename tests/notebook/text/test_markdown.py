"""Texts become HTML that can do nothing, with formulas, references and places of errors."""

import pytest
from markupsafe import Markup

from onewarm.notebook.text.latex import LatexError
from onewarm.notebook.text.markdown import Prose, highlight, plain_text

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    '![x](x" onerror="alert(1))',
    "`<script>`",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>\nx\n```',
    "| <script> |\n|--|\n| <b> |",
    r"$\text{</math><script>alert(1)</script>}$",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_text_becomes_markup_of_its_own(text: str) -> None:
    html = Prose().block(text, source="x")
    for bad in ("<script", "<img src=x onerror", 'href="javascript:', 'href="data:'):
        assert bad not in html


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (r"one $\foo$", 10),
        ("one\ntwo\n\nthree\nfour $\\foo$", 14),
        ("- a\n- b $\\foo$", 11),
        ("> a\n> b $\\foo$", 11),
        ("a\n\n$$\n\\foo\n$$\n", 12),
    ],
)
def test_a_broken_formula_is_reported_with_its_own_line(text: str, line: int) -> None:
    with pytest.raises(LatexError, match=rf"^page\.md, line {line}: "):
        Prose().block(text, source="page.md", line=10)


def test_a_label_in_parentheses_becomes_a_link_and_any_other_word_does_not() -> None:
    prose = Prose(references={"gradient": ("(5)", "#there")})
    html = prose.block("By (gradient), not (this), `(gradient)`.", source="x")
    assert html == '<p>By <a href="#there" class="reference">(5)</a>, not (this), <code>(gradient)</code>.</p>\n'


def test_a_labelled_equation_is_handed_over() -> None:
    prose = Prose(equations={"sum": lambda mathml: Markup("<b>{}</b>").format(mathml.count("<math"))})
    assert prose.block("$$ a = b $$ (sum)\n", source="x") == "<b>1</b>"


def test_punctuation_stays_with_its_formula() -> None:
    html = Prose().inline("So $x$, and $y$-like $z$.", source="x")
    assert html.count('<span class="together">') == 3
    assert "</math>,</span> and" in html
    assert "</math>-like</span>" in html


def test_a_link_that_leads_nowhere_is_an_error() -> None:
    def refuse(href: str) -> str:
        raise ValueError("no such place")

    with pytest.raises(ValueError, match=r"^concept\.yaml: link to 'x': no such place$"):
        Prose(link=refuse).inline("[a](x)", source="concept.yaml")


def test_headings_start_below_the_panels_and_wide_tables_scroll_alone() -> None:
    html = Prose().block("# a\n\n#### b\n\n| a |\n|--|\n| b |\n", source="x")
    assert "<h3>a</h3>" in html
    assert "<h4>b</h4>" in html
    assert '<div class="scroll"><table>' in html


def test_the_characters_of_formulas_are_collected_as_they_are_drawn() -> None:
    prose = Prose()
    prose.inline(r"$\alpha \sum \log x$", source="x")
    assert {"𝛼", "∑", "l", "𝑥"} <= prose.characters


def test_an_unknown_language_is_shown_plainly() -> None:
    assert highlight("a < b", "no-such") == Markup('<pre class="code"><code>a &lt; b</code></pre>')


def test_plain_text_of_a_text() -> None:
    assert plain_text("**a** $x^2$ `b`\n[c](https://x.org)") == "a x^2 b c"
