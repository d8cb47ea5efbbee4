import numpy as np
import pytest

from onewarm.calibration.metrics.calibration_error import ece
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.study.comparison.estimate import estimate
from onewarm.study.report.values import metrics_of, reliability_of


@pytest.mark.parametrize("training", ["stopped", "end"])
def test_means_have_the_interval_of_the_seeds_that_all_arms_have(simulate, training):
    """Intervals of means were the bootstrap's, which cover .70 with 3 seeds."""
    results = simulate(("hard", "smooth:0.1"), range(4)).results
    found = metrics_of(results, "hard", training)
    values = results.values("hard", "ece", training)
    assert found["ece"]["values"] == values and found["ece"]["mean"] == pytest.approx(np.mean(values))
    ratio = 120 / 150  # test rows to the others
    assert tuple(found["ece"]["interval"]) == estimate(values, ratio=ratio).interval(0.95)
    assert "excess_nll" not in found and "ece_unsmoothed" not in found


@pytest.mark.parametrize("training", ["stopped", "end"])
def test_reliability_joins_the_seeds(simulate, training):
    report = simulate(("hard", "smooth:0.1"), range(3))
    found = reliability_of(report.results, "hard", training)
    whole, temperatures = CalibrationSummary(), []
    for s in report.seeds:
        scores = getattr(report.runs["hard", s], training)
        whole.merge(scores.before)
        temperatures.append(scores.metrics["temperature"])
    assert found["before"]["rows"] == found["after"]["rows"] == 360
    assert found["before"]["ece"] == ece(whole) and len(found["before"]["bins"]) == 15
    assert sum(b["count"] for b in found["before"]["bins"]) == 360
    assert set(found["before"]["bins"][0]) == {"lower", "upper", "count", "confidence", "accuracy"}
    assert found["temperature"] == pytest.approx(np.mean(temperatures))
