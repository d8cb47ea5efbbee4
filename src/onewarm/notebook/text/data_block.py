"""Data for the scripts of a page, as JSON inside the HTML."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

__all__ = ["data_block"]


def data_block(value: Any) -> Markup:
    """JSON for a <script type="application/json">, escaped so that no character of it can end the element.

    Raises:
        ValueError: ``value`` has a number that is NaN or infinite.

    >>> data_block({"a": "</script>"})
    Markup('{"a":"\\\\u003c/script\\\\u003e"}')
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)
