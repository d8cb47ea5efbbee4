"""Repairs MathML from latex2mathml, so that browsers with MathML Core display it as TeX would."""

from __future__ import annotations

import html
import re
import unicodedata
from xml.etree.ElementTree import Element

__all__ = ["breakable", "repair", "styled"]

_VARIANTS = {
    "bold": "BOLD",
    "italic": "ITALIC",
    "bold-italic": "BOLD ITALIC",
    "script": "SCRIPT",
    "bold-script": "BOLD SCRIPT",
    "fraktur": "FRAKTUR",
    "double-struck": "DOUBLE-STRUCK",
    "sans-serif": "SANS-SERIF",
    "monospace": "MONOSPACE",
}
# Letters that Unicode had before its mathematical alphabets have other names.
_OLDER_NAMES = {"SCRIPT": "SCRIPT", "FRAKTUR": "BLACK-LETTER", "DOUBLE-STRUCK": "DOUBLE-STRUCK"}
_DIGITS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
# Accents come as ASCII; math fonts place these spacing accents better.
_ACCENTS = {"^": "ˆ", "~": "˜"}
_OPENING = frozenset("([{⟨‖|⌊⌈")
_CLOSING = frozenset(")]}⟩⌋⌉")
# Symbols that are no operators: as <mo> they would get the wide spaces of a relation.
_ATOMS = frozenset("∞∅⊤⊥…⋯∂∇ℓ")
# A line may break after these; a formula of at most _SHORT characters is never broken.
_BREAKS = frozenset("=<>≤≥≈≠≡∈→↦∝+−±≔")
_SHORT = 16
_LIMITS = frozenset(("max", "min", "sup", "inf", "lim"))
_RELATION_SPACE = "0.2778em"


def repair(root: Element) -> Element:
    """Repair a tree from latex2mathml in place and return it.

    Entities become characters, `mathvariant` becomes Unicode's mathematical letters (MathML Core knows only
    "normal"), named functions get their spaces, a sign after an opening fence or a relation becomes a prefix,
    capital Greek letters become upright, column alignment becomes a class (the page's content policy forbids style
    attributes).
    """
    for node in root.iter():
        _token(node)
    for node in root.iter():
        _limits(node)
    for node in list(root.iter()):
        _merge(node)
    for node in root.iter():
        _row(node)
        _table(node)
    return root


def breakable(root: Element) -> list[Element]:
    """An inline formula in pieces that end after a relation or a binary sign, since browsers do not break formulas.

    A short formula is one piece.
    """
    row = root[0] if len(root) == 1 and root[0].tag == "mrow" else root
    if len("".join(row.itertext())) <= _SHORT:
        return [root]
    pieces: list[Element] = []
    current: list[Element] = []
    depth = 0
    for child in row:
        text = (child.text or "") if child.tag == "mo" else ""
        depth += (text in _OPENING) - (text in _CLOSING)
        current.append(child)
        if depth == 0 and text in _BREAKS and child.get("form") != "prefix" and len(current) > 1:
            child.set("form", "infix")  # at the end of a row browsers would treat it as a postfix, without spaces
            pieces.append(_piece(current))
            current = []
    return [*pieces, _piece(current)] if current else pieces


def _piece(children: list[Element]) -> Element:
    piece = Element("math")
    row = Element("mrow")
    row.extend(children)
    piece.append(row)
    return piece


def _token(node: Element) -> None:
    raw = node.text or ""
    node.text = text = html.unescape(raw)
    if node.tag == "mi" and raw.startswith("&") and text.isascii() and text.isalpha():
        node.set("mathvariant", "normal")  # \\mathrm{d}: one upright letter arrives as an entity
    variant = node.get("mathvariant", "normal")
    if variant != "normal" and node.tag in ("mi", "mn"):
        del node.attrib["mathvariant"]
        node.text = text = "".join(styled(c, variant) for c in text)
    if node.tag == "mi" and re.fullmatch(r"\.?\d+(\.\d+)?", text):
        node.tag = "mn"
    elif node.tag == "mi" and len(text) == 1 and "Α" <= text <= "Ω":
        node.set("mathvariant", "normal")
    elif node.tag == "mi" and text in ("⟨", "⟩", ":"):
        node.tag = "mo"
        if text == ":":
            node.attrib.update(lspace="0.1667em", rspace="0.2778em")
        else:
            node.set("stretchy", "false")
    elif node.tag == "mo" and text in _ATOMS:
        node.tag = "mi"
        if text not in "∂ℓ":
            node.set("mathvariant", "normal")
    elif node.tag == "mo" and len(text) > 1 and text[0].isalpha():
        # A named operator: as <mi> it is upright and has none of the spaces of an operator.
        node.text = text.replace("\\,", "\u2009").replace("\\ ", " ")
        if node.text in _LIMITS:
            node.set("movablelimits", "true")
        if "movablelimits" in node.attrib:
            node.attrib.update(lspace="0", rspace="0")
        else:
            node.tag = "mi"
    if node.tag == "mtext":
        node.text = text.replace(" ", "\u00a0")
    if node.tag == "mover" and len(node) == 2 and node[1].tag == "mo":
        mark = html.unescape(node[1].text or "")
        node[1].text = _ACCENTS.get(mark, mark)
        if mark and mark in "^~¯˙¨→":
            node.set("accent", "true")


