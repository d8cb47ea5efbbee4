"""`onewarm warm` prints what was done; also where the command line is not installed."""

import subprocess
import sys
from pathlib import Path

import onewarm.warm
from onewarm.errors import InputError
from onewarm.warm import Warmed


def test_it_says_where_and_how_long(run, monkeypatch):
    def warm(progress):
        progress(46, 46)
        return Warmed(46, Path("/some/[folder]"), 12.3)

    monkeypatch.setattr(onewarm.warm, "warm", warm)
    result = run("warm")
    assert result.exit_code == 0
    assert result.output.splitlines() == ["compiling: 46/46", "46 functions are in /some/[folder] (12 s)."]


def test_without_a_folder_one_sentence(run, monkeypatch):
    def warm(progress):
        raise InputError("compiled code cannot be kept in /a: set NUMBA_CACHE_DIR to a folder to write to")

    monkeypatch.setattr(onewarm.warm, "warm", warm)
    assert run("warm").exit_code == 2


def test_a_core_installation_can_do_it():
    code = (
        "import sys; sys.modules['typer'] = None; sys.argv = ['onewarm', 'warm']; import onewarm.warm as w\n"
        "from pathlib import Path; w.warm = lambda: w.Warmed(46, Path('here'), 1.0)\n"
        "from onewarm.__main__ import main; main()"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert out.strip() == "46 functions are in here (1 s)."
