"""The cells of a summary: fine equal-width bins of confidence, which combine exactly into any usual number of bins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError

Floats = NDArray[np.float64]

CELLS = 600
"""Equal-width cells of the top class: a multiple of the usual bin counts 5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100."""

CLASS_CELLS = 120
"""Equal-width cells of each class's probability: a multiple of 5, 8, 10, 12, 15, 20, 24, 30, 40, 60."""

# Edges are rounded to float32, as confidences are: see ``cell_of``.
UPPER = (np.arange(1, CELLS + 1) / CELLS).astype(np.float32)
LOWER = np.concatenate([np.array([-1], np.float32), UPPER[:-1]])  # -1: p = 0 is in the first cell


def cell_of(confidence: Floats) -> NDArray[np.int64]:
    """The cell of each confidence: cell c holds c / CELLS < p <= (c + 1) / CELLS; p = 0 is in the first.

    p and the edges are rounded to float32 before they are compared. So .1 lies *on* the edge .1, and in the bin below
    it, whether it is float32(.1) = .100000001, the float64 .1, one converted to the other, or .3 - .2; in float64 some
    of these would fall in the bin above. Bins of complete cells have exactly these edges too, because j / 15
    and 40 j / 600 are the same float64 number.

    >>> import numpy as np
    >>> cell_of(np.array([0.0, 0.1, float(np.float32(0.1)), 0.3 - 0.2, 0.1001, 1.0]))
    array([  0,  59,  59,  59,  60, 599])
    """
    p = confidence.astype(np.float32)
    cell: NDArray[np.int64] = np.clip(np.ceil(p * np.float32(CELLS)).astype(np.int64) - 1, 0, CELLS - 1)
    # The product may be rounded across an edge; the comparison with the edges themselves decides.
    cell -= p <= LOWER[cell]
    cell += p > UPPER[cell]
    np.minimum(cell, CELLS - 1, out=cell)  # a row may sum to 1 + tolerance, so that p > 1
    return cell


def check_bins(bins: int, cells: int) -> None:
    """Raise ValueError unless each of ``bins`` equal bins is a whole number of the ``cells``."""
    if bins < 1 or cells % bins:
        divisors = [b for b in range(1, cells + 1) if cells % b == 0]
        raise InputError(f"bins is {bins}, which does not divide the {cells} cells kept: choose one of {divisors}")
