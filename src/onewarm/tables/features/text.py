"""Numbers and words of missing values in text: "12 %", "$1,200", "1.200,50", "(3)", "N/A", "?"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import needs
from onewarm.tables.missing import WORDS

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute as pc

MISSING = WORDS | {"?", "-", "--", "–", "—", ".", "n.a.", "#value!", "#div/0!", "#ref!", "missing", "(missing)"}
"""Texts, in lower case, that stand for no value; "none" and "unknown" may be levels of their own."""

_CODES = re.compile(r"-?9{2,5}")

_SIGNS = "$€£¥₹"
_UNITS = r"%|[" + _SIGNS + r"]|USD|EUR|GBP|CHF|JPY"
_MEASURES = r"[a-zµ°Ω]+[23²³]?(?:/[a-z]+[23²³]?)?"
_AROUND = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+−])?\s*(?P<before>{_UNITS})?\s*(?P<sign2>[-+−])?\s*"
    rf"(?:(?P<core>\d[\d.,'’ \u00a0\u202f]*|[.,]\d+)(?P<exp>[eE][-+]?\d+)?\s*(?P<after>{_UNITS}|{_MEASURES})?"
    r"|inf(?:inity)?)\s*\)?",
    re.IGNORECASE,
)
_ZERO = re.compile(r"0\d")
_LONG = re.compile(r"\d{16,}")
_UNGROUPED = re.compile(  # signs that separate thousands elsewhere: "1.10.2", "12 34", but "12,34,567" in India
    r"(?!\d{1,3}(?:[,'’ \u00a0\u202f]\d{2,3})*[,.'’ \u00a0\u202f]\d{3}(?:[.,]\d+)?$)"
    r"(?:\d+\.\d+\.(?!\d{3}(?:\.\d{3})*(?:,\d+)?$)|\d+[ '’\u00a0\u202f])"
)
_GROUPS = re.compile(r"\d{1,3}([.,'’ \u00a0\u202f])\d{3}(?:\1\d{3})*")
_USUAL = r"^-?[" + _SIGNS + r"]?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d+)?$"
_MANY = 20_000
MOST_ODD = 0.1


@dataclass(frozen=True)
class Numbers:
    """Numbers read from texts.

    Attributes:
        values: NaN where a text is none.
        odd: these texts.
        units: what stands around numbers.
        thousands: the sign that separates thousands, or "".
        mixed: whether units differ, or some numbers are percentages and others not.
    """

    values: NDArray[np.float64]
    odd: tuple[str, ...]
    units: tuple[str, ...]
    thousands: str = ""
    mixed: bool = False


def missing_code(known: NDArray[np.float64]) -> float | None:
    """The number that stands for no value, if one does: -99, -999, 999 and the like, far from all others.

    It is in two rows or more. A negative one stands where no other number is below 0; a positive one is at least five
    times the next largest number.

    >>> missing_code(np.array([21.5, -999, 18, 30, -999]))
    -999.0
    """
    for code in (float(known.min()), float(known.max())):
        others = known[known != code]
        if not code.is_integer() or not _CODES.fullmatch(str(int(code))) or len(known) - len(others) < 2:
            continue
        if len(others) and 0 <= others.min() < others.max() and (code < 0 or (code > 99 and code >= 5 * others.max())):
            return code
    return None


def alike(texts: Iterable[str]) -> list[tuple[str, ...]]:
    """The texts that differ only in upper case, in spaces, or in - and _ for spaces, in groups.

    >>> alike(["Yes", "no", "yes", "new york", "New-York"])
    [('Yes', 'yes'), ('new york', 'New-York')]
    """
    groups: dict[str, list[str]] = {}
    for text in texts:
        groups.setdefault(re.sub(r"[\s_-]+", " ", text).strip().casefold(), []).append(text)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def read_numbers(texts: Sequence[str], counts: NDArray[np.int64], decimal: str = ".") -> Numbers | None:
    """Different texts as numbers, or None where they hold something else: at most a tenth of the rows may be no number.

    One way of writing is found for all of them: which sign is the decimal one, which separates thousands, the unit
    ("70 kg"). Codes with leading zeros ("007") are no numbers, nor are those of 16 digits and more, versions and
    addresses ("1.10.2"), telephone numbers ("030 12 34 56").

    Args:
        texts: without those that stand for no value.
        counts: rows that hold each.
        decimal: the file's decimal sign, which decides where the texts could be read both ways.

    >>> read_numbers(["$1,200", "$950"], np.array([1, 1])).values.tolist()
    [1200.0, 950.0]
    >>> read_numbers(["1.200,50", "12 %"], np.array([1, 1])).values.tolist()
    [1200.5, 12.0]
    """
    if not texts:
        return None
    some = range(0, len(texts), max(1, len(texts) // 200))
    if sum(_AROUND.fullmatch(texts[i].strip()) is not None for i in some) < 0.5 * len(some):
        return None
    if len(texts) > _MANY and decimal == ".":
        column = pc.utf8_trim_whitespace(pa.array(texts, pa.string()))
        if pc.any(pc.match_substring_regex(column, r"^[-+]?[$€£¥₹]?0\d")).as_py():
            return None
        if pc.all(pc.match_substring_regex(column, _USUAL)).as_py():
            return _usual_numbers(column)
    matches = [_AROUND.fullmatch(text.strip()) for text in texts]
    cores = [m["core"].strip() for m in matches if m and m["core"]]
    measures = {m["after"].lower() for m in matches if m and m["after"] and not re.fullmatch(_UNITS, m["after"], re.I)}
    if len(measures) > 1 or any(map(_ZERO.match, cores)):  # "4th" and "2nd", "007": codes
        return None
    if cores and (all(map(_LONG.fullmatch, cores)) or any(map(_UNGROUPED.match, cores))):
        return None
    point = _decimal_sign(cores, decimal)
    values = np.asarray([np.nan if m is None else _value(m, point) for m in matches])
    bad = np.asarray([m is None for m in matches])
    if (counts * bad).sum() > MOST_ODD * counts.sum():
        return None
    units = {unit for m in matches if m for unit in (m["before"], m["after"]) if unit}
    bare = any(m is not None and m["core"] and not (m["before"] or m["after"]) for m in matches)
    other = "," if point == "." else "."
    thousands = other if any(other in core for core in cores) else ""
    odd = tuple(t for t, b in zip(texts, bad.tolist(), strict=True) if b)
    return Numbers(values, odd, tuple(sorted(units)), thousands, len(units) > 1 or ("%" in units and bare))


def _usual_numbers(column: Any) -> Numbers:
    """Numbers written as ``_USUAL`` says, at once; what the steps of ``read_numbers`` give too."""
    signs = tuple(sign for sign in sorted(_SIGNS) if pc.any(pc.match_substring(column, sign)).as_py())
    values = pc.replace_substring_regex(column, f"[{_SIGNS},]", "").cast(pa.float64())
    thousands = "," if pc.any(pc.match_substring(column, ",")).as_py() else ""
    return Numbers(values.to_numpy(zero_copy_only=False), (), signs, thousands, len(signs) > 1)


def _decimal_sign(cores: Sequence[str], decimal: str) -> str:
    """The decimal sign of numbers that are written alike."""
    for core in cores:  # both signs: the last one is the decimal sign; one that occurs twice separates thousands
        if "," in core and "." in core:
            return max(",.", key=core.rfind)
        for sign, other in ((",", "."), (".", ",")):
            if core.count(sign) > 1:
                return other
    sign = next((s for s in ",." if any(s in core for core in cores)), ".")
    grouped = all(_GROUPS.fullmatch(core) for core in cores if sign in core)
    other = "," if sign == "." else "."
    # Where every number could be read both ways ("1,200"), a comma separates thousands unless the file's decimals
    # have one; a point is decimal unless they have not.
    return other if grouped and sign != decimal else sign


def _value(match: re.Match[str], point: str) -> float:
    number = np.inf
    if core := match["core"]:
        plain = re.sub(r"['’ \u00a0\u202f]" + ("|," if point == "." else r"|\."), "", core).replace(",", ".")
        try:
            number = float(plain + (match["exp"] or ""))
        except ValueError:
            return np.nan
    negative = bool(match["open"]) or "-" in (match["sign"], match["sign2"]) or "−" in (match["sign"], match["sign2"])
    return -number if negative else number
