"""The public names of studies are there, and importing the package is quick."""

import subprocess
import sys

import pytest

import onewarm.study


def test_importing_the_package_imports_no_pytorch():
    code = "import onewarm.study, sys; assert 'torch' not in sys.modules; print(onewarm.study.run, onewarm.study.Study)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "function run" in done.stdout


def test_the_names_are_listed_and_others_are_not_there():
    assert {"run", "Study", "StudyReport", "Dataset", "load"} <= set(dir(onewarm.study))
    with pytest.raises(AttributeError, match=r"^module 'onewarm.study' has no attribute 'runs'$"):
        _ = onewarm.study.runs
