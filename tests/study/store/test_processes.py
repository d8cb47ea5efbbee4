import os
import subprocess
import sys
import time

import pytest

from onewarm.study.store.processes import process_start, this_host


def test_this_process_runs_and_keeps_its_start():
    assert process_start(os.getpid()) == process_start(os.getpid()) is not None
    assert this_host() == this_host() and 0 < len(this_host()) <= 200


def test_a_process_that_ended_does_not_run_even_before_its_parent_notices():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process_start(child.pid) not in (None, process_start(os.getpid()))
    child.kill()
    while process_start(child.pid) is not None:  # a zombie once the signal has arrived
        time.sleep(0.01)
    child.communicate()
    assert child.returncode == -9 and process_start(child.pid) is None


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="this system has no /proc: ps is what is used")
def test_without_proc_ps_tells(monkeypatch):
    monkeypatch.setattr("pathlib.Path.exists", lambda path: False)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = process_start(child.pid)
    assert (
        start is not None and len(start.split()) == 5 and process_start(child.pid) == start
    )  # Sat Nov 28 17:00:00 2026
    child.kill()
    child.communicate()
    assert process_start(child.pid) is None
