"""Which runs are trained together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from onewarm.study.data.datasets import Dataset
from onewarm.study.models.model import Run

GROUP = 14
"""About how many models are trained at once: enough to keep a core busy, few enough that a kill loses only seconds."""

GROUP_BYTES = 2**28
"""About how much memory the logits of a group may take."""


def next_group(runs: Sequence[Run], data: Dataset, workers: int) -> list[Run]:
    """Those of the missing runs that are best trained next, together: about `GROUP`, or one seed's where it has more.

    Fewer where few are left, so that all workers are busy to the end. The runs of a seed are parted only where rows
    and classes are many. Runs of the reference arm, which another model trains, are apart.

    Args:
        runs: the runs that nobody trains yet; not empty.
        data: their data set.
        workers: how many groups are trained at the same time.
    """
    own = [run for run in runs if not run.arm.reference] or runs
    most = max(1, GROUP_BYTES // run_bytes(data))
    groups = -(-len(own) // min(GROUP, most))
    size = -(-len(own) // (-(-groups // workers) * workers))  # as many groups for each worker
    together: list[Run] = []
    for _, of_seed in groupby(sorted(own, key=_seed), key=_seed):
        seed = list(of_seed)
        if together and len(together) + len(seed) > size:
            break
        together += seed
    return together[:most]


def run_bytes(data: Dataset) -> int:
    """The memory of one run's logits, float64; a model may keep those of a whole group."""
    return 8 * sum(data.sizes) * data.num_classes


def _seed(run: Run) -> int:
    return run.seed
