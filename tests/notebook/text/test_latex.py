"""LaTeX becomes MathML, or an error that names file, line and formula."""

import pytest

from onewarm.notebook.text.latex import LatexError, latex_to_mathml


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        (r"\foo x", r"unknown command \foo"),
        (r"\frac{1}{2", "a { without a }"),
        ("x}", "a } without a {"),
        ("", "it is empty"),
        ("a & b", "an & outside a table"),
        (r"\begin{cases} a", r"\begin and \end do not match"),
        (r"\frac{1}", "mfrac has 1 of its 2 parts"),
        (r"\left( x", ""),
        (r"\mathsf{x}", r"\mathsf does not display well in browsers; write \mathrm instead"),
        (r"x \tag{1}", r"\tag does not display well in browsers; write `$$ ... $$ (name)` instead"),
    ],
)
def test_a_formula_that_does_not_convert_is_an_error_with_its_place(latex: str, reason: str) -> None:
    with pytest.raises(LatexError) as error:
        latex_to_mathml(latex, source="page.md", line=7)
    assert str(error.value).startswith(f"page.md, line 7: the formula `{latex}` does not convert: {reason}")


def test_markup_in_a_formula_is_text() -> None:
    mathml = latex_to_mathml(r"\text{<script>alert(1)</script>}")
    assert "<script" not in mathml
    assert "&lt;script&gt;" in mathml


def test_the_source_stays_as_alternative_text() -> None:
    assert 'alttext="a &lt; b"' in latex_to_mathml("a < b")


def test_display_and_inline() -> None:
    assert latex_to_mathml("x", display=True).startswith('<math display="block"')
    assert latex_to_mathml("x").startswith('<math display="inline"')


def test_a_long_formula_in_a_line_can_break_after_its_relations_only() -> None:
    mathml = latex_to_mathml(r"H(t, p) = (1 - \alpha) H(y, p) + \alpha H(u, p)")
    assert mathml.count("<math") == 3
    assert '<mo form="infix">=</mo></mrow></math>' in mathml  # not the minus between the parentheses
    assert latex_to_mathml(r"H(t, p) = (1 - \alpha) H(y, p) + \alpha H(u, p)", display=True).count("<math") == 1


@pytest.mark.parametrize("name", ["aligned", "align*", "align", "split", "gathered"])
def test_aligned_lines_are_a_table_without_numbers_of_its_own(name: str) -> None:
    mathml = latex_to_mathml(rf"\begin{{{name}}} a &= b \\ &= c \end{{{name}}}", display=True)
    assert mathml.count("<mtr>") == 2
    assert "(1)" not in mathml
    assert " style=" not in mathml
