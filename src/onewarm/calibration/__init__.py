"""Calibration: can a classifier's confidence be trusted? A one-pass summary, metrics, intervals, calibrators, plots."""
# ruff: noqa: F403

from typing import TYPE_CHECKING, Any

from onewarm.calibration import calibrators
from onewarm.calibration.calibrators.calibration_map import CalibrationMap as CalibrationMap
from onewarm.calibration.calibrators.calibration_map import fit_map as fit_map
from onewarm.calibration.calibrators.saved import load_map as load_map
from onewarm.calibration.calibrators.saved import save_map as save_map
from onewarm.calibration.calibrators.temperature import TemperatureError as TemperatureError
from onewarm.calibration.calibrators.temperature import TemperatureFit as TemperatureFit
from onewarm.calibration.calibrators.temperature import fit_temperature as fit_temperature
from onewarm.calibration.intervals.estimate import Estimate as Estimate
from onewarm.calibration.intervals.estimate import estimate as estimate
from onewarm.calibration.metrics.brier_decomposition import *
from onewarm.calibration.metrics.calibration_error import *
from onewarm.calibration.metrics.ranking import *
from onewarm.calibration.metrics.scores import *
from onewarm.calibration.plots.matplotlib_display import ReliabilityDisplay as ReliabilityDisplay
from onewarm.calibration.plots.reliability_data import ReliabilityData as ReliabilityData
from onewarm.calibration.plots.reliability_data import reliability as reliability
from onewarm.calibration.summary.summary import CalibrationSummary as CalibrationSummary

if TYPE_CHECKING:
    from onewarm.calibration.calibrators import *


def __getattr__(name: str) -> Any:
    """The scikit-learn estimators; scikit-learn is loaded with the first of them."""
    if name in calibrators.ESTIMATORS:
        return getattr(calibrators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
