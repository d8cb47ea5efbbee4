"""Wilson's score interval of a proportion."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.defaults import LEVEL
from onewarm.calibration.summary.cells import Floats
from onewarm.errors import InputError


def wilson_interval(share: Floats, count: NDArray[Any], level: float = LEVEL, *, z: float | None = None) -> Floats:
    """The Wilson score interval of a share ``a`` seen in ``n`` rows.

        (a + z^2/2n -+ z sqrt(a (1 - a) / n + z^2/4n^2)) / (1 + z^2/n)

    It lies within [0, 1] and keeps a width at a = 0 and a = 1. It is wider than needed, but still valid, if correctness
    is a fraction (votes) or if the chance of being right differs between the rows of a bin.

    Args:
        share: a, in [0, 1], any shape.
        count: n, at least 0, of the same shape; need not be an integer.
        level: coverage, between 0 and 1.
        z: number of standard errors; by default the normal quantile of (1 + level) / 2.

    Returns:
        Low and high ends, shape (..., 2); NaN where n is 0.

    Raises:
        ValueError: a level outside (0, 1).

    Source: Wilson, JASA 22, 1927; Brown, Cai & DasGupta, Statistical Science 16, 2001, section 3.1.1.

    >>> import numpy as np
    >>> wilson_interval(np.array([0.5, 1.0]), np.array([10, 10])).round(3).tolist()
    [[0.237, 0.763], [0.722, 1.0]]
    """
    if not 0 < level < 1:
        raise InputError(f"level is {level}: expected a number between 0 and 1, such as .95")
    z2 = (NormalDist().inv_cdf((1 + level) / 2) if z is None else z) ** 2
    n = np.where(count > 0, count, np.nan)
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n)))
    ends = np.stack([share + z2 / (2 * n) - half, share + z2 / (2 * n) + half], axis=-1)
    return np.clip(ends / (1 + z2 / n)[..., None], 0, 1)
