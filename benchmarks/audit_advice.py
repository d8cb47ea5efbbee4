"""Which remedy an audit advises, against the best of all of them on fresh rows: `python -m benchmarks.audit_advice`."""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.remedies import LEAST_GAIN, compare
from onewarm.audit.row_sample import Rows, capacity
from onewarm.softmax import softmax

Floats = NDArray[np.float64]

FAULTS = ("calibrated", "shifted", "scaled", "one class off", "both")
CLASSES = (2, 3, 10, 100)
SIZES = (300, 3_000, 30_000, 100_000)
_FRESH = 20_000


class Outcome(NamedTuple):
    """One simulated audit: the advised remedy, and how far it is from the best on fresh rows.

    Attributes:
        advised, best: keys; the best is that with the least NLL on fresh rows.
        excess: NLL of the advised one minus that of the best, nats a row.
        noise: two standard errors that this difference has in as many rows as were audited.
    """

    advised: str
    best: str
    excess: float
    noise: float

    @property
    def within(self) -> bool:
        """Whether the advised remedy is within noise of the best, or within ``LEAST_GAIN`` of it."""
        return self.excess <= max(self.noise, LEAST_GAIN)


def model(fault: str, num_classes: int, n: int, rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
    """Logits (n, K) with a fault, and labels drawn from the softmax of those without it."""
    true = rng.normal(size=(n, num_classes)) * (2.0 if num_classes > 2 else 1.4)
    labels = (true + rng.gumbel(size=true.shape)).argmax(axis=1)
    logits = true.copy()
    if fault in ("scaled", "both"):
        logits *= 1.6
    if fault in ("shifted", "both"):
        logits += np.linspace(-0.6, 0.6, num_classes)
    if fault == "one class off":
        logits[:, 0] += 1.0
    return logits, labels.astype(np.int64)


def simulate(fault: str, num_classes: int, n: int, seed: int) -> Outcome:
    """Audit ``n`` rows of a faulty model, and compare the advised remedy with the best of all on fresh rows."""
    rng = np.random.default_rng([seed, num_classes, n, FAULTS.index(fault)])
    n = min(n, capacity(num_classes))  # an audit of more rows compares remedies on a sample of so many
    logits, labels = model(fault, num_classes, n, rng)
    rows = Rows(np.arange(n, dtype=np.uint64), softmax(logits), labels)
    result = compare(rows, logits=False, kind="binary" if num_classes == 2 else "multiclass")
    fresh, truth = model(fault, num_classes, min(_FRESH, 2_000_000 // num_classes), rng)
    p = softmax(fresh)
    losses = {
        o.key: -np.log(np.maximum(o.calibrator.apply(p)[np.arange(len(p)), truth], 1e-300))
        for o in result.options
        if o.calibrator is not None
    }
    best = min(losses, key=lambda key: float(losses[key].mean()))
    difference = losses[result.best.key] - losses[best]
    return Outcome(result.best.key, best, float(difference.mean()), 2 * float(difference.std()) / math.sqrt(n))


def table(runs: int, classes: Sequence[int] = CLASSES, sizes: Sequence[int] = SIZES) -> tuple[str, float]:
    """How many audits advise what is within noise of the best remedy, as a Markdown table; and the share of all."""
    lines = [
        "| K | rows | " + " | ".join(FAULTS) + " |",
        "|---|---|" + "---|" * len(FAULTS),
    ]
    every: list[bool] = []
    for k, n in itertools.product(classes, sizes):
        cells = []
        for fault in FAULTS:
            found = [simulate(fault, k, n, seed) for seed in range(max(runs * min(sizes) // n, 3))]
            good = [o.within for o in found]
            every += good
            advised = [o.advised for o in found]
            usual = max(set(advised), key=advised.count)
            cells.append(f"{sum(good)} of {len(good)}, {usual}")
        lines.append(f"| {k} | {n:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines), sum(every) / len(every)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40, help="audits of the smallest size; larger ones are fewer")
    text, share = table(parser.parse_args().runs)
    print(f"{text}\n\nWithin noise of the best: {share:.1%}")
