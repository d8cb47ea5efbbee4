"""Calibration errors: binned by width and by mass, signed, squared and debiased, per class, and smooth."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.defaults import BINS
from onewarm.calibration.metrics import bins as gaps
from onewarm.calibration.metrics import kernel_smoothing as smooth
from onewarm.calibration.summary.summary import CalibrationSummary


def ece(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Expected calibration error of the top class, with equal-width bins.

        sum_b (n_b / N) |accuracy_b - confidence_b|       in [0, 1]

    Bin b of B holds (b-1)/B < confidence <= b/B; 0 is in the first bin, 1 in the last, an empty bin adds
    nothing. A confidence within float32 rounding of an edge is on it (``cells.cell_of``). ``bins`` divides 600: cells
    cause no error. It is biased upwards: a perfectly calibrated model has about .025 at N = 1000 and .008 at 10,000;
    ``estimate`` gives an interval for the model itself, which noise alone does not keep above 0.

    Source: Naeini, Cooper & Hauskrecht, AAAI 2015, section 3; Guo, Pleiss, Sun & Weinberger, ICML 2017, eq. 3.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25], [0.5, 0.5], [0.5, 0.5]])
    >>> ece(CalibrationSummary().update(p, np.array([0, 0, 0, 0])))
    0.375
    """
    total = gaps.total_weight(summary)
    _, confidence, correct = summary.bins(bins)
    return float(np.abs(correct - confidence).sum()) / total


def ece_equal_mass(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Expected calibration error of the top class, with bins of equal numbers of rows.

        sum_b (1 / B) |accuracy_b - confidence_b|         in [0, 1]

    Every bin holds N / B rows by weight exactly: the rows of a cell (1/600 wide) that an edge falls into are shared
    between its bins in proportion, as if ties and near-ties were broken at random. Any number of bins will do. Cells
    cause an error of at most 2 sum_e m_e g_e, over the edges e: the share m_e of rows in the cell that e cuts, times
    the largest |a - c| there; where rows are many it is far below that, since within 1/600 the order hardly matters.

    Source: Nixon, Dusenberry, Zhang, Jerfel & Tran, Measuring Calibration in Deep Learning, CVPR Workshops 2019,
    section 3 (adaptive bins).

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25], [0.5, 0.5], [0.5, 0.5]])
    >>> ece_equal_mass(CalibrationSummary().update(p, np.array([0, 0, 0, 0])), bins=2)
    0.375
    """
    return float(np.abs(gaps.cell_gaps(summary, gaps.equal_mass(summary, bins)).gap).sum())


def overconfidence(summary: CalibrationSummary, bins: int = BINS) -> float:
    """The part of the ECE from bins whose confidence exceeds their accuracy: overconfidence + underconfidence = ECE.

        sum_b (n_b / N) max(confidence_b - accuracy_b, 0)

    Edge rules as for ``ece``; overconfidence - underconfidence is the confidence gap.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.55, 0.45]])
    >>> overconfidence(CalibrationSummary().update(p, np.array([1, 0])))
    0.375
    """
    return float(np.clip(gaps.cell_gaps(summary, gaps.equal_width(bins)).gap, 0, None).sum())


def underconfidence(summary: CalibrationSummary, bins: int = BINS) -> float:
    """The part of the ECE from bins whose accuracy exceeds their confidence.

        sum_b (n_b / N) max(accuracy_b - confidence_b, 0)

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.5, 0.5]])
    >>> underconfidence(CalibrationSummary().update(p, np.array([1, 0])))
    0.25
    """
    return float(np.clip(-gaps.cell_gaps(summary, gaps.equal_width(bins)).gap, 0, None).sum())


def mce(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Maximum calibration error of the top class: the largest gap of an equal-width bin that has rows.

        max_b |accuracy_b - confidence_b|                 in [0, 1]

    It is about the worst bin however few rows that has, and so rests on little: look at its interval.

    Source: Naeini, Cooper & Hauskrecht, AAAI 2015, section 3.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25], [0.625, 0.375]])
    >>> round(mce(CalibrationSummary().update(p, np.array([0, 0, 1]))), 12)
    0.625
    """
    found = gaps.cell_gaps(summary, gaps.equal_width(bins))
    return float(np.abs(found.gap / found.share).max())


