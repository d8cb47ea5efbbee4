"""What determines a run: the key under which runs are stored, and the versions that made them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform

from onewarm.study.data.datasets import Dataset
from onewarm.study.models.model import Model

CODE_FORMAT = 5
"""Part of the key of stored runs. Raise it when a change of the code changes the results of a run beyond rounding.

`tests/study/engines/test_keys.py` trains a small study and fails when its numbers change without that.
"""


def study_key(data: Dataset, model: Model) -> str:
    """SHA-256 of everything that determines a run except its arm and seed: data, model and `CODE_FORMAT`."""
    parts = [CODE_FORMAT, data.content, model.describe()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that affect a run's numbers."""
    names = ("onewarm", "torch", "numpy", "scikit-learn")
    return {"python": platform.python_version()} | {n: importlib.metadata.version(n) for n in names}
