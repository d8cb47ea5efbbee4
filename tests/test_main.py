"""The door to the command line."""

import subprocess
import sys

import onewarm


def test_python_m_onewarm():
    out = subprocess.check_output([sys.executable, "-m", "onewarm", "--version"], text=True)
    assert out.strip() == onewarm.__version__


def test_a_core_installation_says_what_the_command_line_needs():
    code = "import sys; sys.modules['typer'] = None; from onewarm.__main__ import main; main()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.strip() == "onewarm: the command line needs typer: pip install 'onewarm[all]'"
