"""The isotonic curve of a reliability diagram: the observed share as the best function that never falls."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.summary.cells import Floats


def isotonic_curve(predicted: Floats, observed: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """The corners of the isotonic (CORP) reliability curve.

        argmin_f  sum_i w_i (o_i - f(p_i))^2   over all f that never fall      (pool adjacent violators)

    It has no bins to choose. Each pool is a level piece from its least to its greatest p; between two pools the curve
    is a straight line.

    Args:
        predicted: (n,), rising: the mean prediction of each cell, 0..1.
        observed: (n,): its mean outcome, 0..1.
        weight: (n,): its weight, above 0.

    Returns:
        x and y of the corners, at most two a pool.

    Example:
        >>> x, y = isotonic_curve(np.array([0.1, 0.4, 0.5, 0.9]), np.array([0.0, 0.6, 0.4, 1.0]), np.ones(4))
        >>> x.tolist(), y.tolist()
        ([0.1, 0.4, 0.5, 0.9], [0.0, 0.5, 0.5, 1.0])

    Source: Dimitriadis, Gneiting and Jordan, Stable reliability diagrams for probabilistic classifiers (CORP), PNAS
    118 (8), 2021.
    """
    pools: list[list[float]] = []  # first, last: positions; weight, mean
    for i, (o, w) in enumerate(zip(observed.tolist(), weight.tolist(), strict=True)):
        pools.append([i, i, w, o])
        while len(pools) > 1 and pools[-2][3] >= pools[-1][3]:
            _, last, w2, o2 = pools.pop()
            first, _, w1, o1 = pools.pop()
            pools.append([first, last, w1 + w2, (w1 * o1 + w2 * o2) / (w1 + w2)])
    corners = [(predicted[int(at)], pool[3]) for pool in pools for at in sorted({pool[0], pool[1]})]
    x, y = np.array(corners, np.float64).reshape(-1, 2).T
    return x, y
