"""Dates and times: found in text, and expanded into numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import needs

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute as pc

Times = NDArray[np.datetime64]

# Years of two digits first: %Y reads them as the year 24.
_DAYS = ("%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d-%b-%y", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d",
         "%Y.%m.%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y")  # fmt: skip
_HOURS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? +", re.IGNORECASE)
_ZONE = re.compile(r"(?<=\d) ?(?:GMT|UTC|Z)?([+-]\d\d:?\d\d|(?<=[A-Z]))$")
_DATED = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE)
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
_LIKELY = re.compile(r"\d{1,4}[-/. ]\w{1,9}[-/., ]+\d{1,4}.*|[A-Za-z]{3,9} \d{1,2}, \d{4}.*|\d{8}T?\d*")
_FOUR_DIGITS = re.compile(r"(?<!\d)\d{4}(?!\d)")
_TWO_DIGITS = re.compile(r"\d{1,2}\W\w{1,3}\W\d\d(?!\d)")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?")
MOST_ODD = 0.05


def read_dates(texts: Sequence[str]) -> tuple[Times, str] | None:
    """Different texts as times in UTC, NaT where one is none, and how they were read; None where they are no dates.

    ISO 8601, with a zone or without, and the usual ways of writing a day with an hour or without. Where day and month
    could be either, the month is first with slashes and second with points.

    >>> read_dates(["2024-03-01", "2024-12-24T18:00:00+01:00"])[0].tolist()[1]
    datetime.datetime(2024, 12, 24, 17, 0)
    >>> read_dates(["24.12.2024", "1.3.2024"])[1]
    'day.month.year'
    """
    if texts and all(_MONTH.fullmatch(text.strip()) for text in texts):
        return np.asarray([text.strip() for text in texts], "datetime64[us]"), "year-month"
    if not look_like_dates(texts):
        return None
    iso = _iso(texts)
    if iso is not None and _enough(~np.isnat(iso)):
        return iso, "ISO"
    if iso is None:
        return _one_way(texts)
    left = np.flatnonzero(np.isnat(iso))  # some are written in another way
    rest = _one_way([texts[i] for i in left.tolist()])
    if rest is None:
        return None
    iso[left] = rest[0]
    return iso, f"ISO and {rest[1]}"


def look_like_dates(texts: Sequence[str]) -> bool:
    """Whether nine in ten have the look of a date, with digits, signs and names where a date has them.

    >>> look_like_dates(["24.12.2024", "2024-12-24"]), look_like_dates(["a", "12.5"])
    (True, False)
    """
    some = texts[:: max(1, len(texts) // 200)]
    found = (_LIKELY.fullmatch(_WEEKDAY.sub("", text.strip(), 1)) is not None for text in some)
    return len(some) > 0 and sum(found) >= 0.9 * len(some)


def are_dates(texts: Sequence[str]) -> bool:
    """Whether texts look like dates and nine in ten have a year or a month's name, also where they cannot be read.

    >>> are_dates(["24.12.2024", "2024-24-12"]), are_dates(["12-AX-77", "13-BY-40"])
    (True, False)
    """
    some = texts[:: max(1, len(texts) // 200)]
    return look_like_dates(texts) and sum(_DATED.search(text) is not None for text in some) >= 0.9 * len(some)


def _one_way(texts: Sequence[str]) -> tuple[Times, str] | None:
    """Times that are all written in one of the usual ways but ISO's."""
    plain, zones = zip(*(_without_zone(_WEEKDAY.sub("", text.strip(), 1)) for text in texts), strict=True)
    column = pa.array(plain, pa.string())
    years = {"%y": all(map(_TWO_DIGITS.match, plain[:20])), "%Y": all(map(_FOUR_DIGITS.search, plain[:20]))}
    for day in _DAYS:
        if not years["%Y" if "%Y" in day else "%y"]:  # "1.10.2" is a version
            continue
        for hour in _HOURS:
            if _enough(pc.strptime(column.slice(0, 20), f"{day}{hour}", "s", error_is_null=True).is_valid()):
                times = pc.strptime(column, f"{day}{hour}", "s", error_is_null=True)
                if _enough(times.is_valid()):
                    local = times.to_numpy(zero_copy_only=False).astype("datetime64[us]")
                    return local - np.asarray(zones, "timedelta64[m]"), _words(day)
    return None


def _without_zone(text: str) -> tuple[str, int]:
    """The text without a zone at its end, and how many minutes this is ahead of UTC.

    >>> _without_zone("24 Dec 2024 18:00:00 +0130"), _without_zone("1.3.2024 18:00")
    (('24 Dec 2024 18:00:00', 90), ('1.3.2024 18:00', 0))
    """
    found = _ZONE.search(text) if ":" in text else None
    if found is None:
        return text, 0
    sign, digits = found[1][:1], found[1][1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:]) if digits else 0
    return text[: found.start()], -minutes if sign == "-" else minutes


