"""Calibration errors: binned by width and by mass, signed, squared and debiased, per class, and smooth."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.defaults import BINS
from onewarm.calibration.metrics import kernel_smoothing
from onewarm.calibration.metrics.bins import (
    cell_gaps,
    class_bins,
    equal_mass,
    equal_width,
    event_gaps,
    predicted_gaps,
    total_weight,
)
from onewarm.calibration.summary.summary import CalibrationSummary

__all__ = [
    "classwise_ece",
    "ece",
    "ece_equal_mass",
    "event_ece",
    "mce",
    "overconfidence",
    "smooth_ece",
    "squared_error",
    "top_label_ece",
    "underconfidence",
]


def ece(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Expected calibration error of the top class, with equal-width bins.

        sum_b (n_b / N) |accuracy_b - confidence_b|       in [0, 1]

    Bin b of B holds (b-1)/B < confidence <= b/B; a confidence of 0 is in the first bin, 1 in the last, and an empty
    bin adds nothing. A confidence within float32 rounding of an edge counts as on it. ``bins`` must divide 600, the
    number of cells that a summary keeps; the result is then the same as from the rows themselves.

    The ECE is biased upwards: a perfectly calibrated model has about .025 at N = 1000 and .008 at N = 10,000.
    ``estimate`` gives an interval for the error of the model itself, which contains 0 if the model may be calibrated.

    Raises:
        ValueError: no rows, or ``bins`` that do not divide 600.

    Source: Naeini, Cooper & Hauskrecht, AAAI 2015, section 3; Guo, Pleiss, Sun & Weinberger, ICML 2017, eq. 3.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25], [0.5, 0.5], [0.5, 0.5]])
    >>> ece(CalibrationSummary().update(p, np.array([0, 0, 0, 0])))
    0.375
    """
    total = total_weight(summary)
    _, confidence, correct = summary.bins(bins)
    return float(np.abs(correct - confidence).sum()) / total


def event_ece(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Expected calibration error of P(y = 1) over 0..1, of two classes.

        sum_b (n_b / N) |share of class 1 in b - mean P(y = 1) in b|       in [0, 1]

    Bin edges are those of ``ece``. The ECE of the top label folds P(y = 1) at .5, so that forecasts which are too high
    on both sides cancel; here they do not. For events it equals the ECE.

    Raises:
        ValueError: no rows; a summary of more than two classes, or without ``classwise=True``; or ``bins`` that do not
            divide 120 (600 for events).

    Source: Murphy, Journal of Applied Meteorology 12, 1973 (reliability of the probability of an event).

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.25, 0.75]])
    >>> s = CalibrationSummary(classwise=True).update(p, np.array([0, 0]))
    >>> event_ece(s), ece(s)
    (0.5, 0.25)
    """
    return float(np.abs(event_gaps(summary, bins).gap).sum())


def ece_equal_mass(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Expected calibration error of the top class, with bins of equal numbers of rows.

        sum_b (1 / B) |accuracy_b - confidence_b|         in [0, 1]

    Every bin holds exactly N / B rows by weight: where an edge falls inside a cell (1/600 wide), the cell's rows are
    divided between the two bins in proportion, as if ties and near-ties were broken at random. Any number of bins is
    allowed. Compared with sorted rows the error is at most 2 sum_e m_e g_e over the edges e: the share m_e of rows in
    the cell that e divides, times the largest |a - c| there. With many rows it is far smaller, since their order
    within 1/600 hardly matters.

    Raises:
        ValueError: no rows, or ``bins`` below 1.

    Source: Nixon, Dusenberry, Zhang, Jerfel & Tran, Measuring Calibration in Deep Learning, CVPR Workshops 2019,
    section 3 (adaptive bins).

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25], [0.5, 0.5], [0.5, 0.5]])
    >>> ece_equal_mass(CalibrationSummary().update(p, np.array([0, 0, 0, 0])), bins=2)
    0.375
    """
    return float(np.abs(cell_gaps(summary, equal_mass(summary, bins)).gap).sum())


