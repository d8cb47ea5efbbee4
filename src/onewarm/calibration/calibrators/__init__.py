"""Calibrators: ``x.py`` fits a map with NumPy alone (isotonic: with scikit-learn), ``estimators/`` are scikit-learn's.

A new method needs its file and an entry in ``methods.METHODS``; a new estimator its class and a line in ``ESTIMATORS``
and below it. Both are then public.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

ESTIMATORS = {
    "BetaCalibration": "maps",
    "InterceptCalibration": "maps",
    "IsotonicCalibration": "maps",
    "PlattScaling": "maps",
    "ProbabilityCalibrator": "probability_calibrator",
    "TemperatureScaling": "temperature",
    "TemperatureUnsmooth": "temperature_unsmooth",
    "UnsmoothCalibrator": "unsmooth",
    "VectorScaling": "maps",
}
"""Public names, and the files of ``estimators`` that are loaded, with scikit-learn, when one is first used."""

if TYPE_CHECKING:
    from onewarm.calibration.calibrators.estimators.maps import BetaCalibration as BetaCalibration
    from onewarm.calibration.calibrators.estimators.maps import InterceptCalibration as InterceptCalibration
    from onewarm.calibration.calibrators.estimators.maps import IsotonicCalibration as IsotonicCalibration
    from onewarm.calibration.calibrators.estimators.maps import PlattScaling as PlattScaling
    from onewarm.calibration.calibrators.estimators.maps import VectorScaling as VectorScaling
    from onewarm.calibration.calibrators.estimators.probability_calibrator import (
        ProbabilityCalibrator as ProbabilityCalibrator,
    )
    from onewarm.calibration.calibrators.estimators.temperature import TemperatureScaling as TemperatureScaling
    from onewarm.calibration.calibrators.estimators.temperature_unsmooth import (
        TemperatureUnsmooth as TemperatureUnsmooth,
    )
    from onewarm.calibration.calibrators.estimators.unsmooth import UnsmoothCalibrator as UnsmoothCalibrator


def __getattr__(name: str) -> Any:
    if name in ESTIMATORS:
        return getattr(import_module(f"onewarm.calibration.calibrators.estimators.{ESTIMATORS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
