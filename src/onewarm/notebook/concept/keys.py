"""Keys, anchors and routes of a page's objects.

A key is `kind:section/slug` for a concept and `kind:section/slug/name` for an object of its page. The anchor
is `kind/concept-notebook/section/slug[/name]`, the route of the page `concept/section/slug/`. All three are computed
from the key alone, so a link to an object keeps working when a demo or a panel is added.
"""

import re

from onewarm.errors import InputError

_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
NAME_PATTERN = rf"^{_SLUG}$"
CONCEPT_PATTERN = rf"^concept:{_SLUG}/{_SLUG}$"
CLAIM_PATTERN = rf"^claim:{_SLUG}/{_SLUG}/{_SLUG}$"
KEY_PATTERN = rf"^{_SLUG}:{_SLUG}/{_SLUG}(?:/{_SLUG})?$"


def object_key(kind: str, concept: str, name: str | None = None) -> str:
    """Key of an object of a concept's page.

    >>> object_key("equation", "concept:optimization/label-smoothing", "gradient")
    'equation:optimization/label-smoothing/gradient'
    """
    path = concept.partition(":")[2]
    return f"{kind}:{path}/{name}" if name else f"{kind}:{path}"


def anchor(key: str) -> str:
    """Anchor (the HTML id) of the object with this key.

    Raises:
        ValueError: ``key`` does not have the form of a key.

    >>> anchor("concept:optimization/label-smoothing")
    'concept/concept-notebook/optimization/label-smoothing'
    """
    if not re.match(KEY_PATTERN, key):
        raise InputError(f"key {key!r} is not of the form kind:section/slug/name")
    kind, path = key.split(":", 1)
    return f"{kind}/concept-notebook/{path}"


def route(concept: str) -> str:
    """Route of a concept's page, relative to the site's root.

    >>> route("concept:optimization/label-smoothing")
    'concept/optimization/label-smoothing/'
    """
    return concept.replace(":", "/", 1) + "/"
