"""Metrics that are means over rows: accuracy, confidence, and the proper scores NLL and Brier."""

from __future__ import annotations

from onewarm.calibration.metrics.bins import total_weight
from onewarm.calibration.summary.summary import CalibrationSummary

__all__ = ["accuracy", "brier", "confidence_gap", "mean_confidence", "nll"]


def accuracy(summary: CalibrationSummary) -> float:
    """Mean correctness of the top class.

        (1/N) sum_i t_i[argmax_k p_ik]                    in [0, 1]

    For votes or distributions it is the mean share of the truth that the predicted class has. Of tied classes the
    first one is predicted.

    Raises:
        ValueError: no rows.

    >>> import numpy as np
    >>> p = np.array([[0.9, 0.1], [0.6, 0.4]])
    >>> accuracy(CalibrationSummary().update(p, np.array([0, 1])))
    0.5
    """
    return summary.total("cell_correct") / total_weight(summary)


def mean_confidence(summary: CalibrationSummary) -> float:
    """Mean probability of the top class.

        (1/N) sum_i max_k p_ik                            in [1/K, 1];  for events (1/N) sum_i p_i in [0, 1]

    Raises:
        ValueError: no rows.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.5, 0.5]])
    >>> mean_confidence(CalibrationSummary().update(p, np.array([0, 1])))
    0.625
    """
    return summary.total("cell_confidence") / total_weight(summary)


def confidence_gap(summary: CalibrationSummary) -> float:
    """Mean confidence minus accuracy: positive if the model is overconfident, negative if underconfident.

        (1/N) sum_i (max_k p_ik - t_i[argmax_k p_ik])     in [-1, 1];  |gap| <= ECE with any number of bins

    Raises:
        ValueError: no rows.

    >>> import numpy as np
    >>> p = np.array([[0.75, 0.25], [0.75, 0.25]])
    >>> confidence_gap(CalibrationSummary().update(p, np.array([0, 1])))
    0.25
    """
    return mean_confidence(summary) - accuracy(summary)


def nll(summary: CalibrationSummary) -> float:
    """Mean negative log-likelihood; with soft truth, the mean cross-entropy.

        -(1/N) sum_i sum_k t_ik log p_ik                  nats, in [H(t), +inf]

    A true class (t_ik > 0) with probability 0 costs +inf, and makes the mean +inf: nothing is clipped. The number of
    such rows is ``nll_infinite`` in ``summary.to_dict()["sums"]``, and the sum over the other rows is ``nll``.
    The minimum H(t) is the mean entropy of the truth, ``summary.total("truth_entropy") / summary.weight``.

    Raises:
        ValueError: no rows.

    Source: Gneiting & Raftery, Strictly Proper Scoring Rules, JASA 2007, section 4.1 (logarithmic score).

    >>> import numpy as np
    >>> p = np.array([[0.5, 0.5], [1.0, 0.0]])
    >>> round(nll(CalibrationSummary().update(p, np.array([0, 0]))), 6)
    0.346574
    >>> nll(CalibrationSummary().update(p, np.array([0, 1])))
    inf
    """
    rows = total_weight(summary)
    return float("inf") if summary.total("nll_infinite") else summary.total("nll") / rows


def brier(summary: CalibrationSummary) -> float:
    """Mean Brier score, summed over the classes, with the truth drawn from t_i.

        (1/N) sum_i E_{y ~ t_i} |p_i - onehot(y)|^2  =  (1/N) sum_i (|p_i|^2 - 2 <p_i, t_i> + 1)      in [0, 2]

    For labels this is the usual |p_i - t_i|^2: for two classes, twice the score of the one probability. For votes it
    is the mean over the single votes, which exceeds |p_i - t_i|^2 by 1 - |t_i|^2; that part does not depend on the
    prediction, and its mean is ``summary.total("truth_brier") / summary.weight``.

    Raises:
        ValueError: no rows.

    Source: Brier, Monthly Weather Review 78, 1950, eq. 2; Gneiting & Raftery, JASA 2007, section 4.1.

    >>> import numpy as np
    >>> brier(CalibrationSummary().update(np.array([[0.75, 0.25]]), np.array([0])))
    0.125
    """
    return summary.total("brier") / total_weight(summary)
