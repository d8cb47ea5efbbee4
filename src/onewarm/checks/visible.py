"""Text of others made safe to print: control characters, escape sequences and reordering of text become visible."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"  # part of how Persian, Hindi and emoji are written
_PLAIN = re.compile(r"[ -~]*")


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


def _shown(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS
    return character.encode("unicode_escape").decode() if hidden else character
