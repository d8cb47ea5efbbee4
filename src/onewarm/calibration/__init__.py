"""How far a classifier's confidence can be believed: what one pass keeps, numbers from it, a temperature."""

from onewarm.calibration.calibrators import TemperatureError as TemperatureError
from onewarm.calibration.calibrators import TemperatureFit as TemperatureFit
from onewarm.calibration.calibrators import fit_temperature as fit_temperature
from onewarm.calibration.diagram import ReliabilityData as ReliabilityData
from onewarm.calibration.diagram import reliability as reliability
from onewarm.calibration.display import ReliabilityDisplay as ReliabilityDisplay
from onewarm.calibration.metrics import accuracy as accuracy
from onewarm.calibration.metrics import brier as brier
from onewarm.calibration.metrics import confidence_gap as confidence_gap
from onewarm.calibration.metrics import ece as ece
from onewarm.calibration.metrics import mean_confidence as mean_confidence
from onewarm.calibration.metrics import nll as nll
from onewarm.calibration.summary import CalibrationSummary as CalibrationSummary
from onewarm.calibration.intervals import Estimate as Estimate
from onewarm.calibration.intervals import estimate as estimate
