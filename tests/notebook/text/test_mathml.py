"""Each fault of the converter that the repairs are for, by what a browser would get."""

import re

import pytest

from onewarm.notebook.text.latex import latex_to_mathml
from onewarm.notebook.text.mathml import styled


def body(latex: str, *, display: bool = True) -> str:
    return re.sub(r"^<math[^>]*><mrow>|</mrow></math>$", "", latex_to_mathml(latex, display=display))


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\mathbf{1}", "<mn>𝟏</mn>"),
        (r"\mathbb{E}", "<mi>𝔼</mi>"),
        (r"\mathbb{R}", "<mi>ℝ</mi>"),
        (r"\mathcal{L}", "<mi>ℒ</mi>"),
        (r"\boldsymbol{z}", "<mi>𝒛</mi>"),
        (r"\mathrm{d}", '<mi mathvariant="normal">d</mi>'),
        (r"\mathrm{KL}", '<mi mathvariant="normal">KL</mi>'),
        (r"\Delta", '<mi mathvariant="normal">Δ</mi>'),
        (r"\infty", '<mi mathvariant="normal">∞</mi>'),
        (".5", "<mn>.5</mn>"),
        (r"-\alpha", '<mo form="prefix" lspace="0" rspace="0">−</mo>'),
        (r"(-1)", '<mo form="prefix" lspace="0" rspace="0">−</mo>'),
        (r"a = -b", '<mo form="prefix" lspace="0" rspace="0">−</mo>'),
        (r"\log p", '<mi>log</mi><mspace width="0.1667em"></mspace><mi>p</mi>'),
        (r"\log(p)", '<mi>log</mi><mo stretchy="false">(</mo>'),
        (r"2 \log p", '<mn>2</mn><mspace width="0.1667em"></mspace><mi>log</mi>'),
        (r"\max_k z", '<munder><mo movablelimits="true" lspace="0" rspace="0">max</mo><mi>k</mi></munder>'),
        (r"\operatorname*{arg\,max}_k z", '<mo movablelimits="true" lspace="0" rspace="0">arg\u2009max</mo>'),
        (r"\operatorname{softmax}(z)", "<mi>softmax</mi>"),
        (r"\langle t, z \rangle", '<mo stretchy="false">⟨</mo>'),
        (r"|x|", '<mo stretchy="false" form="postfix">|</mo>'),
        (r"1{,}000", '<mo lspace="0" rspace="0">,</mo>'),
        (r"\bar{z}", '<mover accent="true">'),
    ],
)
def test_repair(latex: str, expected: str) -> None:
    assert expected in body(latex)


@pytest.mark.parametrize("latex", [r"a - b", r"x_{i-1}", r"(a) - b"])
def test_a_minus_between_two_things_stays_between(latex: str) -> None:
    assert "prefix" not in body(latex)


def test_no_variant_that_browsers_do_not_know_and_no_style_is_left() -> None:
    mathml = body(r"\begin{cases} \mathbf{a} & x > 0 \\ \mathcal{B} & \text{else} \end{cases}")
    assert set(re.findall(r'mathvariant="([^"]*)"', mathml)) <= {"normal"}
    assert "columnalign" not in mathml
    assert 'class="left"' in mathml


def test_every_letter_of_every_alphabet_is_one_mathematical_character() -> None:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for variant in ("bold", "italic", "bold-italic", "script", "fraktur", "double-struck", "sans-serif", "monospace"):
        found = [styled(letter, variant) for letter in letters]
        assert len(set(found)) == 52, variant
        assert not set(found) & set(letters), variant
    assert styled("α", "bold") == "𝛂"
    assert styled("é", "bold") == "é"
