"""``TemperatureScaling`` is ``fit_temperature`` in scikit-learn's form."""

import numpy as np
import pytest

from onewarm.calibration import TemperatureError, TemperatureScaling, fit_temperature


def test_temperature_is_the_certified_fit(rows):
    z, _, labels = rows
    found = TemperatureScaling().fit(2 * z, labels)
    fit = fit_temperature(2 * z, labels)
    assert found.temperature_ == fit.temperature and found.fit_.bracket == fit.bracket
    np.testing.assert_allclose(found.transform(2 * z), fit.apply(2 * z), rtol=1e-14)
    assert found.temperature_ == pytest.approx(2, rel=0.05)


def test_every_row_right_is_an_error_or_kept(rows):
    z = rows[0]
    with pytest.raises(TemperatureError, match="rows are right"):
        TemperatureScaling(at_bound="error").fit(z, z.argmax(axis=1))
    kept = TemperatureScaling().fit(z, z.argmax(axis=1))
    assert kept.temperature_ == 1 and kept.fit_ is None and "rows are right" in kept.why_kept_


def test_bounds_are_those_of_the_fit_and_at_bound_is_checked(rows):
    z, pi, labels = rows
    with pytest.raises(TemperatureError) as error:
        TemperatureScaling(bounds=(3.0, 9.0), at_bound="error").fit(z, pi)
    assert str(error.value).startswith("the NLL still falls at the least temperature, T = 3: its minimum lies below")
    with pytest.raises(ValueError) as error:
        TemperatureScaling(at_bound="no").fit(z, labels)
    assert str(error.value) == 'at_bound is \'no\': expected "error" or "keep"'
