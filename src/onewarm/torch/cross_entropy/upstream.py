"""Which upstream gradient the next backward pass will bring, guessed from the last ones.

In half precision the gradient has to be rounded once, after it was multiplied by the upstream gradient: a loss scale of
2^16 in a GradScaler, 1 / steps in an accumulated batch. The forward pass computes the gradient, and does not know that
factor yet; but it is almost always the one of the step before. A wrong guess costs time and changes no result.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable

_MOST = 64  # losses of a step that are told apart
_WRONG = 2  # wrong guesses in a row after which none is made


class Upstream(threading.local):
    """The upstream gradients that a thread has seen, for each of the losses of a step.

    A step may have several losses with factors of their own: the first, second, ... call since a backward pass began.

    Example:
        >>> upstream = Upstream()
        >>> upstream.expected("a loss")
        (('a loss', 0), 1.0)
        >>> upstream.seen(("a loss", 0), 65536.0)
        >>> upstream.expected("a loss")
        (('a loss', 0), 65536.0)
    """

    def __init__(self) -> None:
        self._last: dict[Hashable, tuple[float, int]] = {}  # the last factor, and how many guesses in a row were wrong
        self._recent = 1.0  # expected of a loss that is new
        self._calls = 0

    def expected(self, loss: Hashable) -> tuple[Hashable, float | None]:
        """What to tell :meth:`seen` the loss is called, and the factor; None where guesses were wrong of late."""
        name = (loss, self._calls)
        self._calls = (self._calls + 1) % _MOST
        factor, wrong = self._last.get(name, (self._recent, 0))
        return name, factor if wrong < _WRONG else None

    def seen(self, name: Hashable, factor: float) -> None:
        """The factor that a backward pass brought."""
        self._calls = 0
        last, wrong = self._last.get(name, (self._recent, 0))
        self._recent = factor
        if name not in self._last and len(self._last) >= _MOST:
            self._last.clear()
        self._last[name] = factor, 0 if factor == last else wrong + 1
