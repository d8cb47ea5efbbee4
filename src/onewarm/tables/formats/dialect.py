"""How a text table is written: where its rows begin, its column names, what separates them, its decimal sign."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from onewarm.errors import InputError

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50
_LONGEST_CELL = 1 << 26
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")
_DECIMAL_POINT = re.compile(r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_WHOLE = re.compile(r"[-+]?\d+")


@dataclass(frozen=True)
class Dialect:
    """How the rows of a text table are written.

    Attributes:
        names: of the columns; "" for a first column without a name, as pandas and R write their index.
        header: bytes before the first row.
        delimiter: one character; " " stands for any run of spaces and tabs.
        decimal: "." or ",".
        quotes: whether cells may be in double quotes.
    """

    names: tuple[str, ...]
    header: int
    delimiter: str
    decimal: str = "."
    quotes: bool = False


def find_dialect(file: str, text: str, *, whole: bool) -> Dialect:
    """Find how a table is written from its beginning.

    Args:
        file: its name, for errors.
        text: its first lines.
        whole: whether ``text`` is all of the file; otherwise its last line may be cut.

    Raises:
        ValueError: no line of names, or two columns of one name.

    Example:
        >>> find_dialect("a.csv", "y_true;y_prob\\n1;0,75\\n", whole=True)
        Dialect(names=('y_true', 'y_prob'), header=14, delimiter=';', decimal=',', quotes=False)
    """
    end = "\r" if "\r" in text and "\n" not in text else "\n"
    lines = [line + end for line in text.split(end)]
    lines[-1] = lines[-1][:-1]
    if not whole and len(lines) > 2:
        del lines[-1]
    start, delimiters = _first_line(lines)
    if start == len(lines):
        raise InputError(f"{file}: is empty: no column names and no rows")
    header, body = lines[start], lines[start + 1 : start + 1 + _SAMPLE_ROWS]
    comment = re.match(r"#+[ \t]*", header)  # as numpy.savetxt writes its header
    plain = header[comment.end() :] if comment else header
    delimiter, (names, *rows), used = _delimiter(file, [plain, *body], delimiters)
    names = _complete(
        [name.strip().strip("\ufeff") for name in names], rows, quoted=bool(body) and body[0].startswith('"')
    )
    _check_names(file, names, rows, delimiter)
    cells = [cell.strip() for row in rows for cell in row]
    commas = [cell for cell in cells if _DECIMAL_COMMA.fullmatch(cell)]
    # Between commas, "1,200" in quotes is a number with its thousands separated.
    thousands = delimiter == "," and all(map(_THOUSANDS.fullmatch, commas))
    comma = bool(commas) and not thousands and not any(map(_DECIMAL_POINT.fullmatch, cells))
    skipped = "".join(lines[: start + used])
    return Dialect(tuple(names), len(skipped.encode()), delimiter, "," if comma else ".", '"' in text)


def _first_line(lines: Sequence[str]) -> tuple[int, str]:
    """The line with the names, and what may separate them: a line ``sep=;`` of Excel says it."""
    start, delimiters = 0, _DELIMITERS
    while start < len(lines):
        line = lines[start].strip()
        following = lines[start + 1].strip() if start + 1 < len(lines) else ""
        if len(line) == 5 and line.startswith("sep="):
            delimiters = line[-1]
        elif line and not (line.startswith("#") and (following.startswith("#") or _is_remark(line, following))):
            break
        start += 1
    return start, delimiters


def _is_remark(line: str, following: str) -> bool:
    """Whether a line is none of names: the line after it has cells, and this one has not."""
    return any(sign in following for sign in _DELIMITERS) and not any(sign in line for sign in _DELIMITERS)


def _delimiter(file: str, lines: Sequence[str], delimiters: str) -> tuple[str, list[list[str]], int]:
    """The delimiter under which most rows have as many cells as the header, those rows, and the header's lines."""
    best: tuple[float, int] = (0.0, 1)
    found: tuple[str, list[list[str]], int] | None = None
    for delimiter in delimiters:
        parsed, used = _parse(file, lines, delimiter)
        width = len(parsed[0])
        fit = sum(len(row) == width for row in parsed[1:]) or sum(len(row) == width + 1 for row in parsed[1:])
        score = ((fit + 1) / len(parsed), width)
        if width > 1 and score > best:
            best, found = score, (delimiter, parsed, used)
    if found:
        return found
    squeezed = [" ".join(line.split()) + "\n" for line in lines if line.strip()]
    words, _ = _parse(file, squeezed, " ")
    if len(words[0]) > 1 and all(len(row) in (len(words[0]), len(words[0]) + 1) for row in words[1:2]):
        return " ", words, 1
    return ",", *_parse(file, lines, ",")


def _parse(file: str, lines: Sequence[str], delimiter: str) -> tuple[list[list[str]], int]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    rows: list[list[str]] = []
    used = 0
    limit = csv.field_size_limit(_LONGEST_CELL)  # under a wrong delimiter a line of 16,000 names is one cell
    try:
        for row in reader:
            used = used or reader.line_num
            if row:
                rows.append(row)
    except csv.Error as error:
        raise InputError(f"{file}: not a readable CSV file: {error} (line {reader.line_num})") from None
    finally:
        csv.field_size_limit(limit)
    return rows, used


def _complete(names: list[str], rows: Sequence[Sequence[str]], *, quoted: bool) -> list[str]:
    """Names for the columns that have none: an index that R and pandas leave out, an end that a last comma makes."""
    if rows and all(len(row) == len(names) + 1 for row in rows):
        first = [row[0].strip() for row in rows]
        counted = [str(int(first[0]) + i) for i in range(len(rows))] if first[0] in ("0", "1") else []
        if not any(row[-1].strip() for row in rows):
            names = [*names, ""]
        elif quoted or (first == counted and len(rows) > 1) or not any(map(_WHOLE.fullmatch, first)):
            names = ["", *names]  # not the row 1,0,75 of two columns, with a decimal comma
    return [name if name or i == 0 else f"Unnamed: {i}" for i, name in enumerate(names)]


def _check_names(file: str, names: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> None:
    numbers = [n for n in names if _DECIMAL_POINT.fullmatch(n)]
    whole = all(map(_WHOLE.fullmatch, names)) and list(names) != [str(i) for i in range(len(names))]
    if numbers or (whole and all(_WHOLE.fullmatch(cell.strip()) for row in rows for cell in row)):
        example = _example(names, delimiter)
        raise InputError(
            f"{file}: the first line holds numbers ({(numbers or list(names))[0]}, ...): put column names above it, "
            f"as {example!r}"
        )
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"{file}: column {name!r} occurs twice; rename one")
        seen.add(name)


def _example(names: Sequence[str], delimiter: str) -> str:
    """A line of names that fits these first cells: whole numbers may be labels, others are probabilities."""
    labels = [i for i, name in enumerate(names) if _WHOLE.fullmatch(name)][-1:]
    numbers = iter(range(len(names)))
    shown = ["label" if i in labels else f"p{next(numbers)}" for i in range(len(names))]
    return delimiter.join(shown if len(shown) < 8 else [*shown[:3], "...", *shown[-2:]])
