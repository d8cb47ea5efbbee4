from datetime import datetime

import numpy as np
import pytest

from onewarm.tables.features.dates import expand, read_clock, read_dates


@pytest.mark.parametrize(
    ("texts", "how"),
    [
        (["2024-12-24", "2024-03-01"], "ISO"),
        (["2024-12-24 00:00:00", "2024-03-01T00:00:00"], "ISO"),
        (["2024-12-24T01:00:00+01:00", "2024-03-01T00:00:00Z"], "ISO"),
        (["20241224", "20240301"], "ISO"),
        (["24.12.2024", "1.3.2024"], "day.month.year"),
        (["24.12.24", "01.03.24"], "day.month.year"),
        (["12/24/2024", "3/1/2024"], "month/day/year"),
        (["24/12/2024", "1/3/2024"], "day/month/year"),
        (["24-12-2024", "01-03-2024"], "day-month-year"),
        (["2024/12/24", "2024/03/01"], "year/month/day"),
        (["24 Dec 2024", "1 Mar 2024"], "day month year"),
        (["December 24, 2024", "March 1, 2024"], "month day, year"),
        (["Tue, 24 Dec 2024 00:00:00 GMT", "Fri, 1 Mar 2024 00:00:00 GMT"], "day month year"),
        (["24 Dec 2024 01:00:00 +0100", "29 Feb 2024 19:00:00 -0500"], "day month year"),
        (["2024-12-24 00:00:00 UTC", "2024-03-01 00:00:00 UTC"], "ISO"),
        (["24/12/2024", "2024-03-01"], "ISO and day/month/year"),
        (["24.12.2024 00:00", "01.03.2024 00:00"], "day.month.year"),
        (["12/24/2024 12:00:00 AM", "3/1/2024 12:00:00 AM"], "month/day/year"),
    ],
)
def test_dates_as_people_write_them(texts, how):
    times, read = read_dates(texts)
    assert read == how and times.tolist() == [datetime(2024, 12, 24), datetime(2024, 3, 1)]


@pytest.mark.parametrize("texts", [["a", "b"], ["12.5", "3.25"], ["1-2", "3-4"], ["10.0.0.1", "10.0.0.2"], []])
def test_texts_that_are_no_dates(texts):
    assert read_dates(texts) is None


def test_a_clock_gives_hours():
    assert read_clock(["23:30", "6:00:36"]) == pytest.approx([23.5, 6.01])
    assert read_clock(["23:30", "25:00"]) is None


def test_parts_against_the_calendar():
    moments = [datetime(2023, 12, 31, 6), datetime(2024, 2, 29, 18, 30), datetime(2025, 7, 4)]
    times = np.array([*moments, "NaT"], "datetime64[us]")
    found = expand(times)
    assert list(found) == ["days", "year", "month", "weekday", "hour"]
    for name, of in {
        "days": lambda m: (m - moments[0]).total_seconds() / 86400,
        "year": lambda m: m.year,
        "month": lambda m: m.month,
        "weekday": datetime.weekday,
        "hour": lambda m: m.hour + m.minute / 60,
    }.items():
        assert found[name][:3] == pytest.approx([of(m) for m in moments]) and np.isnan(found[name][3])