def _enough(valid: Any) -> bool:
    return int(np.asarray(valid).sum()) >= (1 - MOST_ODD) * len(valid)


def _words(day: str) -> str:
    named = {"d": "day", "m": "month", "b": "month", "B": "month", "Y": "year", "y": "year"}
    return re.sub(r"%(\w)", lambda found: named[found[1]], day)


def _iso(texts: Sequence[str]) -> Times | None:
    """Times of the texts in ISO 8601, NaT for others; None where few of the first ones are."""

    def one(text: str) -> datetime | None:
        try:
            time = datetime.fromisoformat(re.sub(r" ?(?:UTC|GMT)$", "Z", text.strip()))
        except ValueError:
            return None
        return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time

    if sum(one(text) is not None for text in texts[:100]) < 0.1 * min(100, len(texts)):
        return None
    return np.asarray([one(text) for text in texts], "datetime64[us]")


def iso_column(texts: Any, missing: NDArray[np.bool_]) -> Times | None:
    """A whole column of Arrow as times in UTC, NaT where missing, all of them ISO 8601 in one way; else None.

    It is what ``read_dates`` gives, without a step of Python for each text.

    >>> iso_column(pa.array(["2024-03-01 06:00", "?"]), np.array([False, True])).astype("M8[h]").tolist()[0]
    datetime.datetime(2024, 3, 1, 6, 0)
    """
    known = pc.if_else(pa.array(missing), None, pc.utf8_trim_whitespace(texts))
    for zone in (None, "UTC"):
        try:
            ticks = known.cast(pa.timestamp("us", zone)).cast(pa.int64())
        except pa.ArrowInvalid:
            continue
        times = ticks.fill_null(0).to_numpy(zero_copy_only=False).astype("datetime64[us]")
        return np.where(missing, np.datetime64("NaT", "us"), times)
    return None


def read_clock(texts: Sequence[str]) -> NDArray[np.float64] | None:
    """Different texts such as "18:30" as hours since midnight; None where one is no time of day.

    >>> read_clock(["18:30", "06:00:00"]).tolist()
    [18.5, 6.0]
    """
    hours = []
    for text in texts:
        if (m := _CLOCK.fullmatch(text.strip())) is None:
            return None
        hours.append(int(m[1]) + int(m[2]) / 60 + int(m[3] or 0) / 3600)
    return np.asarray(hours) if hours else None


def of_digits(numbers: NDArray[np.float64]) -> Times | None:
    """Different whole numbers such as 20241224 as days, in three or more; None where one is none since 1900.

    >>> of_digits(np.array([20240229.0, 20240301, 20241224])).astype("M8[D]").tolist()[0]
    datetime.date(2024, 2, 29)
    """
    if len(numbers) < 3 or numbers.min() < 19000101 or numbers.max() > 21001231:
        return None
    year, month, day = (numbers // 10_000).astype(int), (numbers // 100 % 100).astype(int), (numbers % 100).astype(int)
    months = (year - 1970).astype("M8[Y]").astype("M8[M]") + (month - 1)
    days = months.astype("M8[D]") + (day - 1)
    if (month < 1).any() or (month > 12).any() or (day < 1).any() or (days.astype("M8[M]") != months).any():
        return None
    return np.asarray(days.astype("M8[us]"))


def expand(times: Times) -> dict[str, NDArray[np.float64]]:
    """Times (N,) as numbers (N,), those that differ between rows: elapsed days, year, month, weekday and hour.

    NaT gives NaN. Days are counted from the first one; the weekday from 0, Monday.

    >>> {name: values.tolist() for name, values in expand(np.array(["2024-02-28", "2024-03-01"], "M8[us]")).items()}
    {'days': [0.0, 2.0], 'month': [2.0, 3.0]}
    """
    times = times.astype("datetime64[us]")
    day = times.astype("datetime64[D]")
    known = ~np.isnat(times)
    parts = {
        "days": _number(times - times[known].min(), "us") / 86_400e6,
        "year": _number(times, "Y") + 1970,
        "month": _number(times, "M") % 12 + 1,
        "weekday": (_number(day, "D") + 3) % 7,
        "hour": _number(times - day, "us") / 3600e6,
    }
    if np.ptp(parts["days"][known]) < 7:  # the elapsed days say the same
        del parts["weekday"]
    return {name: values for name, values in parts.items() if np.ptp(values[known]) > 0}


def _number(times: NDArray[Any], unit: str) -> NDArray[np.float64]:
    whole = times.astype(f"{times.dtype.kind}8[{unit}]")
    return np.where(np.isnat(whole), np.nan, whole.astype(np.int64).astype(np.float64))
