"""The misconceptions of a page among true statements, in an order of chance: for readers to tell apart."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from onewarm.notebook.concept.keys import object_key
from onewarm.notebook.concept.load import Concept
from onewarm.notebook.text.markdown import highlight

__all__ = ["statements_view"]


def statements_view(
    concept: Concept,
    outputs: Mapping[str, str],
    objects: Mapping[str, Mapping[str, Any]],
    inline: Callable[[str], Markup],
) -> list[dict[str, Any]]:
    """What the panel shows of each statement; the order is drawn by seed, the same at every build.

    ``outputs`` is what the checks printed, by name; ``objects`` are the page's objects, by key. A true statement is
    none of them.
    """
    shown: list[dict[str, Any]] = [
        {
            "name": item.name,
            "true": False,
            "text": inline(item.wrong),
            "why": inline(item.correction),
            "check": highlight(item.check),
            "output": outputs[item.name],
            "object": objects[object_key("misconception", concept.key, item.name)],
        }
        for item in concept.misconceptions
    ]
    shown += [
        {
            "name": item.name,
            "true": True,
            "text": inline(item.right),
            "why": inline(item.why),
            "check": highlight(item.check),
            "output": outputs[item.name],
            "object": None,
        }
        for item in concept.true_statements
    ]
    random.Random(concept.key).shuffle(shown)
    return shown
