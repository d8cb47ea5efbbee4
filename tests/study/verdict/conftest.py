"""Decisions of studies whose differences from hard labels are given."""

import numpy as np
import pytest

from onewarm.study.comparison.compare import family
from onewarm.study.verdict.decide import decide

HARD = {
    "nll": 1.0,
    "accuracy": 0.7,
    "nll_after": 0.9,
    "ece": 0.1,
    "confidence_gap": 0.08,
    "mean_confidence": 0.78,
}


@pytest.fixture
def decided(study_of):
    """A function of each arm's mean differences from hard, by metric; those not given are 0.

    There are n seeds, and each value has the deviation `noise`. A difference of None is a metric that is infinite.
    `hard` has means of hard labels. `end` has the differences of models trained to the end, those of hard included.
    """

    def make(arms, end=None, *, n=10, noise=0.01, classes=10, hard=None, **options):
        rng = np.random.default_rng(1)
        hard = HARD | (hard or {})

        def numbers(differences):
            found = {}
            for m, value in hard.items():
                noisy = value + noise * rng.normal(size=n)
                difference = differences.get(m, 0.0)
                found[m] = [None] * n if difference is None else (noisy + difference).tolist()
            return found

        stopped = {"hard": numbers({})} | {arm: numbers(d) for arm, d in arms.items()}
        ended = None if end is None else {arm: numbers(d) for arm, d in ({"hard": {}} | end).items()}
        results = study_of(stopped, ended, **options)
        pairs = [(arm, "hard") for arm in arms]
        rows = family(results, pairs)
        if end is not None:
            rows += family(results, [(arm, "hard") for arm in end if arm != "hard"], "end")
        return decide(results, rows, "hard", classes)

    return make
