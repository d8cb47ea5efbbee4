"""``TemperatureUnsmooth`` against the two calibrators that it joins."""

import numpy as np
import pytest

from onewarm.calibration import (
    CalibrationSummary,
    TemperatureScaling,
    TemperatureUnsmooth,
    UnsmoothCalibrator,
    nll,
)


def test_it_is_at_least_as_good_as_either(rows):
    _, pi, _ = rows
    model = 0.9 * pi + 0.1 / 4
    logits = 1.7 * np.log(model)
    scores = []
    for estimator in (TemperatureUnsmooth(), TemperatureScaling(), UnsmoothCalibrator()):
        q = estimator.fit(logits, pi).transform(logits)
        scores.append(nll(CalibrationSummary().update(q, pi)))
    assert scores[0] <= min(scores[1:]) + 1e-9
    fitted = TemperatureUnsmooth().fit(logits, pi)
    assert (fitted.temperature_, fitted.alpha_) == pytest.approx((1.7, 0.1), abs=1e-3)


def test_with_every_row_right_the_search_starts_at_one(rows):
    z = rows[0]
    labels = z.argmax(axis=1)
    kept = TemperatureUnsmooth(at_bound="keep").fit(z, labels)
    assert kept.why_kept_ is not None and "rows are right" in kept.why_kept_
    assert 1 / 8 <= kept.temperature_ < 1  # sharper, as far as the search goes
