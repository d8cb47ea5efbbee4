"""The demos of the notebook as widgets, for Jupyter, marimo and every other host of anywidget.

>>> import numpy as np, onewarm as ow
>>> from onewarm.widgets import LogitLab
>>> lab = LogitLab(np.array([3.0, 1.0, -0.5, -1.0]), ow.smooth(np.array([0]), 0.1, num_classes=4))
>>> round(lab.loss, 4)
0.4063

Needs the extra `widgets`: pip install 'onewarm[widgets]'.
"""

from onewarm.errors import needs

with needs("onewarm.widgets", "widgets"):
    import anywidget as _anywidget  # noqa: F401  # imported here to report a missing package with its remedy
    import yaml as _yaml  # noqa: F401

from onewarm.widgets.demo import DemoWidget
from onewarm.widgets.labs import CalibrationLab, CrossEntropyLab, DistillationLab, ReliabilityLab, TemperatureLab
from onewarm.widgets.logits import LogitLab

__all__ = [
    "CalibrationLab",
    "CrossEntropyLab",
    "DemoWidget",
    "DistillationLab",
    "LogitLab",
    "ReliabilityLab",
    "TemperatureLab",
]
