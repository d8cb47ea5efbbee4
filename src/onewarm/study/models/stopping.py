"""When a run stops, and which of its options is taken: one rule for every model that a study trains step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence

WEIGHT_DECAYS = (0.0, 1.0, 3.0)
"""The grid: AdamW's decoupled decay of the weights, not the biases; a step multiplies them by 1 - rate * decay.

None, moderate and strong: at a rate of 0.001, 600 steps shrink weights without a gradient to 1, .55 and .17 of their
size. Hard labels, stopped, six seeds, test NLL without decay, at 1 and at 3: digits .180 .169 .211, digits-noisy 1.088
1.041 .981, blobs .339 .326 .323. A rate of 0.003 gave the same losses (within .003) in a third of the steps, so the
rate is not in the grid.
"""

PATIENCE = 5
"""Checks in a row without a new lowest validation NLL, after which training stops."""


class Patience:
    """Early stopping: notes the checks of a run, and says which was best and when to stop.

    Args:
        checks: how many checks in a row may pass without a new lowest NLL.

    Example:
        >>> rule = Patience(2)
        >>> [rule.improves(step, nll) for step, nll in ((10, 0.9), (20, 0.7), (30, 0.8), (40, 0.7))]
        [True, True, False, False]
        >>> rule.best, rule.step, rule.exhausted
        (0.7, 20, True)

    Source: Prechelt, "Early Stopping - But When?", Neural Networks: Tricks of the Trade, 1998, criterion UP.
    """

    def __init__(self, checks: int) -> None:
        self.checks = checks
        self.best = math.inf
        """The lowest NLL so far; infinite where none was finite."""
        self.step: int | None = None
        """The step at which it was measured."""
        self.exhausted = False
        """Whether training should stop."""
        self._since = 0

    def improves(self, step: int, nll: float) -> bool:
        """Note the validation NLL at this step; True where it is the lowest so far.

        An NLL that is not finite ends the training: the weights have diverged.
        """
        better = nll < self.best
        if better:
            self.best, self.step = nll, step
        self._since = 0 if better else self._since + 1
        self.exhausted = self._since >= self.checks or not math.isfinite(nll)
        return better


def chosen(best: Sequence[float]) -> int | None:
    """Which entry of the grid is taken, by the lowest validation NLL of each: the lowest, of equal ones the first.

    None where no NLL is finite.

    >>> chosen([0.5, 0.4, 0.4]), chosen([math.inf, math.nan])
    (1, None)
    """
    finite = [i for i, nll in enumerate(best) if math.isfinite(nll)]
    return min(finite, key=lambda i: best[i], default=None)
