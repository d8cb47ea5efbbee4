"""Metrics of a ``CalibrationSummary``. Every function in ``__all__`` of its file is public, here and one room up."""
# ruff: noqa: F403

from onewarm.calibration.metrics.brier_decomposition import *
from onewarm.calibration.metrics.calibration_error import *
from onewarm.calibration.metrics.ranking import *
from onewarm.calibration.metrics.scores import *
