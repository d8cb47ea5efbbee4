"""Rows that occur more than once, told from coarse predictions by how often each value occurs.

If rows are independent draws from any distribution whatever, the number f_j of values that occur j times has the
expectation sum_x exp(-l_x) l_x^j / j!, so that j! f_j is log-convex in j (Cauchy-Schwarz): few digits, few leaves of a
tree or saturated rows give pairs, but triples and quadruples with them. Copies of rows do not.

Source: Good, The population frequencies of species and the estimation of population parameters, Biometrika 40, 1953.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, poisson

from onewarm.audit.data_checks.view import View
from onewarm.audit.findings import Finding
from onewarm.report.numbers import percent

LEAST_SHARE = 0.005
"""Fewer copies than this share of the rows change nothing that an audit shows."""
_LIMIT = 1e-5
_OFTEN = 5  # times that a value occurs on average
_REPEATED = 20  # values that must all occur a multiple of some number of times


def copies(view: View, count: int) -> Finding | None:
    """Copies of predictions and truth, or of predictions with other truth; ``count`` is N, of which these are a sample.

    With groups, copies within a group are what groups are for: each group counts once.
    """
    keys = row_hash(view.p)
    if view.groups is not None:
        first = np.unique(keys ^ (view.groups * np.uint64(0x9E3779B97F4A7C15)), return_index=True)[1]
        view, keys = view[first], keys[first]
    n = len(keys)
    if n < 20:
        return None
    times = _times(keys)
    extra = n - len(times)
    if extra < LEAST_SHARE * n:
        return None
    both = _times(keys ^ (row_hash(view.truth) * np.uint64(0xD6E8FEB86659FD93)))
    same = (n - len(both)) / extra
    exact = same > 0.98 and _many_digits(view) and _too_few_triples(times)
    if not (exact or _copied(times) or _same_truth(view, keys, len(times))):
        return None
    complete = n == count or view.groups is not None
    about = "" if complete else f"Of a sample of {n:,} rows "
    wider = math.sqrt(float((times.astype(np.float64) ** 2).sum()) / n)
    narrow = f"intervals come out {wider:.1f} times too narrow" if wider >= 1.05 else "intervals come out too narrow"
    if same > 0.98:
        return Finding(
            "duplicates",
            f"{about}{extra:,}{' of ' + format(n, ',') + ' rows' if complete else ''} ({percent(extra / n)}) are exact "
            f"copies of other rows, predictions and truth: {narrow}, and a row counts as often as it was copied.",
            "spoils",
            value=extra / n,
            remedy="Remove the copies, or name the column that tells which rows belong together: --group COLUMN.",
        )
    return Finding(
        "repeated predictions",
        f"{about}{extra:,}{' of ' + format(n, ',') + ' rows' if complete else ''} ({percent(extra / n)}) repeat the "
        f"predictions of another row, {percent(1 - same)} of them with a truth of their own, as where several people "
        f"labelled an example: {narrow}.",
        "spoils",
        value=extra / n,
        remedy="Give each example one row and its labels as votes (--votes), or name the column of examples: "
        "--group COLUMN.",
    )


def _copied(times: NDArray[np.int64]) -> bool:
    """Whether values occur so often that no independent draws would."""
    if len(times) >= _REPEATED and np.gcd.reduce(times) > 1:
        return True
    frequency = np.bincount(times, minlength=4)
    most = int(frequency.size)
    frequency = np.concatenate([frequency, np.zeros(2, np.int64)])
    for j in range(2, min(most, 40)):
        f = float(frequency[j])
        if f < 5:
            continue
        low = chi2.ppf(_LIMIT, 2 * f) / 2
        before, after = (chi2.ppf(1 - _LIMIT, 2 * float(frequency[i]) + 2) / 2 for i in (j - 1, j + 1))
        if j * low**2 > (j + 1) * before * after:
            return True
    return False


def _too_few_triples(times: NDArray[np.int64]) -> bool:
    """Whether so many pairs with so few triples have a probability of at most 1 % for independent draws."""
    once, twice, thrice = (float((times == j).sum()) for j in (1, 2, 3))
    expected = max(2 * twice - 2 * math.sqrt(twice), 0) ** 2 / (6 * max(once, 1))
    return bool(poisson.cdf(thrice, expected) <= 0.01)


def _many_digits(view: View) -> bool:
    """Whether the confidence of most rows has more than six decimals, and is not saturated."""
    c = view.confidence
    fine = (np.abs(c * 1e6 - np.round(c * 1e6)) > 1e-4) & (c < 1 - 1e-5)
    return bool(fine.mean() > 0.5)


def _same_truth(view: View, keys: NDArray[np.uint64], different: int) -> bool:
    """Whether rows with equal predictions agree in the truth far more often than independent rows would.

    A pair of rows that are right with probability a agrees with a probability of at most a^2 + (1 - a)^2; a is taken
    from the rows of similar confidence. Where values occur often, the rest of a row's inputs may be equal too.
    """
    n = len(keys)
    if n > _OFTEN * different or n == different:
        return False
    rank = np.argsort(np.argsort(view.confidence, kind="stable"), kind="stable") * 20 // n
    a = (np.bincount(rank, view.right) / np.bincount(rank))[rank]
    order = np.argsort(keys, kind="stable")
    pair = keys[order[1:]] == keys[order[:-1]]
    one, other = order[:-1][pair], order[1:][pair]
    expected = float((2 * a * (1 - a))[one].sum())
    observed = int((view.label[one] != view.label[other]).sum())
    return expected > 10 and observed < 0.1 * expected


def _times(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    ordered = np.sort(keys)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return np.diff(np.append(starts, len(ordered)))


def row_hash(values: NDArray[Any]) -> NDArray[np.uint64]:
    """A 64-bit hash of each row of numbers, (n,) or (n, K)."""
    columns = values.reshape(len(values), -1)
    mixed = np.zeros(len(columns), np.uint64)
    with np.errstate(over="ignore"):
        for k in range(columns.shape[1]):
            bits = (columns[:, k].astype(np.float64) + 0.0).view(np.uint64)
            mixed = (mixed ^ bits) * np.uint64(0xFF51AFD7ED558CCD)
            mixed ^= mixed >> np.uint64(32)
    return mixed


def distinct(view: View) -> int:
    """The number of different rows of predictions."""
    return len(_times(row_hash(view.p)))
