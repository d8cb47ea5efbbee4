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
_LIKELY = re.compile(r"\d{1,4}[-/. ]\w{1,9}[-/., ]+\d{1,4}.*|[A-Za-z]{3,9} \d{1,2}, \d{4}.*|\d{8}T?\d*")
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
    some = texts[:: max(1, len(texts) // 200)]
    if not texts or sum(_LIKELY.fullmatch(text.strip()) is not None for text in some) < 0.9 * len(some):
        return None
    column = pc.utf8_trim_whitespace(pa.array(texts, pa.string()))
    iso = _iso(texts)
    if iso is not None:
        return iso, "ISO"
    for day in _DAYS:
        for hour in _HOURS:
            if _enough(pc.strptime(column.slice(0, 20), f"{day}{hour}", "s", error_is_null=True).is_valid()):
                times = pc.strptime(column, f"{day}{hour}", "s", error_is_null=True)
                if _enough(times.is_valid()):
                    return times.to_numpy(zero_copy_only=False).astype("datetime64[us]"), _words(day)
    return None


def _enough(valid: Any) -> bool:
    good = int(pc.sum(valid).as_py() or 0)
    return good >= (1 - MOST_ODD) * len(valid)


def _words(day: str) -> str:
    named = {"d": "day", "m": "month", "b": "month", "B": "month", "Y": "year", "y": "year"}
    return re.sub(r"%(\w)", lambda found: named[found[1]], day)


def _iso(texts: Sequence[str]) -> Times | None:
    def one(text: str) -> datetime | None:
        try:
            time = datetime.fromisoformat(text.strip())
        except ValueError:
            return None
        return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time

    if sum(one(text) is not None for text in texts[:20]) < 0.9 * min(20, len(texts)):
        return None
    times = [one(text) for text in texts]
    if sum(time is None for time in times) > MOST_ODD * len(texts):
        return None
    return np.asarray(times, "datetime64[us]")


def read_clock(texts: Sequence[str]) -> NDArray[np.float64] | None:
    """Different texts such as "18:30" as hours since midnight; None where one is no time of day.

    >>> read_clock(["18:30", "06:00:00"]).tolist()
    [18.5, 6.0]
    """
    found = [_CLOCK.fullmatch(text.strip()) for text in texts]
    if not texts or not all(found):
        return None
    return np.asarray([int(m[1]) + int(m[2]) / 60 + int(m[3] or 0) / 3600 for m in found if m])


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
