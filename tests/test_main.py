"""The door to the command line."""

import subprocess
import sys

import pytest

import onewarm


def test_python_m_onewarm():
    out = subprocess.check_output([sys.executable, "-m", "onewarm", "--version"], text=True)
    assert out.strip() == onewarm.__version__


def test_a_core_installation_says_what_the_command_line_needs():
    code = "import sys; sys.modules['typer'] = None; from onewarm.__main__ import main; main()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.strip() == "onewarm: the command line needs typer: pip install 'onewarm[all]'"


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["audit", "p.csv"], "audit"), (["study", "digits"], "study"), (["open"], "study,notebook"),
        (["build", "--help"], "notebook"), (["--version"], "all"), ([], "all"),
    ],
)  # fmt: skip
def test_a_command_names_the_extra_that_it_needs(arguments, extra):
    code = "import sys; sys.modules['rich'] = None; from onewarm.__main__ import main; main()"
    run = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.strip() == f"onewarm: the command line needs rich: pip install 'onewarm[{extra}]'"


def test_a_command_without_its_package_says_so_in_a_sentence(tmp_path):
    (tmp_path / "p.csv").write_text("label,prob_0,prob_1\n0,0.5,0.5\n")
    code = "import sys; sys.modules['pyarrow'] = None; from onewarm.__main__ import main; main()"
    command = [sys.executable, "-c", code, "audit", str(tmp_path / "p.csv")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.strip() == "error: onewarm.tables needs pyarrow: pip install 'onewarm[audit]'"
