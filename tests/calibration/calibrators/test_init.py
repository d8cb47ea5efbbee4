"""The estimators by their public names."""

import pytest
from sklearn.base import BaseEstimator

from onewarm.calibration import calibrators


@pytest.mark.parametrize("name", sorted(calibrators.ESTIMATORS))
def test_every_name_is_its_estimator(name):
    estimator = getattr(calibrators, name)
    assert issubclass(estimator, BaseEstimator) and estimator.__name__ == name
    assert estimator.__module__.endswith(calibrators.ESTIMATORS[name])


def test_other_names_are_errors():
    with pytest.raises(AttributeError) as error:
        calibrators.Temperature  # noqa: B018
    assert str(error.value) == "module 'onewarm.calibration.calibrators' has no attribute 'Temperature'"
