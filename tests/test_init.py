"""What `import onewarm` gives, and what it leaves until it is asked for."""

import json
import subprocess
import sys

import pytest

import onewarm


def run(program: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_import_is_light() -> None:
    program = """
import sys, json, onewarm
heavy = ("torch", "numba", "sklearn", "jax", "matplotlib", "onewarm.torch", "onewarm.calibration", "onewarm.widgets")
print(json.dumps([name for name in heavy if name in sys.modules]))
"""
    assert json.loads(run(program)) == []


def test_the_faces_are_attributes_without_an_import() -> None:
    program = """
import onewarm
print(onewarm.torch.CrossEntropyLoss.__name__, onewarm.calibration.ece.__name__, onewarm.widgets.LogitLab.__name__)
"""
    assert run(program).split() == ["CrossEntropyLoss", "ece", "LogitLab"]


def test_names_are_listed_and_others_refused() -> None:
    assert {"torch", "calibration", "widgets", "smooth", "__version__"} <= set(dir(onewarm))
    with pytest.raises(AttributeError, match="module 'onewarm' has no attribute 'tensorflow'"):
        _ = onewarm.tensorflow
    assert all(callable(getattr(onewarm, name)) for name in onewarm.__all__)
