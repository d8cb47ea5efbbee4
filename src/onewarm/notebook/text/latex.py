"""Converts LaTeX to MathML when the page is built."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.etree.ElementTree import Element, tostring

from onewarm.errors import InputError, needs
from onewarm.notebook.text.mathml import breakable, repair

with needs("onewarm.notebook", "notebook"):
    from latex2mathml.converter import Converter


__all__ = ["LatexError", "latex_to_mathml"]

# Commands that latex2mathml converts wrongly or drops silently: refused, with what to write instead.
_REFUSED = {
    r"\mathsf": r"\mathrm",
    r"\boxed": "a numbered equation",
    r"\color": "no colour",
    r"\textcolor": "no colour",
    r"\label": "`$$ ... $$ (name)`",
    r"\tag": "`$$ ... $$ (name)`",
    r"\href": "a Markdown link",
    r"\rule": "no rule",
    r"\displaylines": r"\begin{aligned}",
}
_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
_ENVIRONMENTS = ("aligned", "align", "split", "gathered")


class LatexError(InputError):
    """A formula that does not convert. `problem` is the message without file and line."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.problem = problem


def latex_to_mathml(latex: str, *, display: bool = False, source: str = "formula", line: int | None = None) -> str:
    """MathML of a LaTeX formula, as HTML.

    Args:
        latex: the formula, without dollar signs.
        display: a formula on a line of its own. Without it, a long formula becomes several <math> elements, so that
            the browser can break the line between them.
        source, line: where the formula is, for the error message.

    Raises:
        LatexError: an unknown command, an unbalanced brace, or anything else that does not convert.

    >>> latex_to_mathml("x")
    '<math display="inline" alttext="x"><mrow><mi>x</mi></mrow></math>'
    >>> latex_to_mathml(r"p \\ll \\sotfmax z", source="page.md", line=12)
    Traceback (most recent call last):
    onewarm.notebook.text.latex.LatexError: page.md, line 12: the formula `p \\ll \\sotfmax z` does not convert: \
unknown command \\sotfmax
    """
    try:
        return _convert(latex.strip(), display)
    except _ConversionError as fault:
        where = source if line is None else f"{source}, line {line}"
        raise LatexError(where, f"the formula `{latex.strip()}` does not convert: {fault}") from None


class _ConversionError(Exception):
    pass


@lru_cache(maxsize=4096)
def _convert(latex: str, display: bool) -> str:
    if not latex:
        raise _ConversionError("it is empty")
    for command, instead in _REFUSED.items():
        if re.search(re.escape(command) + r"(?![A-Za-z])", latex):
            raise _ConversionError(f"{command} does not display well in browsers; write {instead} instead")
    _check_braces(latex)
    try:
        root = Converter(display="block" if display else "inline").convert_to_element(_rewrite(latex))
    except Exception as error:  # latex2mathml raises many kinds, most without a message
        reason = str(error) or re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__).removesuffix(" Error").lower()
        raise _ConversionError(reason) from None
    repair(root)
    _check(root)
    pieces = [root] if display else breakable(root)
    for piece in pieces:
        piece.attrib.clear()
        piece.attrib["display"] = "block" if display else "inline"
    pieces[0].attrib["alttext"] = latex
    return "".join(tostring(piece, encoding="unicode", short_empty_elements=False) for piece in pieces)


def _rewrite(latex: str) -> str:
    """Replace commands that latex2mathml does not know, or converts wrongly, by ones that it converts well."""
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
            raise _ConversionError("a } without a {")
    if depth:
        raise _ConversionError("a { without a }")
    begun = re.findall(r"\\begin\{([^}]*)\}", latex)
    ended = re.findall(r"\\end\{([^}]*)\}", latex)
    if sorted(begun) != sorted(ended):
        raise _ConversionError(r"\begin and \end do not match")


def _check(root: Element) -> None:
    for node in root.iter():
        text = node.text or ""
        if node.tag != "mtext" and (command := re.search(r"\\[A-Za-z]+|\\.", text)):
            raise _ConversionError(f"unknown command {command.group()}")
        if node.tag == "mi" and text == "&":
            raise _ConversionError("an & outside a table")
        if node.tag in _PARTS and len(node) != _PARTS[node.tag]:
            raise _ConversionError(f"{node.tag} has {len(node)} of its {_PARTS[node.tag]} parts")
        if node.tag == "merror":
            raise _ConversionError("an error in the formula")
