"""How far a classifier's confidence can be believed: what one pass keeps, numbers from it, calibration maps."""

from typing import TYPE_CHECKING, Any

from onewarm.calibration.calibrators.temperature import TemperatureError as TemperatureError
from onewarm.calibration.calibrators.temperature import TemperatureFit as TemperatureFit
from onewarm.calibration.calibrators.temperature import fit_temperature as fit_temperature
from onewarm.calibration.intervals.estimate import Estimate as Estimate
from onewarm.calibration.intervals.estimate import estimate as estimate
from onewarm.calibration.metrics.scores import accuracy as accuracy
from onewarm.calibration.metrics.scores import aurc as aurc
from onewarm.calibration.metrics.scores import auroc as auroc
from onewarm.calibration.metrics.scores import brier as brier
from onewarm.calibration.metrics.scores import brier_reliability as brier_reliability
from onewarm.calibration.metrics.scores import brier_resolution as brier_resolution
from onewarm.calibration.metrics.scores import brier_uncertainty as brier_uncertainty
from onewarm.calibration.metrics.scores import classwise_ece as classwise_ece
from onewarm.calibration.metrics.scores import confidence_gap as confidence_gap
from onewarm.calibration.metrics.scores import coverage_at_risk as coverage_at_risk
from onewarm.calibration.metrics.scores import ece as ece
from onewarm.calibration.metrics.scores import ece_equal_mass as ece_equal_mass
from onewarm.calibration.metrics.scores import mce as mce
from onewarm.calibration.metrics.scores import mean_confidence as mean_confidence
from onewarm.calibration.metrics.scores import nll as nll
from onewarm.calibration.metrics.scores import overconfidence as overconfidence
from onewarm.calibration.metrics.scores import smooth_ece as smooth_ece
from onewarm.calibration.metrics.scores import squared_error as squared_error
from onewarm.calibration.metrics.scores import top_label_ece as top_label_ece
from onewarm.calibration.metrics.scores import underconfidence as underconfidence
from onewarm.calibration.plots.matplotlib_display import ReliabilityDisplay as ReliabilityDisplay
from onewarm.calibration.plots.reliability_data import ReliabilityData as ReliabilityData
from onewarm.calibration.plots.reliability_data import reliability as reliability
from onewarm.calibration.summary.summary import CalibrationSummary as CalibrationSummary

if TYPE_CHECKING:
    from onewarm.calibration.calibrators.sklearn import TemperatureScaling as TemperatureScaling
    from onewarm.calibration.calibrators.sklearn import TemperatureUnsmooth as TemperatureUnsmooth
    from onewarm.calibration.calibrators.sklearn import UnsmoothCalibrator as UnsmoothCalibrator


def __getattr__(name: str) -> Any:
    """The estimators: they need scikit-learn, which is loaded with the first of them."""
    if name in ("TemperatureScaling", "TemperatureUnsmooth", "UnsmoothCalibrator"):
        from onewarm.calibration.calibrators import sklearn as estimators

        return getattr(estimators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
