"""The public face of calibration: its names, and what importing it loads."""

import subprocess
import sys

import pytest

from onewarm import calibration

METRICS = {
    "accuracy", "aurc", "auroc", "brier", "brier_reliability", "brier_resolution", "brier_uncertainty", "classwise_ece",
    "confidence_gap", "coverage_at_risk", "ece", "ece_equal_mass", "mce", "mean_confidence", "nll", "overconfidence",
    "smooth_ece", "squared_error", "top_label_ece", "underconfidence",
}  # fmt: skip
OTHERS = {
    "CalibrationSummary", "Estimate", "ReliabilityData", "ReliabilityDisplay", "TemperatureError", "TemperatureFit",
    "TemperatureScaling", "TemperatureUnsmooth", "UnsmoothCalibrator", "estimate", "fit_temperature", "reliability",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(METRICS | OTHERS))
def test_every_public_name_is_there_with_a_docstring(name):
    assert getattr(calibration, name).__doc__


def test_other_names_are_errors():
    with pytest.raises(AttributeError) as error:
        calibration.l3_error  # noqa: B018
    assert str(error.value) == "module 'onewarm.calibration' has no attribute 'l3_error'"


def test_a_new_estimator_is_public_by_its_line_in_the_table(monkeypatch):
    monkeypatch.setitem(calibration.calibrators.ESTIMATORS, "Calibrator", "base")
    assert calibration.Calibrator.__name__ == "Calibrator"


def test_heavy_libraries_are_loaded_when_they_are_needed():
    code = (
        "import sys, onewarm.calibration as c\n"
        "assert not {'sklearn', 'numba', 'matplotlib', 'torch', 'pyarrow'} & set(sys.modules), sorted(sys.modules)\n"
        "c.TemperatureScaling\n"
        "assert 'sklearn' in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
