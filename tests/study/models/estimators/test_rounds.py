"""The probabilities of boosted models round by round, against models that are trained for so many rounds."""

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)

from onewarm.study.models.estimators.rounds import MOST, rounds, staged

RNG = np.random.default_rng(0)
Y = np.arange(90) % 3
X = RNG.standard_normal((90, 4)) + Y[:, None]

BOOSTED = {
    "hist": lambda n: HistGradientBoostingClassifier(max_iter=n, early_stopping=False),
    "gradient": lambda n: GradientBoostingClassifier(n_estimators=n, random_state=0),
    "ada": lambda n: AdaBoostClassifier(n_estimators=n, random_state=0),
    "lightgbm": lambda n: LGBMClassifier(n_estimators=n, verbose=-1, n_jobs=1),
}


@pytest.mark.parametrize("make", BOOSTED.values(), ids=BOOSTED)
def test_a_stage_is_the_model_of_that_many_rounds(make):
    fitted = make(5).fit(X, Y)
    assert rounds(fitted) == [1, 2, 3, 4, 5]
    each = list(staged(fitted, X, [2, 5]))
    for p, n in zip(each, (2, 5), strict=True):
        np.testing.assert_allclose(p, make(n).fit(X, Y).predict_proba(X), atol=1e-12)


def test_xgboost_by_its_own_parameter():
    class Booster:
        def num_boosted_rounds(self):
            return 3

    class Fitted:
        def get_booster(self):
            return Booster()

        def predict_proba(self, x, iteration_range=None):
            return np.full((len(x), 2), iteration_range[1] / 10)

    assert rounds(Fitted()) == [1, 2, 3]
    assert [p[0, 0] for p in staged(Fitted(), X, [1, 3])] == [0.1, 0.3]


def test_many_rounds_are_looked_at_evenly_and_other_models_not_at_all():
    at = rounds(HistGradientBoostingClassifier(max_iter=3 * MOST, early_stopping=False, max_depth=1).fit(X, Y))
    assert len(at) == MOST and at[-1] == 3 * MOST and np.diff(at).max() == 4
    assert rounds(RandomForestClassifier(3).fit(X, Y)) == []
