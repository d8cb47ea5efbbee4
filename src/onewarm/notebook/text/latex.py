"""LaTeX to MathML, once, when the page is built."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter

from onewarm.notebook.text.mathml import breakable, mend

__all__ = ["MathError", "to_mathml"]

# Commands that latex2mathml sets wrongly or drops without a word: refused, with what to write instead.
_REFUSED = {
    r"\mathsf": r"\mathrm",
    r"\boxed": "a numbered equation",
    r"\color": "plain ink (colour is the demo's)",
    r"\textcolor": "plain ink (colour is the demo's)",
    r"\label": "`$$ ... $$ (name)`",
    r"\tag": "`$$ ... $$ (name)`",
    r"\href": "a Markdown link",
    r"\rule": "nothing",
    r"\displaylines": r"\begin{aligned}",
}
_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
_ENVIRONMENTS = ("aligned", "align", "split", "gathered")


class MathError(ValueError):
    """A formula that does not convert: names the file, the line and the formula; `problem` is without the place."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.problem = problem


def to_mathml(latex: str, *, display: bool = False, source: str = "formula", line: int | None = None) -> str:
    """MathML of a LaTeX formula, as text to put into HTML.

    `display` sets the formula as a block; a long formula in a line comes as several <math> elements, so that the
    line can break between them. `source` and `line` say where it stands, for the error.

    Raises `MathError` for an unknown command, an unbalanced brace, or anything else that does not convert.

    >>> to_mathml("x")
    '<math display="inline" alttext="x"><mrow><mi>x</mi></mrow></math>'
    >>> to_mathml(r"p \\ll \\sotfmax z", source="page.md", line=12)
    Traceback (most recent call last):
    onewarm.notebook.text.latex.MathError: page.md, line 12: the formula `p \\ll \\sotfmax z` does not convert: \
unknown command \\sotfmax
    """
    try:
        return _convert(latex.strip(), display)
    except _Fault as fault:
        where = source if line is None else f"{source}, line {line}"
        raise MathError(where, f"the formula `{latex.strip()}` does not convert: {fault}") from None


class _Fault(Exception):
    pass


@lru_cache(maxsize=4096)
def _convert(latex: str, display: bool) -> str:
    if not latex:
        raise _Fault("it is empty")
    for command, instead in _REFUSED.items():
        if re.search(re.escape(command) + r"(?![A-Za-z])", latex):
            raise _Fault(f"{command} is not set well in browsers; write {instead} instead")
    _check_braces(latex)
    try:
        root = Converter(display="block" if display else "inline").convert_to_element(_rewrite(latex))
    except Exception as error:  # latex2mathml raises many kinds, most without a message
        reason = str(error) or re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__).removesuffix(" Error").lower()
        raise _Fault(reason) from None
    mend(root)
    _check(root)
    pieces = [root] if display else breakable(root)
    for piece in pieces:
        piece.attrib.clear()
        piece.attrib["display"] = "block" if display else "inline"
    pieces[0].attrib["alttext"] = latex
    return "".join(tostring(piece, encoding="unicode", short_empty_elements=False) for piece in pieces)


def _rewrite(latex: str) -> str:
    """Say in latex2mathml's dialect what it does not know, or knows wrongly."""
    for name in _ENVIRONMENTS:
        latex = latex.replace(rf"\begin{{{name}}}", r"\begin{align*}").replace(rf"\end{{{name}}}", r"\end{align*}")
    latex = re.sub(r"\\operatorname\*\s*\{arg\s*\\?,?\s*(max|min)\}", r"\\arg\1", latex)
    latex = re.sub(r"\\arg\s*\\(max|min)(?![A-Za-z])", r"\\arg\1", latex)
    return re.sub(r"\\operatorname\*", r"\\operatornamewithlimits", latex)


def _check_braces(latex: str) -> None:
    depth = 0
    for brace in re.findall(r"\\.|[{}]", latex):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            raise _Fault("a } closes nothing")
    if depth:
        raise _Fault("a { is not closed")
    begun = re.findall(r"\\begin\{([^}]*)\}", latex)
    ended = re.findall(r"\\end\{([^}]*)\}", latex)
    if sorted(begun) != sorted(ended):
        raise _Fault(r"\begin and \end do not match")


def _check(root: Element) -> None:
    for node in root.iter():
        text = node.text or ""
        if node.tag != "mtext" and (found := re.search(r"\\[A-Za-z]+|\\.", text)):
            raise _Fault(f"unknown command {found.group()}")
        if node.tag == "mi" and text == "&":
            raise _Fault("an & outside a table")
        if node.tag in _PARTS and len(node) != _PARTS[node.tag]:
            raise _Fault(f"{node.tag} has {len(node)} part where {_PARTS[node.tag]} belong")
        if node.tag == "merror":
            raise _Fault("an error in the formula")
