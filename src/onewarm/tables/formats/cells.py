"""Lists that were written as text, "[0.35, 0.65]" or as NumPy and PyTorch print them, and texts without spaces."""

from __future__ import annotations

from typing import Any

from onewarm.errors import InputError, needs

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute as pc

_OPENS = r"^\s*(?:(?:array|tensor)\()?\s*[\[(].*[\])]\s*\)?\s*$"
# What stands around and between the numbers: brackets, separators, np.float64(...), dtype=..., device=...
_BETWEEN = r"(?:array|tensor)\(|np\.\w+\(|(?:dtype|device|grad_fn|requires_grad)=[^,)\]]*|[\[\](),;]"
_NOTHING = pa.array(["null", "None", "NULL", "NA", "<NA>"])
_LOOKED_AT = 1000


def trimmed(column: Any) -> Any:
    """Texts without spaces around them; empty ones are null."""
    plain = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(plain, ""), pa.scalar(None, plain.type), plain)


def list_width(column: Any) -> int | None:
    """Numbers in each list that the texts of a column hold: 0 where lengths differ; None where they are no lists."""
    texts = column.drop_null().slice(0, _LOOKED_AT)
    if not len(texts) or not pc.all(pc.match_substring_regex(texts, f"(?s){_OPENS}")).as_py():
        return None
    lists = _words(texts)
    lengths = pc.unique(pc.list_value_length(lists))
    if _numbers(lists.flatten()) is None or lengths[0].as_py() == 0:
        return None
    return int(lengths[0].as_py()) if len(lengths) == 1 else 0


def to_lists(file: str, name: str, column: Any, first: int) -> Any:
    """Lists of float64 from their texts.

    Args:
        file, name: of the column, for errors.
        column: an array of texts.
        first: number of the first row in the file, from 0.

    Raises:
        ValueError: with the first row that holds anything but numbers.

    Example:
        >>> to_lists("a.csv", "p", pa.array(["[0.25, 0.75]", None, "[1. 0.]"]), 0).to_pylist()
        [[0.25, 0.75], None, [1.0, 0.0]]
    """
    lists = _words(column)
    numbers = _numbers(lists.flatten())
    if numbers is None:
        row = next(i for i in range(len(column)) if _numbers(lists.slice(i, 1).flatten()) is None)
        text = column[row].as_py()
        why = "NumPy left numbers out: save the numbers" if "..." in text else "correct it or drop the row"
        raise InputError(
            f"{file}: row {first + row + 1}, column {name!r} is {text[:60]!r}, not a list of numbers; {why}"
        )
    return pa.ListArray.from_arrays(lists.offsets, numbers, mask=lists.is_null()) if len(lists) else lists


def _words(column: Any) -> Any:
    return pc.utf8_split_whitespace(pc.utf8_trim_whitespace(pc.replace_substring_regex(column, _BETWEEN, " ")))


def _numbers(words: Any) -> Any:
    empty = pc.is_in(words, value_set=_NOTHING)
    try:
        return pc.if_else(empty, None, words).cast(pa.float64())
    except pa.ArrowInvalid:
        return None