def squared_error(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Squared calibration error of the top class, debiased: its mean over samples is the truth. It may be negative.

        sum_b (n_b / N) [(accuracy_b - confidence_b)^2 - s_b^2 / (n_b - 1)]       s_b^2 = mean of (d - mean d)^2 in b

    with d_i = c_i - a_i. Where all rows of a bin have the same confidence s_b^2 = accuracy_b (1 - accuracy_b), and this
    is the estimator of Kumar et al.; where they differ it stays unbiased. A negative value says that the gaps are
    smaller than noise makes them, and is not cut off: then means over models or slices stay right. A bin of one row
    adds nothing. With weights n_b is W_b^2 / sum w^2. Cells: d within a cell is a_i less the cell's mean confidence,
    and s_b^2 is off by less than 1/600 of itself, roughly.

    Source: Kumar, Liang & Ma, Verified Uncertainty Calibration, NeurIPS 2019, section 5 (definition 5.1).

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25]] * 4)
    >>> squared_error(CalibrationSummary().update(p, np.array([0, 0, 0, 1])))
    -0.0625
    """
    total = gaps.total_weight(summary)
    w, wc, wa, w2, w2a, w2aa = (
        summary[f"cell_{name}"] for name in ("weight", "confidence", "correct", "weight2", "correct_w2", "correct2")
    )
    mixing = gaps.equal_width(bins)
    c = np.divide(wc, w, where=w > 0, out=np.zeros_like(w))
    moments = [w2, c * w2 - w2a, c * c * w2 - 2 * c * w2a + w2aa]
    weight, gap, second, first, square = np.stack([w, wc - wa, *moments]) @ mixing.T
    some = (weight > 0) & (weight**2 - second > 1e-9 * weight**2)
    weight, gap, second, first, square = (x[some] for x in (weight, gap, second, first, square))
    mean = gap / weight
    spread = square - 2 * mean * first + mean**2 * second
    return float((weight / total * (mean**2 - spread / (weight**2 - second))).sum())


def classwise_ece(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Mean over the classes of the calibration error of each class's probability, in equal-width bins.

        (1/K) sum_k sum_b (n_kb / N) |mean t_k - mean p_k|         rows with p_k in bin b

    Needs a summary made with ``classwise=True``; ``bins`` divides 120: cells cause no error. For events it is the
    ECE. With many classes most p_k are near 0 and so is this number; compare it only at equal K.

    Source: Kull, Perello-Nieto, Kängsepp, Silva Filho, Song & Flach, NeurIPS 2019, section 2 (classwise-ECE); Nixon
    et al., CVPR Workshops 2019 (static calibration error).

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25]])
    >>> classwise_ece(CalibrationSummary(classwise=True).update(p, np.array([0, 0])))
    0.25
    """
    _, p, t = gaps.class_bins(summary, bins)
    difference = np.abs(p.sum(axis=0) - t.sum(axis=0)).sum(axis=-1) / gaps.total_weight(summary)
    return float(difference.mean())


def top_label_ece(summary: CalibrationSummary, bins: int = BINS) -> float:
    """Top-label calibration error: the ECE with bins of confidence made within each predicted class.

        sum_k sum_b (n_kb / N) |accuracy_kb - confidence_kb|       rows with prediction k, confidence in bin b

    At least the ECE with the same bins: gaps of different predicted classes do not cancel. Needs a summary made with
    ``classwise=True``; ``bins`` divides 120: cells cause no error.

    Source: Gupta & Ramdas, Top-label calibration and multiclass-to-binary reductions, ICLR 2022, eq. 3.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.25, 0.75]])
    >>> s = CalibrationSummary(classwise=True).update(p, np.array([0, 0]))
    >>> top_label_ece(s), ece(s)
    (0.5, 0.25)
    """
    if summary.events:
        return ece(summary, bins)
    return float(np.abs(gaps.predicted_gaps(summary, bins).gap).sum())


def smooth_ece(summary: CalibrationSummary, bandwidth: float | None = None) -> float:
    """Smooth calibration error: no bins, a kernel whose width is the error itself.

        smECE_s = int_0^1 |(1/N) sum_i K_s(x, c_i) (a_i - c_i)| dx          K_s: Gaussian, reflected at 0 and 1
        smECE   = smECE_s at the s with smECE_s = s, or ``bandwidth``

    Within a constant factor of the distance to the nearest calibrated predictor, and continuous in the predictions,
    which no binned error is. Cells: all rows of a cell lie at its mean confidence, which is less than h = 1/600 from
    each; that changes smECE_s by at most sqrt(2/pi) (h/s) mean |a - c|, and seen was less than 1e-4. The search ends at
    s = 1/1000: below that the error at that width is given.

    Source: Błasiok & Nakkiran, Smooth ECE: principled reliability diagrams via kernel smoothing, ICLR 2024, section 3.

    >>> import numpy as np
    >>> p = np.full(1000, 0.75)
    >>> round(smooth_ece(CalibrationSummary().update(p, np.arange(1000) % 2)), 3)
    0.25
    """
    found = gaps.cell_gaps(summary)
    return smooth.error(found, smooth_bandwidth(summary) if bandwidth is None else bandwidth)


def smooth_bandwidth(summary: CalibrationSummary) -> float:
    """The bandwidth s at which ``smooth_ece`` is taken: smECE_s = s, or 1/1000 where that is less.

    >>> smooth_bandwidth(CalibrationSummary().update(np.array([1.0, 0.0]), np.array([1, 0])))
    0.001
    """
    return smooth.bandwidth(gaps.cell_gaps(summary), gaps.cell_gaps(summary, gaps.equal_width(100)))
