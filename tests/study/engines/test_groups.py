from collections import Counter
from dataclasses import replace

import pytest

from onewarm.study.arms.arm import parse_arms
from onewarm.study.engines import groups
from onewarm.study.engines.groups import next_group
from onewarm.study.models.model import Run

ARMS = parse_arms("hard,smooth:0.1,smooth:0.2,prior:0.1,teacher:2")


def all_groups(runs, data, workers):
    left, found = list(runs), []
    while left:
        found.append(next_group(left, data, workers))
        left = [run for run in left if run not in found[-1]]
    return found


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_every_run_is_in_one_group_and_its_seed_is_kept_together(tiny, workers):
    runs = [Run(arm, seed) for arm in ARMS for seed in range(10)]
    found = all_groups(runs, tiny, workers)
    assert Counter(run for group in found for run in group) == Counter(runs)
    for group in found:
        assert len(group) <= 10  # two seeds of five: a third would make more than 14
        assert all(len([r for r in group if r.seed == seed]) == len(ARMS) for seed in {r.seed for r in group})


def test_the_last_runs_are_shared_among_the_workers(tiny):
    runs = [Run(ARMS[0], seed) for seed in range(8)]
    assert list(map(len, all_groups(runs, tiny, 1))) == [8]
    assert len(next_group(runs, tiny, 4)) == 2


def test_many_rows_and_classes_make_small_groups(tiny):
    """50,000 rows of 100 classes took 1.5 GB: groups were made by the number of runs alone."""
    big = replace(tiny, sizes=(30_000, 10_000, 10_000), class_names=tuple(map(str, range(100))))
    runs = [Run(arm, seed) for arm in ARMS for seed in range(4)]
    found = all_groups(runs, big, 2)
    assert max(map(len, found)) * groups.run_bytes(big) <= groups.GROUP_BYTES
    assert Counter(run for group in found for run in group) == Counter(runs)
    huge = replace(big, sizes=(3_000_000, 10_000, 10_000))
    assert {len(g) for g in all_groups(runs, huge, 2)} == {1}
