"""Does confidence rank correct predictions above wrong ones? AUROC of correctness, AURC, coverage at a risk."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.metrics.bins import total_weight
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.errors import InputError

__all__ = ["aurc", "auroc", "coverage_at_risk"]


def auroc(summary: CalibrationSummary) -> float:
    """The chance that a correctly predicted row has a higher confidence than a wrong one; ties count a half.

        P(c_i > c_j) + P(c_i = c_j) / 2       in [0, 1]; i drawn from the rows by correctness a, j by 1 - a

    At .5 confidence carries no information about correctness. NaN if all rows are right, or all wrong. Rows of one
    cell (1/600 wide) count as tied: the error is at most half the share of (right, wrong) pairs within one cell.

    Raises:
        ValueError: no rows.

    Source: Hendrycks & Gimpel, ICLR 2017, section 2; Fawcett, Pattern Recognition Letters 27, 2006, section 7.

    >>> import numpy as np
    >>> auroc(CalibrationSummary().update(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 0, 1, 0])))
    0.75
    """
    total_weight(summary)
    return float(auroc_of(summary["cell_weight"], summary["cell_correct"]))


def aurc(summary: CalibrationSummary) -> float:
    """Area under the risk-coverage curve: the mean error rate over all coverages, the most confident rows first.

        (1/N) sum_n (wrong among the n most confident) / n            in [0, 1], lower is better

    Rows of one cell (1/600 wide) are taken in random order, and the mean over orders is returned. With weights the
    sum over n is an integral. AURC depends on the error rate as well as on the ranking: a model with error rate e
    cannot get below about e + (1 - e) log(1 - e).

    Raises:
        ValueError: no rows.

    Source: Geifman, Uziel & El-Yaniv, Bias-Reduced Uncertainty Estimation, ICLR 2019, section 2.

    >>> import numpy as np
    >>> round(aurc(CalibrationSummary().update(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 1, 0, 1]))), 3)
    0.146
    """
    total_weight(summary)
    return float(aurc_of(summary["cell_weight"], summary["cell_correct"]))


def coverage_at_risk(summary: CalibrationSummary, risk: float = 0.01) -> float:
    """The largest share of rows, the most confident ones, whose error rate is at most ``risk``; 0 if there is none.

        max { n / N : (wrong among the n most confident) / n <= risk }        in [0, 1]

    Thresholds lie between cells, 1/600 apart: a threshold inside a cell could cover up to that cell's rows more.

    Raises:
        ValueError: no rows, or a ``risk`` outside [0, 1].

    Source: Geifman & El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017, section 2.

    >>> import numpy as np
    >>> coverage_at_risk(CalibrationSummary().update(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 1, 0, 1])), 0.3)
    1.0
    """
    total_weight(summary)
    return float(coverage_of(summary["cell_weight"], summary["cell_correct"], risk))


def auroc_of(weight: Floats, correct: Floats) -> Floats:
    """``auroc`` of cells (..., cells): weight and correctness in each."""
    wrong = weight - correct
    below = np.cumsum(wrong, axis=-1) - wrong / 2
    pairs = correct.sum(axis=-1) * wrong.sum(axis=-1)
    ordered = (correct * below).sum(axis=-1)
    area: Floats = np.divide(ordered, pairs, where=pairs > 0, out=np.full(pairs.shape, np.nan))
    return area


def aurc_of(weight: Floats, correct: Floats) -> Floats:
    """``aurc`` of cells (..., cells): weight and correctness in each."""
    n, e = weight[..., ::-1], (weight - correct)[..., ::-1]
    after, wrong = np.cumsum(n, axis=-1), np.cumsum(e, axis=-1)
    before, earlier = after - n, wrong - e
    rate = np.divide(e, n, where=n > 0, out=np.zeros_like(n))
    # sum_{j=1..n} (earlier + j rate) / (before + j), written with harmonic numbers H(after) - H(before)
    harmonic = _harmonic(after) - _harmonic(before)
    area: Floats = (e + np.where(before > 0, earlier - before * rate, 0) * harmonic).sum(axis=-1) / after[..., -1]
    return area


def _harmonic(n: Floats) -> Floats:
    """digamma(n + 1) to 1e-12: 1 + 1/2 + ... + 1/n less Euler's constant, continued to fractional n."""
    shift = sum(1 / (n + i) for i in range(1, 8))
    x = n + 8
    digamma: Floats = (
        np.log(x) - 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6) + 1 / (240 * x**8) - shift
    )
    return digamma


def coverage_of(weight: Floats, correct: Floats, risk: float) -> Floats:
    """``coverage_at_risk`` of cells (..., cells): weight and correctness in each."""
    if not 0 <= risk <= 1:
        raise InputError(f"risk is {risk}: expected a number between 0 and 1")
    n = np.cumsum(weight[..., ::-1], axis=-1)
    wrong = np.cumsum((weight - correct)[..., ::-1], axis=-1)
    within = wrong <= risk * n * (1 + 1e-12)  # a risk met exactly must not fail by rounding: .1 * 30 < 3
    covered: Floats = np.where(within, n, 0).max(axis=-1) / n[..., -1]
    return covered
