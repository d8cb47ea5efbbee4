"""Timing of peers in turns, so that a busy machine slows all of them equally."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """One size, with each peer's call at that size."""

    title: str
    peers: dict[str, Callable[[], object]]
    skipped: dict[str, str] = field(default_factory=dict)  # peer -> why it cannot run here
    copy: str = "copy"  # the peer whose time is the unit
    baseline: str = "PyTorch eager"  # the peer that speed-ups are relative to
    second: str = "PyTorch compiled"  # and another, where it runs
    notes: tuple[str, ...] = ()  # further results, in words


@dataclass(frozen=True)
class Timing:
    """Seconds of one peer in one case."""

    seconds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        if len(self.seconds) < 2:
            return self.seconds[0], self.seconds[0]
        low, _, high = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return low, high


def in_turns(case: Case, budget: float, most: int = 60) -> Iterator[dict[str, Timing]]:
    """Call every peer once a round until the budget of seconds is spent; yields the timings after each round.

    The order changes from round to round: each peer finds the caches and the clock as the one before left them.
    What a peer returns is freed after its time was taken: the next call gets fresh memory again.
    """
    for work in case.peers.values():  # compile and warm up
        work()
        work()
    seconds: dict[str, list[float]] = {name: [] for name in case.peers}
    order = random.Random(0)
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + budget
        for done in range(most):
            for name, work in order.sample(list(case.peers.items()), len(case.peers)):
                start = time.perf_counter()
                result = work()
                seconds[name].append(time.perf_counter() - start)
                del result
            yield {name: Timing(list(taken)) for name, taken in seconds.items()}
            if time.perf_counter() > end and done >= 2:
                return
    finally:
        gc.enable()
