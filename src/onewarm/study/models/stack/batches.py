"""Which rows a step takes, and how mixup mixes them: by seed and step, whoever trains and whenever."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Streams of random numbers of a seed, the same for all arms, so that runs of a seed are paired.
ORDER, MIXUP = 12, 13


class Batches:
    """The rows of each step for several seeds: every epoch shuffles anew, and leaves out a last, smaller batch.

    Args:
        seeds: of the runs.
        rows: N, training rows of each seed.
        batch: B, at most N.
    """

    def __init__(self, seeds: list[int], rows: int, batch: int) -> None:
        self.seeds, self.rows, self.batch = seeds, rows, min(batch, rows)
        self.in_epoch = rows // self.batch
        """Steps of an epoch."""
        self._epoch = -1
        self._order = np.empty((0, 0), np.int64)

    def __call__(self, step: int) -> NDArray[np.int64]:
        """Row numbers (S, B) of this step, counted from 0."""
        epoch, at = divmod(step, self.in_epoch)
        if epoch != self._epoch:
            orders = [np.random.default_rng([ORDER, seed, epoch]).permutation(self.rows) for seed in self.seeds]
            self._epoch, self._order = epoch, np.stack(orders)
        return self._order[:, at * self.batch : (at + 1) * self.batch]

    def mixing(self, seed: int, step: int, beta: float) -> tuple[float, NDArray[np.int64]]:
        """Mixup's share of the first row, of Beta(beta, beta), and the partner of each row in the batch (B,).

        The partners are the same for all arms of the seed.
        """
        rng = np.random.default_rng([MIXUP, seed, step])
        partner = rng.permutation(self.batch)
        return float(rng.beta(beta, beta)), partner
