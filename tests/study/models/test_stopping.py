import math

import pytest

from onewarm.study.models.stopping import WEIGHT_DECAYS, Patience, chosen


def test_patience_counts_checks_since_the_best():
    rule = Patience(2)
    seen = []
    for step, nll in enumerate([3.0, 2.0, 2.5, 1.9, 2.0, 1.95, 0.1]):
        seen.append((rule.improves(step, nll), rule.exhausted))
        if rule.exhausted:
            break
    assert seen == [(True, False), (True, False), (False, False), (True, False), (False, False), (False, True)]
    assert (rule.best, rule.step) == (1.9, 3)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_it_and_the_best_stays(bad):
    rule = Patience(5)
    assert rule.improves(10, 1.0) and not rule.improves(20, bad)
    assert rule.exhausted and (rule.best, rule.step) == (1.0, 10)
    first = Patience(5)
    assert not first.improves(10, bad) and first.exhausted and first.step is None


def test_the_lowest_is_chosen_and_of_equal_ones_the_smaller_decay():
    assert chosen([1.0, 0.9, 0.9]) == 1 and chosen([math.inf, 2.0]) == 1
    assert chosen([math.inf, math.nan]) is None and chosen([]) is None
    assert list(WEIGHT_DECAYS) == sorted(WEIGHT_DECAYS) and WEIGHT_DECAYS[0] == 0
