"""Converts a concept's Markdown to HTML: formulas become MathML, code gets classes for its colours, no raw HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from onewarm.errors import InputError, needs
from onewarm.notebook.concept.page_md import markdown_parser
from onewarm.notebook.text.latex import LatexError, latex_to_mathml
from onewarm.notebook.text.mathml import styled

with needs("onewarm.notebook", "notebook"):
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from pygments import highlight as _highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound


__all__ = ["LinkError", "Prose", "highlight", "plain_text"]

# Names, operators and punctuation have the colour of the text, so their elements are left out to save bytes.
_PLAIN_TOKEN = re.compile(r'<span class="(?:n|o|p|w|nn|nx)">([^<]*)</span>')
# Formulas with any of these are hard to read as plain characters: `plain_text` shows their LaTeX.
_LAID_OUT = re.compile(r"[_^{}]|\\(?:frac|sum|bar|hat|sqrt|max|min|begin)")
_MATH = ("math_inline", "math_inline_double", "math_block", "math_block_label")


def highlight(code: str, language: str = "python") -> Markup:
    """Code as HTML with Pygments' short class names; code of an unknown language has none.

    >>> highlight("x = 1")
    Markup('<pre class="code"><code>x = <span class="mi">1</span></code></pre>')
    """
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    inner = _highlight(code.rstrip("\n"), lexer, HtmlFormatter(nowrap=True)).rstrip("\n")
    inner = _PLAIN_TOKEN.sub(r"\1", inner)
    return Markup(f'<pre class="code"><code>{inner}</code></pre>')


class Prose:
    """Renders the texts of one page.

    Attributes:
        characters: the characters of the formulas rendered so far, for the font.

    Args:
        equations: for each label of page.md, a function from the equation's MathML to the HTML to show.
        references: for each label, text and address: "(label)" in a text becomes that link.
        link: maps the address of a link to the address to write; raises ValueError for one that leads nowhere.
        report: called with (problem, line) for a formula that does not convert or a link that leads nowhere. The rest
            of the text is still rendered. Without it, the methods raise LatexError or LinkError.
    """

    def __init__(
        self,
        *,
        equations: Mapping[str, Callable[[Markup], Markup]] | None = None,
        references: Mapping[str, tuple[str, str]] | None = None,
        link: Callable[[str], str] | None = None,
        report: Callable[[str, int | None], None] | None = None,
    ) -> None:
        self._report = report
        self.characters: set[str] = set()
        self._equations = dict(equations or {})
        self._references = dict(references or {})
        self._link = link or (lambda href: href)
        self._markdown = markdown_parser().enable("smartquotes")
        self._markdown.options["typographer"] = True
        self._markdown.options["highlight"] = lambda code, language, _: str(highlight(code, language))
        self._markdown.core.ruler.push("lines", _lines)
        self._markdown.core.ruler.push("tails", _tails)
        if self._references:
            self._markdown.core.ruler.push("references", self._refer)
        rules: dict[str, Callable[[Sequence[Token], int, Any, dict[str, Any]], str]] = {
            "heading_open": _heading,
            "heading_close": _heading,
            "table_open": lambda *_: '<div class="scroll"><table>',
            "table_close": lambda *_: "</table></div>",
            "link_open": self._anchor,
        }
        rules.update(dict.fromkeys(_MATH, self._math))
        self._markdown.renderer.rules.update(rules)  # type: ignore[attr-defined]

    def block(self, text: str, *, source: str, line: int = 1) -> Markup:
        """A text as paragraphs, lists and tables; `line` is the line of `source` on which the text starts."""
        return Markup(self._markdown.render(text, {"source": source, "line": line}))

    def inline(self, text: str, *, source: str) -> Markup:
        """A text without a <p> around it; a text of several paragraphs keeps them."""
        if "\n\n" in text.strip():
            return self.block(text, source=source)
        return Markup(self._markdown.renderInline(text.strip(), {"source": source, "line": None}))

    def formula(self, latex: str, *, display: bool = False, source: str, line: int | None = None) -> Markup:
        """MathML of one formula."""
        try:
            mathml = latex_to_mathml(latex, display=display, source=source, line=line)
        except LatexError as error:
            if self._report is None:
                raise
            self._report(error.problem, line)
            return Markup()
        self.characters.update(_set_characters(mathml))
        return Markup(mathml)

    def _refer(self, state: StateCore) -> None:
        names = "|".join(map(re.escape, sorted(self._references)))
        for token in state.tokens:
            if not token.children:
                continue
            out: list[Token] = []
            for child in token.children:
                pieces = re.split(rf"\(({names})\)", child.content) if child.type == "text" else []
                if len(pieces) < 2:
                    out.append(child)
                    continue
                for i, piece in enumerate(pieces):
                    if i % 2 == 0:
                        out.append(_text(piece))
                    else:
                        text, href = self._references[piece]
                        link = Token("link_open", "a", 1, attrs={"href": href, "class": "reference"})
                        out += [link, _text(text), Token("link_close", "a", -1)]
            token.children = out

    def _math(self, tokens: Sequence[Token], index: int, _options: Any, env: dict[str, Any]) -> str:
        token = tokens[index]
        display = token.type != "math_inline"
        mathml = self.formula(token.content, display=display, source=env["source"], line=_line(token, env))
        if not display:
            tail = token.meta.get("tail", "")
            if not tail:
                return mathml
            head, math, last = mathml.rpartition("<math")
            return f'{head}<span class="together">{math}{last}{escape(tail)}</span>'
        if token.type == "math_block_label" and token.info in self._equations:
            return self._equations[token.info](mathml)
        return f'<div class="formula scroll">{mathml}</div>\n'

    def _anchor(self, tokens: Sequence[Token], index: int, options: Any, env: dict[str, Any]) -> str:
        token = tokens[index]
        href = str(token.attrs.get("href", ""))
        try:
            token.attrs["href"] = self._link(href)
        except ValueError as error:
            if self._report is None:
                raise LinkError(f"{env['source']}: link to {href!r}: {error}") from None
            self._report(f"link to {href!r}: {error}", _line(token, env))
        if href.startswith(("http:", "https:")):
            token.attrs["rel"] = "noreferrer"
        renderer = self._markdown.renderer
        assert isinstance(renderer, RendererHTML)
        return renderer.renderToken(tokens, index, options, env)


class LinkError(InputError):
    """A link in a text that leads nowhere: the message has the file and the address."""


def _line(token: Token, env: Mapping[str, Any]) -> int | None:
    """The line of the source on which the token is, if it is known."""
    line = token.meta.get("line")
    return env["line"] + line if env.get("line") is not None and line is not None else None


def _tails(state: StateCore) -> None:
    """Attach punctuation to the formula before it: browsers would otherwise break the line between them."""
    for token in state.tokens:
        children = token.children or []
        for child, after in pairwise(children):
            if child.type == "math_inline" and after.type == "text":
                tail = re.match(r"[.,;:!?)\]’”]+|-\w*", after.content)
                if tail:
                    child.meta["tail"] = tail.group()
                    after.content = after.content[tail.end() :]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _lines(state: StateCore) -> None:
    """Give every formula and link its 0-based line; the parser records only the first line of a paragraph."""
    for token in state.tokens:
        if token.type in _MATH and token.map:
            token.meta["line"] = token.map[0]
        line = token.map[0] if token.map else None
        for child in token.children or ():
            if child.type in ("softbreak", "hardbreak") and line is not None:
                line += 1
            elif child.type in (*_MATH, "link_open") and line is not None:
                child.meta["line"] = line


def _heading(tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    # The page has h1 and a panel h2, so a text's own headings start at h3.
    token = tokens[index]
    level = min(max(3, int(token.tag[1])), 6)
    return f"<h{level}>" if token.nesting > 0 else f"</h{level}>\n"


def _set_characters(mathml: str) -> set[str]:
    """The characters that a browser draws for the formula: a single letter in <mi> is drawn in italics."""
    shown = re.sub(r"<[^>]*>", "", mathml)
    characters = set(Markup(shown).unescape())
    for letter in re.findall(r"<mi>([^<])</mi>", mathml):
        characters.add(styled(letter, "italic"))
    return characters


@lru_cache(maxsize=4096)
def plain_text(text: str) -> str:
    """A Markdown text without markup: simple formulas become characters, others stay LaTeX.

    >>> plain_text(r"The *gap* is $p - \\alpha t$, `exactly`; $x^2$.")
    'The gap is p−αt, exactly; x^2.'
    """
    out: list[str] = []
    for token in markdown_parser().parse(text):
        for child in token.children or ([token] if token.content else []):
            if child.type in ("softbreak", "hardbreak"):
                out.append(" ")
            elif child.type in _MATH and not _LAID_OUT.search(child.content):
                out.append(Markup(re.sub(r"<[^>]*>", "", latex_to_mathml(child.content))).unescape())
            elif child.content:
                out.append(child.content)
        if token.type in ("paragraph_close", "list_item_close"):
            out.append("\n")
    return re.sub(r"\n+", "\n", "".join(out)).strip()
