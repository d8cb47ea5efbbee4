"""Templates to HTML: autoescape on, an undefined name is an error, one content policy for every page."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import onewarm

__all__ = ["CONTENT_POLICY", "data_block", "render"]

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)


def render(template: str, *, depth: int = 0, **context: Any) -> str:
    """The template as HTML; `depth` is how many folders below the site's root the page stands."""
    page = _environment().get_template(template)
    root = "../" * depth
    return page.render(policy=CONTENT_POLICY, root=root, version=onewarm.__version__, **context) + "\n"


def data_block(value: Any) -> Markup:
    """JSON to stand in a <script type="application/json">: no character of it can end the element.

    >>> data_block({"a": "</script>"})
    Markup('{"a":"\\\\u003c/script\\\\u003e"}')
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("onewarm.notebook", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
