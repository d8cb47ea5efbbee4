"""How far a classifier's confidence can be believed: what one pass keeps, numbers from it, calibration maps."""

from typing import TYPE_CHECKING, Any

from onewarm.calibration.calibrators import TemperatureError as TemperatureError
from onewarm.calibration.calibrators import TemperatureFit as TemperatureFit
from onewarm.calibration.calibrators import fit_temperature as fit_temperature
from onewarm.calibration.diagram import ReliabilityData as ReliabilityData
from onewarm.calibration.diagram import reliability as reliability
from onewarm.calibration.display import ReliabilityDisplay as ReliabilityDisplay
from onewarm.calibration.intervals import Estimate as Estimate
from onewarm.calibration.intervals import estimate as estimate
from onewarm.calibration.metrics import accuracy as accuracy
from onewarm.calibration.metrics import aurc as aurc
from onewarm.calibration.metrics import auroc as auroc
from onewarm.calibration.metrics import brier as brier
from onewarm.calibration.metrics import brier_reliability as brier_reliability
from onewarm.calibration.metrics import brier_resolution as brier_resolution
from onewarm.calibration.metrics import brier_uncertainty as brier_uncertainty
from onewarm.calibration.metrics import classwise_ece as classwise_ece
from onewarm.calibration.metrics import confidence_gap as confidence_gap
from onewarm.calibration.metrics import coverage_at_risk as coverage_at_risk
from onewarm.calibration.metrics import ece as ece
from onewarm.calibration.metrics import ece_equal_mass as ece_equal_mass
from onewarm.calibration.metrics import mce as mce
from onewarm.calibration.metrics import mean_confidence as mean_confidence
from onewarm.calibration.metrics import nll as nll
from onewarm.calibration.metrics import overconfidence as overconfidence
from onewarm.calibration.metrics import smooth_ece as smooth_ece
from onewarm.calibration.metrics import squared_error as squared_error
from onewarm.calibration.metrics import top_label_ece as top_label_ece
from onewarm.calibration.metrics import underconfidence as underconfidence
from onewarm.calibration.summary import CalibrationSummary as CalibrationSummary

if TYPE_CHECKING:
    from onewarm.calibration.estimators import TemperatureScaling as TemperatureScaling
    from onewarm.calibration.estimators import TemperatureUnsmooth as TemperatureUnsmooth
    from onewarm.calibration.estimators import UnsmoothCalibrator as UnsmoothCalibrator


def __getattr__(name: str) -> Any:
    """The estimators: they need scikit-learn, which is loaded with the first of them."""
    if name in ("TemperatureScaling", "TemperatureUnsmooth", "UnsmoothCalibrator"):
        from onewarm.calibration import estimators

        return getattr(estimators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