def overconfidence(summary: CalibrationSummary, bins: int = BINS) -> float:
    """The part of the ECE from bins whose confidence exceeds their accuracy: overconfidence + underconfidence = ECE.

        sum_b (n_b / N) max(confidence_b - accuracy_b, 0)         in [0, 1]

    Bin edges are those of ``ece``. overconfidence - underconfidence = ``confidence_gap``.

    Raises:
        ValueError: no rows, or ``bins`` that do not divide 600.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.55, 0.45]])
    >>> overconfidence(CalibrationSummary().update(p, np.array([1, 0])))
    0.375
    """
    return float(np.clip(cell_gaps(summary, equal_width(bins)).gap, 0, None).sum())


def underconfidence(summary: CalibrationSummary, bins: int = BINS) -> float:
    """The part of the ECE from bins whose accuracy exceeds their confidence.

        sum_b (n_b / N) max(accuracy_b - confidence_b, 0)         in [0, 1]

    Bin edges are those of ``ece``. overconfidence + underconfidence = ECE.

    Raises:
        ValueError: no rows, or ``bins`` that do not divide 600.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.5, 0.5]])
    >>> underconfidence(CalibrationSummary().update(p, np.array([1, 0])))
    0.25
    """
    return float(np.clip(-cell_gaps(summary, equal_width(bins)).gap, 0, None).sum())


def mce(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Maximum calibration error of the top class: the largest gap of an equal-width bin that has rows.

        max_b |accuracy_b - confidence_b|                 in [0, 1]

    The worst bin may hold very few rows, so that this number is noisy: look at its interval (``estimate``).

    Raises:
        ValueError: no rows, or ``bins`` that do not divide 600.

    Source: Naeini, Cooper & Hauskrecht, AAAI 2015, section 3.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25], [0.625, 0.375]])
    >>> round(mce(CalibrationSummary().update(p, np.array([0, 0, 1]))), 12)
    0.625
    """
    gaps = cell_gaps(summary, equal_width(bins))
    return float(np.abs(gaps.gap / gaps.share).max())


def squared_error(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Squared calibration error of the top class, without bias; it may be negative.

        sum_b (n_b / N) [(accuracy_b - confidence_b)^2 - s_b^2 / (n_b - 1)]       s_b^2 = mean of (d - mean d)^2 in b

    with d_i = confidence_i - correctness_i. If all rows of a bin have the same confidence, s_b^2 = accuracy_b
    (1 - accuracy_b) and this is the estimator of Kumar et al.; if they differ it is still unbiased. A negative value
    means that the gaps are smaller than noise alone would make them on average; it is not clipped to 0, so that means
    over models or slices stay unbiased. A bin of one row adds nothing. With weights n_b = W_b^2 / sum w^2. Within a
    cell the mean confidence of the cell stands for c_i, which changes s_b^2 by roughly 1/600 of itself at most.

    Raises:
        ValueError: no rows, or ``bins`` that do not divide 600.

    Source: Kumar, Liang & Ma, Verified Uncertainty Calibration, NeurIPS 2019, section 5 (definition 5.1).

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25]] * 4)
    >>> squared_error(CalibrationSummary().update(p, np.array([0, 0, 0, 1])))
    -0.0625
    """
    total = total_weight(summary)
    w, wc, wa, w2, w2a, w2aa = (
        summary[f"cell_{name}"] for name in ("weight", "confidence", "correct", "weight2", "correct_w2", "correct2")
    )
    mixing = equal_width(bins)
    c = np.divide(wc, w, where=w > 0, out=np.zeros_like(w))
    moments = [w2, c * w2 - w2a, c * c * w2 - 2 * c * w2a + w2aa]
    weight, gap, second, first, square = np.stack([w, wc - wa, *moments]) @ mixing.T
    several = (weight > 0) & (weight**2 - second > 1e-9 * weight**2)  # bins of more than one row
    weight, gap, second, first, square = (x[several] for x in (weight, gap, second, first, square))
    mean = gap / weight
    spread = square - 2 * mean * first + mean**2 * second
    return float((weight / total * (mean**2 - spread / (weight**2 - second))).sum())


