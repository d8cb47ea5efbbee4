"""Would smoothing help your data? Paired training runs of target recipes: data, arms, models, store, comparison.

The public names are loaded when they are first used, so that importing this package does not import PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onewarm.study.data.datasets import Dataset
    from onewarm.study.data.load import load
    from onewarm.study.report.report import StudyReport
    from onewarm.study.study import Study, run

__all__ = ["Dataset", "Study", "StudyReport", "load", "run"]

_WHERE = {
    "Dataset": "data.datasets",
    "Study": "study",
    "StudyReport": "report.report",
    "load": "data.load",
    "run": "study",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"onewarm.study.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'onewarm.study' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
