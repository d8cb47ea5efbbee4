"""Numbers that a ``CalibrationSummary`` answers. Each is a mean over its rows; an empty summary is an error."""

from __future__ import annotations

from onewarm.calibration.metrics.bins import total_weight as _rows
from onewarm.calibration.metrics.brier_decomposition import brier_reliability as brier_reliability
from onewarm.calibration.metrics.brier_decomposition import brier_resolution as brier_resolution
from onewarm.calibration.metrics.brier_decomposition import brier_uncertainty as brier_uncertainty
from onewarm.calibration.metrics.calibration_error import classwise_ece as classwise_ece
from onewarm.calibration.metrics.calibration_error import ece as ece
from onewarm.calibration.metrics.calibration_error import ece_equal_mass as ece_equal_mass
from onewarm.calibration.metrics.calibration_error import mce as mce
from onewarm.calibration.metrics.calibration_error import overconfidence as overconfidence
from onewarm.calibration.metrics.calibration_error import smooth_ece as smooth_ece
from onewarm.calibration.metrics.calibration_error import squared_error as squared_error
from onewarm.calibration.metrics.calibration_error import top_label_ece as top_label_ece
from onewarm.calibration.metrics.calibration_error import underconfidence as underconfidence
from onewarm.calibration.metrics.ranking import aurc as aurc
from onewarm.calibration.metrics.ranking import auroc as auroc
from onewarm.calibration.metrics.ranking import coverage_at_risk as coverage_at_risk
from onewarm.calibration.summary.summary import CalibrationSummary


def accuracy(summary: CalibrationSummary) -> float:
    """Mean correctness of the top class.

        (1/N) sum_i t_i[argmax_k p_ik]                    in [0, 1]

    For votes or distributions: the mean share of the truth that the predicted class has. Of tied classes the
    first is the predicted one.

    >>> import numpy as np
    >>> p = np.array([[0.9, 0.1], [0.6, 0.4]])
    >>> accuracy(CalibrationSummary().update(p, np.array([0, 1])))
    0.5
    """
    return summary.total("cell_correct") / _rows(summary)


def mean_confidence(summary: CalibrationSummary) -> float:
    """Mean probability of the top class.

        (1/N) sum_i max_k p_ik                            in [1/K, 1]

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.5, 0.5]])
    >>> mean_confidence(CalibrationSummary().update(p, np.array([0, 1])))
    0.625
    """
    return summary.total("cell_confidence") / _rows(summary)


def confidence_gap(summary: CalibrationSummary) -> float:
    """Mean confidence minus accuracy: above 0 the model is overconfident, below 0 underconfident.

        (1/N) sum_i (max_k p_ik - t_i[argmax_k p_ik])     in [-1, 1];  |gap| <= ECE at any number of bins

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25]])
    >>> confidence_gap(CalibrationSummary().update(p, np.array([0, 1])))
    0.25
    """
    return mean_confidence(summary) - accuracy(summary)


def nll(summary: CalibrationSummary) -> float:
    """Mean negative log-likelihood, or cross-entropy to soft truth.

        -(1/N) sum_i sum_k t_ik log p_ik                  nats, in [H(t), +inf]

    A class that is true (t_ik > 0) and has probability 0 costs +inf, and the mean is then +inf. It is not
    clipped: ``summary.to_dict()["sums"]`` says how many rows did it (nll_infinite) and the sum of the others (nll).
    With soft truth its floor is the mean entropy of the truth, ``summary.total("truth_entropy") / count``.

    Source: Gneiting & Raftery, Strictly Proper Scoring Rules, JASA 2007, section 4.1 (logarithmic score).

    >>> import numpy as np
    >>> p = np.array([[0.5, 0.5], [1.0, 0.0]])
    >>> round(nll(CalibrationSummary().update(p, np.array([0, 0]))), 6)
    0.346574
    >>> nll(CalibrationSummary().update(p, np.array([0, 1])))
    inf
    """
    rows = _rows(summary)
    return float("inf") if summary.total("nll_infinite") else summary.total("nll") / rows


def brier(summary: CalibrationSummary) -> float:
    """Mean Brier score, summed over the classes, with the truth drawn from t_i.

        (1/N) sum_i E_{y ~ t_i} |p_i - onehot(y)|^2  =  (1/N) sum_i (|p_i|^2 - 2 <p_i, t_i> + 1)      in [0, 2]

    For labels this is |p_i - t_i|^2 as usual (twice the one-class score of two classes). For votes it is the
    score of each vote, averaged; |p_i - t_i|^2 is less by 1 - |t_i|^2, which no prediction can lower and whose
    mean is ``summary.total("truth_brier") / count``.

    Source: Brier, Monthly Weather Review 78, 1950, eq. 2; Gneiting & Raftery, JASA 2007, section 4.1.

    >>> import numpy as np
    >>> brier(CalibrationSummary().update(np.array([[0.75, 0.25]]), np.array([0])))
    0.125
    """
    return summary.total("brier") / _rows(summary)
