"""Text of others made safe to print: control characters, escape sequences and reordering of text become visible."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

_JOINERS = "\u200c\u200d"  # part of how Persian, Hindi and emoji are written
_PLAIN = re.compile(r"[ -~]*")
_OTHER = re.compile(r"[^\n -~]")


def visible(text: object) -> str:
    r"""``str(text)`` with every character that a terminal or a page would obey, or hide, as its escape.

    These are control characters (newlines, tabs, ESC), line separators, surrogates, and format characters such as
    those that reverse the direction of text. What people can read stays as it is.

    Example:
        >>> print(visible("day\x1b[31m\nnight\u202e"), visible("été 夏"))
        day\x1b[31m\nnight\u202e été 夏

    Source: Unicode Standard Annex #9 (bidirectional text); Boucher and Anderson, Trojan Source, 2021.
    """
    plain = str(text)
    if _PLAIN.fullmatch(plain):
        return plain
    return "".join(_shown(c) for c in plain)


def visible_json(value: Any) -> str:
    r"""``value`` as JSON text, indented, in which ``visible``'s characters are escapes: a reader gets the same values.

    Raises:
        ValueError: a number is not finite.

    Example:
        >>> print(visible_json({"day\u202e": "été\x9b"}))
        {
         "day\u202e": "été\u009b"
        }
    """
    text = json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False)
    return _OTHER.sub(lambda found: json.dumps(found[0])[1:-1] if _hidden(found[0]) else found[0], text)


def _shown(character: str) -> str:
    return character.encode("unicode_escape").decode() if _hidden(character) else character


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS
