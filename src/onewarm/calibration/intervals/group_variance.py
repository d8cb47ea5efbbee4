"""The variance of sums over rows that depend on each other within groups, from the sums of each group."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.summary.cells import Floats


def group_variance(residual: Floats, weight: Floats, information: Floats | None = None) -> tuple[Floats, Floats]:
    """Variance and degrees of freedom of sums whose groups are independent of each other.

        V = G / (G - 1) sum_g (r_g - w_g r / w)^2        r = sum_g r_g, w = sum_g w_g, G groups with rows
        f = (sum_g v_g)^2 / sum_g v_g^2 - 1              v_g = w_g i_g; G - 1 where groups are alike

    v_g is proportional to the variance of r_g if the rows of a group are all alike.

    Args:
        residual: (G, Q) sum of w_i (predicted - observed) over the rows of each group.
        weight: (G, Q) or (G, 1), sum of w_i.
        information: (G, Q) or (G, 1), variance of r_g if all rows were independent; by default ``weight``.

    Returns:
        V and f, each (Q,); V is inf and f 0 where fewer than two groups have rows.

    Source: Cochran, Sampling Techniques, 1977, section 9A.2 (clusters of unequal sizes, ratio to size).

    >>> v, f = group_variance(np.array([[1.0], [-1.0], [3.0]]), np.ones((3, 1)))
    >>> v.tolist(), f.tolist()
    ([12.0], [2.0])
    """
    weight = np.broadcast_to(weight, residual.shape)
    groups = (weight > 0).sum(axis=0)
    total = np.where(groups > 0, weight.sum(axis=0), 1)
    square = ((residual - weight * (residual.sum(axis=0) / total)) ** 2).sum(axis=0)
    several = groups > 1
    variance = np.where(several, square * groups / np.maximum(groups - 1, 1), np.inf)
    scaled = weight / total
    spread = scaled * (scaled if information is None else information / np.maximum(information.sum(axis=0), 1e-300))
    second = (spread**2).sum(axis=0)
    df = np.where(several, spread.sum(axis=0) ** 2 / np.where(second > 0, second, 1) - 1, 0.0)
    return variance, np.maximum(df, 0.0)