def classwise_ece(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Mean over the classes of the calibration error of each class's probability, in equal-width bins.

        (1/K) sum_k sum_b (n_kb / N) |mean t_k - mean p_k|         rows with p_k in bin b

    Needs a summary with ``classwise=True``. For events it equals the ECE. With many classes most p_k are near 0, and
    so is this number: compare it only between models with the same K.

    Raises:
        ValueError: no rows; a summary without ``classwise=True``; or ``bins`` that do not divide 120 (600 for events).

    Source: Kull, Perello-Nieto, Kängsepp, Silva Filho, Song & Flach, NeurIPS 2019, section 2 (classwise-ECE); Nixon
    et al., CVPR Workshops 2019 (static calibration error).

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25]])
    >>> classwise_ece(CalibrationSummary(classwise=True).update(p, np.array([0, 0])))
    0.25
    """
    _, p, t = class_bins(summary, bins)
    difference = np.abs(p.sum(axis=0) - t.sum(axis=0)).sum(axis=-1) / total_weight(summary)
    return float(difference.mean())


def top_label_ece(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Top-label calibration error: the ECE with bins of confidence made within each predicted class.

        sum_k sum_b (n_kb / N) |accuracy_kb - confidence_kb|       rows with prediction k, confidence in bin b

    Never less than the ECE with the same bins, because gaps of different predicted classes do not cancel. Needs a
    summary made with ``classwise=True``. For events it equals the ECE.

    Raises:
        ValueError: no rows; a summary without ``classwise=True``; or ``bins`` that do not divide 120 (600 for events).

    Source: Gupta & Ramdas, Top-label calibration and multiclass-to-binary reductions, ICLR 2022, eq. 3.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.25, 0.75]])
    >>> s = CalibrationSummary(classwise=True).update(p, np.array([0, 0]))
    >>> top_label_ece(s), ece(s)
    (0.5, 0.25)
    """
    if summary.events:
        return ece(summary, bins)
    return float(np.abs(predicted_gaps(summary, bins).gap).sum())


def smooth_ece(summary: CalibrationSummary, bandwidth: float | None = None) -> float:
    """Smooth calibration error: kernel smoothing instead of bins, with a bandwidth equal to the error itself.

        smECE_s = int_0^1 |(1/N) sum_i K_s(x, c_i) (a_i - c_i)| dx          K_s: Gaussian, reflected at 0 and 1
        smECE   = smECE_s at the s with smECE_s = s, or ``bandwidth``

    It lies in [0, 1], within a constant factor of the distance to the nearest calibrated predictor, and is continuous
    in the predictions, which no binned error is. All rows of a cell are taken to lie at the cell's mean confidence,
    less than h = 1/600 away; the change in smECE_s is bounded by sqrt(2/pi) (h/s) mean |a - c|, and was below 1e-4 in
    our tests. The least width is s = 1/1000: if the error is smaller, it is the error at that width.

    Raises:
        ValueError: no rows, or a ``bandwidth`` outside (0, 1].

    Source: Błasiok & Nakkiran, Smooth ECE: principled reliability diagrams via kernel smoothing, ICLR 2024, section 3.

    >>> import numpy as np
    >>> p = np.full(1000, 0.75)
    >>> round(smooth_ece(CalibrationSummary().update(p, np.arange(1000) % 2)), 3)
    0.25
    """
    width = smooth_bandwidth(summary) if bandwidth is None else bandwidth
    return kernel_smoothing.error(cell_gaps(summary), width)


def smooth_bandwidth(summary: CalibrationSummary) -> float:
    """The bandwidth that ``smooth_ece`` uses: the s with smECE_s = s, at least 1/1000.

    Raises:
        ValueError: no rows.

    >>> smooth_bandwidth(CalibrationSummary().update(np.array([1.0, 0.0]), np.array([1, 0])))
    0.001
    """
    return kernel_smoothing.bandwidth(cell_gaps(summary), cell_gaps(summary, equal_width(100)))
