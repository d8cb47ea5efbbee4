"""Calibrators: ``x.py`` fits one with NumPy alone, ``x_estimator.py`` is the scikit-learn estimator of it.

A new estimator needs its file and a line in ``ESTIMATORS`` and below it, and is then public.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

ESTIMATORS = {
    "TemperatureScaling": "temperature_estimator",
    "TemperatureUnsmooth": "temperature_unsmooth_estimator",
    "UnsmoothCalibrator": "unsmooth_estimator",
}
"""Public names, and the files that are loaded, with scikit-learn, when one of them is first used."""

if TYPE_CHECKING:
    from onewarm.calibration.calibrators.temperature_estimator import TemperatureScaling as TemperatureScaling
    from onewarm.calibration.calibrators.temperature_unsmooth_estimator import (
        TemperatureUnsmooth as TemperatureUnsmooth,
    )
    from onewarm.calibration.calibrators.unsmooth_estimator import UnsmoothCalibrator as UnsmoothCalibrator


def __getattr__(name: str) -> Any:
    if name in ESTIMATORS:
        return getattr(import_module(f"onewarm.calibration.calibrators.{ESTIMATORS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
