"""The estimators of single methods are ``fit_map`` in scikit-learn's form."""

import numpy as np
import pytest

from onewarm.calibration import (
    BetaCalibration,
    InterceptCalibration,
    IsotonicCalibration,
    PlattScaling,
    VectorScaling,
    fit_map,
)

KINDS = {
    "intercept": InterceptCalibration,
    "platt": PlattScaling,
    "vector": VectorScaling,
    "isotonic": IsotonicCalibration,
    "beta": BetaCalibration,
}


@pytest.mark.parametrize("key", KINDS)
def test_they_are_the_map_of_their_method(rows, key):
    z, pi, labels = rows
    weights = np.random.default_rng(0).integers(1, 3, len(z))
    names = np.array(["ant", "bee", "cat", "dog"])[labels]
    fitted = KINDS[key]().fit(2 * z, names, sample_weight=weights)
    made = fit_map(key, 2 * z, labels, logits=True, weights=weights, floor=1e-9)
    assert fitted.map_.key == key and fitted.map_.classes == ("ant", "bee", "cat", "dog")
    np.testing.assert_allclose(fitted.transform(2 * z), made.apply(2 * z, logits=True), atol=1e-12)
    by_p = KINDS[key](probabilities=True).fit(pi, labels).transform(pi)
    np.testing.assert_allclose(by_p, KINDS[key]().fit(z, labels).transform(z), atol=1e-5)
