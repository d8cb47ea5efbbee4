"""What each column of a table is: numbers, levels, dates, lists of numbers, or nothing to learn from."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import visible
from onewarm.errors import InputError, needs
from onewarm.tables.features.dates import are_dates, expand, iso_column, of_digits, read_clock, read_dates
from onewarm.tables.features.levels import encoded, without_text
from onewarm.tables.features.text import missing_code, read_numbers

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute as pc

SAME = 1e-12
"""Numbers that differ by less than this share of their size are the same, but for rounding."""
MOST_ID_LEVELS = 50
_FEWEST_IDS = 10
_LOOKED_AT = 10_000
_ID_NAMES = re.compile(
    r"(?:.*[\s_.-])?(?:id|ids|uuid|guid)|.*(?:[a-z]I[dD]|ID)|key|index|idx|nr|no|row|rownum", re.ASCII
)
_CODE_NAMES = re.compile(
    r"(?:.*[\s_.-])?(?:zip|zip[\s_.-]?codes?|post(?:al|leit)?[\s_.-]?(?:codes?|zahl)|plz|fips|codes?|"
    r"(?:tele)?phone|tel|mobile|fax)(?:[\s_.-]?(?:no|nr|number|num))?",
    re.IGNORECASE,
)
_CODE_ENDS = re.compile(r".*[a-z](?:Zip|Zip[cC]ode|Post[cC]ode|Postal[cC]ode|Code|Phone)")
_EXACT = float(2**53)
FEW = 20
_UNNAMED = re.compile(r"|unnamed: ?\d+|__index_level_\d+__", re.IGNORECASE)
_INDEX_NAMES = re.compile(
    r"|unnamed: ?\d+|__index_level_\d+__|index|rownames?|row[_ ]?(?:id|num(?:ber)?)", re.IGNORECASE
)


@dataclass(frozen=True)
class Column:
    """A column and what it becomes.

    Attributes:
        name: of the column.
        kind: "numbers", "levels", "date", "list", or why it is left out: "id", "index", "constant", "empty",
            "dates" written in several ways, "text", "codes" that differ in most rows, "bytes".
        numbers: (N, d), NaN where missing; of "numbers", "date" and "list".
        parts: names of the d numbers.
        codes: (N,) places in `levels`, -1 where missing; of "levels", and of what was left out, where it could be told
            whether it determines the label.
        levels: the different values.
        missing: rows without a value, (N, 1), or of a list or array (N, m) where some of its numbers are missing; None
            where none is.
        common: whether its numbers have one scale, as pixels have.
        remark: how its text, or its times of day, were read, in words, or "".
        code: the number that was taken for a missing value.
        odd: texts that are no numbers or dates, and count as missing.
        coded: whether its numbers are codes, by its name or leading zeros.
        few: how many different whole numbers it holds, where they are few and might be codes too; else 0.
    """

    name: str
    kind: str
    numbers: NDArray[Any] | None = None
    parts: tuple[str, ...] = ()
    codes: NDArray[np.int32] | None = None
    levels: tuple[Any, ...] = ()
    missing: NDArray[np.bool_] | None = None
    remark: str = ""
    odd: tuple[str, ...] = ()
    common: bool = False
    code: float | None = None
    coded: bool = False
    few: int = 0


def typed(name: str, values: Any, file: str, decimal: str = ".") -> Column:
    """Decide what a column is.

    Args:
        name: of the column.
        values: an array of NumPy (N, ...) or a chunked one of Arrow.
        file: for errors.
        decimal: the decimal sign of a text file.

    Raises InputError for lists of different lengths, and for arrays that hold no numbers.

    >>> typed("a", pa.chunked_array([["yes", "no", None]]), "t.csv").levels
    ('no', 'yes')
    """
    if isinstance(values, np.ndarray):
        return _of_numpy(name, values, file, decimal)
    kind = values.type
    if pa.types.is_dictionary(kind) and not (
        pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
    ):
        return _levels(name, values.cast(pa.string()))
    if values.null_count == len(values):
        return Column(name, "empty")
    if pa.types.is_boolean(kind):
        return _levels(name, values)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        whole = pa.types.is_integer(kind)
        if whole and max(abs(int(end.as_py())) for end in pc.min_max(values).values()) > _EXACT:
            return _text(name, values.cast(pa.string()), decimal)
        numbers = values.cast(pa.float64(), safe=False).to_numpy()
        return _numbers(name, numbers, whole=whole)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        times = values.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False).cast(pa.int64())
        known = times.is_valid().to_numpy()
        raw = np.where(known, times.fill_null(0).to_numpy(), np.iinfo(np.int64).min).astype("datetime64[us]")
        return _dates(name, raw, "")
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        unit = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
        ticks = values.cast(pa.int32() if kind.bit_width == 32 else pa.int64()).cast(pa.float64())
        return _numbers(name, ticks.to_numpy() / unit, whole=False, remark="seconds")
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _lists(name, values.combine_chunks(), file)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        return _text(name, values, decimal)
    return Column(name, "bytes", remark=str(kind))


def _of_numpy(name: str, values: NDArray[Any], file: str, decimal: str) -> Column:
    if values.ndim > 1:
        if values.dtype.kind not in "biuf":
            raise InputError(f"{file}: {name!r} has shape {values.shape} and holds {values.dtype}: give numbers")
        return _of_matrix(name, values.reshape(len(values), -1), common=values.ndim > 2)
    if values.dtype.kind in "iuf":
        if values.dtype.kind in "iu" and len(values) and max(abs(int(values.min())), int(values.max())) > _EXACT:
            return _text(name, pa.chunked_array([pa.array(values).cast(pa.string())]), decimal)
        with np.errstate(invalid="ignore"):  # of NaN of the signalling kind
            return _numbers(name, values.astype(np.float64), whole=values.dtype.kind in "iu")
    if values.dtype.kind in "bUM":
        return typed(name, pa.chunked_array([pa.array(values, from_pandas=True)]), file, decimal)
    raise InputError(f"{file}: column {name!r} holds {values.dtype}: give numbers, text or dates")


def _numbers(
    name: str, values: NDArray[np.float64], *, whole: bool, remark: str = "", odd: tuple[str, ...] = ()
) -> Column:
    missing = np.isnan(values)
    known = values[~missing]
    if not len(known):
        return Column(name, "empty")
    if (code := missing_code(known)) is not None:
        values = np.where(values == code, np.nan, values)
        found = _numbers(name, values, whole=whole, remark=remark, odd=odd)
        return replace(found, code=code)
    some = missing[:, None] if missing.any() else None
    largest = np.abs(known).max()
    if known.max() == known.min() or (np.isfinite(largest) and known.max() / 2 - known.min() / 2 <= SAME / 2 * largest):
        return Column(name, "constant", missing=some)
    if not remark and (whole or (np.isfinite(known).all() and (known == np.floor(known)).all())):
        different, codes = np.unique(known, return_inverse=True)
        if (days := of_digits(different)) is not None:
            times = np.full(len(values), np.datetime64("NaT", "us"))
            times[~missing] = days[codes]
            return _dates(name, times, "year, month, day")
        alone = len(different) == len(known) >= _FEWEST_IDS
        run = alone and different[-1] - different[0] == len(different) - 1
        counted = run and (different[0] in (0, 1) or (known[1:] > known[:-1]).all())
        if _UNNAMED.fullmatch(name.strip()) and not alone:
            return Column(name, "index", missing=some)
        if counted or (alone and (_is_id(name) or _INDEX_NAMES.fullmatch(name.strip()))):
            return Column(name, "id", missing=some)
        if _is_id(name) and len(different) > MOST_ID_LEVELS and len(different) > len(known) / 50:
            return Column(name, "repeated id", missing=some)
        coded = _is_code(name)
        if coded and len(different) > max(MOST_ID_LEVELS, len(known) / 2):
            return Column(name, "codes", missing=some)
        if coded or (_is_id(name) and len(different) <= MOST_ID_LEVELS):
            spread = np.full(len(values), -1, np.int32)
            spread[~missing] = codes
            return Column(name, "levels", codes=spread, levels=tuple(different.astype(np.int64).tolist()), missing=some,
                          remark=remark, coded=coded)  # fmt: skip
        few = len(different) if 2 < len(different) <= FEW else 0
        return Column(name, "numbers", values[:, None], (name,), missing=some, odd=odd, few=few)
    return Column(name, "numbers", values[:, None], (name,), missing=some, remark=remark, odd=odd)


def category(name: str, values: Any, file: str) -> Column:
    """A column whose values are levels, whatever they look like. Raises InputError for lists and arrays.

    >>> category("zip", np.array([501.0, 10115.0, np.nan]), "t.csv").levels
    ('10115', '501')
    """
    if isinstance(values, np.ndarray) and values.ndim == 1:
        values = pa.chunked_array([pa.array(values, from_pandas=True)])
    if isinstance(values, np.ndarray) or pa.types.is_nested(values.type):
        raise InputError(f"{file}: column {name!r} holds several values a row, and is to be a category: leave it out")
    if pa.types.is_floating(values.type) and pc.all(pc.equal(values, pc.floor(values))).as_py() is not False:
        values = pc.if_else(pc.is_nan(values), None, values).cast(pa.int64(), safe=False)
    return replace(_levels(name, values.cast(pa.string())), remark="asked")


def _is_code(name: str) -> bool:
    return _CODE_NAMES.fullmatch(name.strip()) is not None or _CODE_ENDS.fullmatch(name.strip()) is not None


def _is_id(name: str) -> bool:
    return _ID_NAMES.fullmatch(name.strip()) is not None or _ID_NAMES.fullmatch(name.strip().lower()) is not None


def _levels(name: str, values: Any) -> Column:
    codes, levels = encoded(values)
    return _of_codes(name, codes, levels)


def _of_codes(name: str, codes: NDArray[np.int32], levels: list[Any]) -> Column:
    missing = codes < 0
    some = missing[:, None] if missing.any() else None
    kind = "empty" if not levels else "constant" if len(levels) == 1 else "levels"
    return Column(name, kind, codes=codes, levels=tuple(levels), missing=some)


def _text(name: str, values: Any, decimal: str) -> Column:
    if (early := _of_many(name, values, decimal)) is not None:
        return early
    codes, texts = encoded(values)
    if len(texts) < 2:
        return _of_codes(name, codes, texts)
    missing = codes < 0
    counts = np.bincount(codes[~missing], minlength=len(texts))

    def spread(of_levels: NDArray[Any], nothing: Any) -> NDArray[Any]:
        return np.append(of_levels, np.asarray(nothing, of_levels.dtype))[codes]

    read = read_numbers(texts, counts, decimal)
    if read is not None:
        said = [f"without {' '.join(map(visible, read.units))}"] if read.units else []
        said += [f"{read.thousands!r} separates thousands"] if read.thousands else []
        said += ["not in all rows alike: make sure that all are in one unit"] if read.mixed else []
        remark = "; ".join(said)
        return _numbers(name, spread(read.values, np.nan), whole=False, remark=remark, odd=read.odd)
    dates = read_dates(texts)
    if dates is not None:
        odd = tuple(text for text, unread in zip(texts, np.isnat(dates[0]).tolist(), strict=True) if unread)
        return _dates(name, spread(dates[0], "NaT"), dates[1], odd)
    hours = read_clock(texts)
    if hours is not None:
        return _numbers(name, spread(hours, np.nan), whole=False, remark="hours")
    known = len(codes) - int(missing.sum())
    some = missing[:, None] if missing.any() else None
    if len(texts) == known >= _FEWEST_IDS and not are_dates(texts):
        return Column(name, "text" if some is not None or _is_prose(texts) else "id", missing=some)
    coded = all(map(str.isdecimal, texts))
    kind = "levels" if len(texts) <= max(2, known / 2) else "codes" if coded else "text"
    if kind == "text" and are_dates(texts):
        kind = "dates"
    if _is_id(name) and len(texts) > MOST_ID_LEVELS and len(texts) > known / 50:
        kind = "repeated id"
    return Column(name, kind, codes=codes, levels=tuple(texts), missing=some, coded=coded)


def _of_many(name: str, values: Any, decimal: str) -> Column | None:
    """The column where it is long and most of its first values differ: dates in ISO 8601, texts, ids; else None."""
    some = values.slice(0, _LOOKED_AT)
    if len(values) <= _LOOKED_AT or pa.types.is_dictionary(values.type) or len(some.unique()) < 0.9 * len(some):
        return None
    texts = [text.strip() for text in some.drop_null().to_pylist()]
    if read_numbers(texts, np.ones(len(texts), np.int64), decimal) is not None or read_clock(texts) is not None:
        return None
    missing = without_text(values)
    if read_dates(texts) is not None:
        times = iso_column(values, missing)
        return None if times is None else _dates(name, times, "ISO")
    different = pc.count_distinct(values).as_py()
    if different == len(values):
        return Column(name, "text" if _is_prose(texts) else "id")
    if different <= (len(values) - missing.sum()) / 2 or are_dates(texts) or all(map(str.isdecimal, texts)):
        return None
    some = missing[:, None] if missing.any() else None
    return Column(name, "repeated id" if _is_id(name) else "text", missing=some)


def _is_prose(texts: list[Any]) -> bool:
    """Whether texts are sentences or names rather than keys: half of the first ones have spaces."""
    some = [str(text) for text in texts[:200]]
    return sum(" " in text for text in some) > len(some) / 2


def _dates(name: str, times: NDArray[Any], remark: str, odd: tuple[str, ...] = ()) -> Column:
    missing = np.isnat(times)
    some = missing[:, None] if missing.any() else None
    if missing.all():
        return Column(name, "empty")
    parts = expand(times)
    if not parts:
        return Column(name, "constant", missing=some)
    numbers = np.column_stack(list(parts.values()))
    return Column(
        name, "date", numbers, tuple(f"{name} {part}" for part in parts), missing=some, remark=remark, odd=odd
    )


def _lists(name: str, values: Any, file: str) -> Column:
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks)
    lengths = values.value_lengths().to_numpy(zero_copy_only=False)
    known = np.asarray(values.is_valid().to_numpy(zero_copy_only=False))
    inner = values.type.value_type
    if not (pa.types.is_integer(inner) or pa.types.is_floating(inner) or pa.types.is_boolean(inner)):
        return Column(name, "bytes", remark=str(values.type))
    width = int(lengths[known][0])
    if (lengths[known] != width).any() or width == 0:
        row = int(np.flatnonzero(known)[(lengths[known] != width).argmax()])
        first = int(np.flatnonzero(known)[0])
        raise InputError(
            f"{file}: row {row + 1}, column {name!r} holds {int(lengths[row])} numbers, and row {first + 1} {width}; "
            "give lists of one length"
        )
    flat = values.drop_null().flatten()
    narrow = pa.types.is_float32(inner) or pa.types.is_float16(inner)
    numbers = np.full((len(values), width), np.nan, np.float32 if narrow else np.float64)
    numbers[known] = (
        flat.cast(pa.float32() if narrow else pa.float64()).to_numpy(zero_copy_only=False).reshape(-1, width)
    )
    return _of_matrix(name, numbers)


def _of_matrix(name: str, numbers: NDArray[Any], *, common: bool = False) -> Column:
    missing = None
    if numbers.dtype.kind == "f" and np.isnan(numbers).any():
        missing = np.unique(np.isnan(numbers), axis=1)  # columns that are missing in the same rows have one indicator
        missing = missing[:, missing.any(axis=0) & ~missing.all(axis=0)]
    parts = tuple(f"{name}[{j}]" for j in range(numbers.shape[1]))
    return Column(name, "list", numbers, parts, missing=missing, common=common)