def _limits(node: Element) -> None:
    """`\\max_k`: with `movablelimits`, munder puts k below in a display formula and as a subscript in a line."""
    if node.tag in ("msub", "msubsup") and node[0].tag == "mo" and "movablelimits" in node[0].attrib:
        node.tag = {"msub": "munder", "msubsup": "munderover"}[node.tag]


def styled(character: str, variant: str) -> str:
    """The character in one of Unicode's mathematical alphabets, or itself if there is none.

    >>> styled("p", "italic"), styled("E", "double-struck"), styled("+", "bold")
    ('𝑝', '𝔼', '+')
    """
    style = _VARIANTS.get(variant)
    if style is None or (not character.isascii() and not character.isalpha()):
        return character
    if character.isdigit():
        return _look_up(f"MATHEMATICAL {style} DIGIT {_DIGITS[int(character)]}") or character
    name = unicodedata.name(character, "")
    if name.startswith("LATIN "):
        kind = "CAPITAL" if character.isupper() else "SMALL"
        tail = f"{kind} {character.upper()}"
    elif name.startswith("GREEK ") and "LETTER" in name:
        tail = name.removeprefix("GREEK ").replace(" LETTER", "")
    else:
        return character
    letter = _look_up(f"MATHEMATICAL {style} {tail}")
    if letter is None and style in _OLDER_NAMES:
        letter = _look_up(f"{_OLDER_NAMES[style]} {tail}")
    if letter is None and (style, character) == ("ITALIC", "h"):
        letter = "ℎ"
    return letter or character


def _look_up(name: str) -> str | None:
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return None


def _merge(node: Element) -> None:
    """Join a run of upright letters, as in `\\mathrm{KL}`, into one identifier."""
    children = list(node)
    if (
        node.tag == "mrow"
        and len(children) > 1
        and all(c.tag == "mi" and c.get("mathvariant") == "normal" and not len(c) for c in children)
        and all((c.text or "").isascii() and (c.text or "").isalpha() for c in children)
    ):
        word = "".join(c.text or "" for c in children)
        for child in children[1:]:
            node.remove(child)
        children[0].text = word


def _row(node: Element) -> None:
    """Repairs that depend on the neighbours: prefix signs, pairs of bars, the space around named functions."""
    if node.tag not in ("mrow", "math", "mtd", "mstyle"):
        return
    children = list(node)
    if len(children) == 1 and children[0].tag == "mo" and children[0].text == "," and node.tag == "mrow":
        children[0].attrib.update(lspace="0", rspace="0")  # the {,} of 1{,}000
    bars: dict[str, bool] = {}
    out: list[Element] = []
    before: Element | None = None
    for position, child in enumerate(children):
        text = (child.text or "") if child.tag == "mo" else ""
        if text in ("|", "‖") and child.get("fence") != "false":
            bars[text] = not bars.get(text, False)
            child.attrib.update(form="prefix" if bars[text] else "postfix", stretchy="false")
        elif text == "‖":
            child.attrib.update(form="infix", lspace="0.1667em", rspace="0.1667em")
        elif text in ("−", "-", "+", "±") and (before is None or _opens(before)):
            child.attrib.update(form="prefix", lspace="0", rspace="0")
        elif text == "/":
            child.attrib.update(lspace="0.0556em", rspace="0.0556em")
        if _is_function(child):
            if before is not None and not _opens(before) and out[-1].tag != "mspace":
                out.append(_space())
            out.append(child)
            after = children[position + 1] if position + 1 < len(children) else None
            if after is not None and not (after.tag == "mo" or after.tag == "mspace" or _fenced(after)):
                out.append(_space())
        else:
            out.append(child)
        if child.tag != "mspace":
            before = child
    if len(out) != len(children):
        for child in children:
            node.remove(child)
        node.extend(out)


def _space() -> Element:
    return Element("mspace", width="0.1667em")


def _fenced(node: Element) -> bool:
    return node.tag == "mrow" and len(node) > 0 and node[0].tag == "mo" and node[0].get("fence") == "true"


def _opens(node: Element) -> bool:
    """Whether a sign after this node is a prefix: the node opens a fence, relates, operates or separates."""
    if node.tag != "mo":
        return False
    text = node.text or ""
    return (text in _OPENING and node.get("form") != "postfix") or text not in _CLOSING | {"|", "‖", "!", "′", "%"}


def _is_function(node: Element) -> bool:
    if node.tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover") and len(node):
        return _is_function(node[0])
    text = node.text or ""
    if node.tag == "mo":
        return "movablelimits" in node.attrib and text[:1].isalpha()
    return node.tag == "mi" and len(text) > 1 and text[0].isascii() and text[0].isalpha()


def _table(node: Element) -> None:
    if node.tag == "mtd":
        side = node.attrib.pop("columnalign", None)
        if side in ("left", "right"):
            node.set("class", side)
        if len(node) > 1 and node[0].tag == "mi" and not node[0].text and not len(node[0]):
            node.remove(node[0])  # an empty identifier, there only to give the relation its spaces
            if node[0].tag == "mo" and node[0].get("form") is None:
                node[0].attrib.update(form="infix", lspace=_RELATION_SPACE, rspace=_RELATION_SPACE)
    elif node.tag == "mtable":
        spacing = node.attrib.pop("columnspacing", None)
        node.attrib.pop("rowspacing", None)
        if spacing is not None:
            node.set("class", "aligned")
