"""One self-contained HTML file: it fetches nothing; its content policy lists all inline code."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import onewarm
from onewarm.report.markup import text


def page(title: str, body: str, *, style: str = "", script: str = "", data: Any = None, named: str = "files") -> str:
    """A self-contained page in the style of all reports.

    Args:
        title: plain text.
        body: HTML.
        style: a style sheet after the common one.
        script: a module, allowed by its digest; "" for none.
        data: values for the script, as JSON in an element of the id "data".
        named: what the page's numbers were computed from, as the page names them above its footer.
    """
    style = f"{tokens()}{asset('page.css')}{asset('first.css')}{asset('marks.css')}{style}"
    scripts = f"script-src '{_digest(script)}'; " if script else ""
    policy = f"default-src 'none'; style-src '{_digest(style)}'; {scripts}base-uri 'none'; form-action 'none'"
    if script:
        body += f'<script type="application/json" id="data">{_data_block(data)}</script>'
        body += f'<script type="module">{script}</script>'
    return Template(asset("page.html")).substitute(
        policy=escape(policy),
        style=style,
        title=text(title),
        body=body,
        version=escape(onewarm.__version__),
        named=named,
    )


def section(name: str, title: str, body: str) -> str:
    """A section of a page, its heading the anchor ``name``; title and body are HTML."""
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>{body}</section>'


def tokens(selector: str = ":root") -> str:
    """The rule that gives ``selector`` the colours and fonts of reports and pages, as CSS custom properties."""
    return f"{selector}{{{asset('tokens.css')}}}"


def asset(name: str) -> str:
    """The text of a file of the reports' assets."""
    return (files("onewarm.report") / "assets" / name).read_text(encoding="utf-8")


def _digest(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _data_block(value: Any) -> str:
    block = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        block = block.replace(character, f"\\u{ord(character):04x}")
    return block
