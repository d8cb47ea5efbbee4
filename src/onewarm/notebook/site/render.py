"""Renders the templates to HTML: autoescape on, an undefined name is an error, one content policy for every page."""

from __future__ import annotations

from functools import cache
from typing import Any

import onewarm
from onewarm.errors import needs

with needs("onewarm.notebook", "notebook"):
    from jinja2 import Environment, PackageLoader, StrictUndefined


__all__ = ["CONTENT_POLICY", "render"]

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)


def render(template: str, *, depth: int = 0, **context: Any) -> str:
    """The template as HTML.

    Args:
        template: name of a file in templates/.
        depth: number of folders between the page and the site's root, for relative addresses.
        context: the names that the template uses.

    Raises:
        jinja2.UndefinedError: the template uses a name that ``context`` does not have.
    """
    page = _environment().get_template(template)
    root = "../" * depth
    return page.render(policy=CONTENT_POLICY, root=root, version=onewarm.__version__, **context) + "\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("onewarm.notebook", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
