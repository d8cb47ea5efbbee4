"""``onewarm open``: the main job, in another process, as a person runs it."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest


@pytest.mark.long
def test_open_runs_the_main_job_twice(tmp_path):
    """The whole of it in another process: study, claims, page, server; then once more from the store."""
    command = [
        sys.executable,
        "-m",
        "onewarm",
        "open",
        "--no-browser",
        "--port",
        "0",
        "--home",
        str(tmp_path / "a home"),
    ]
    trained = []
    for _ in range(2):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                if found := re.search(r"Serving (http://127\.0\.0\.1:\d+/)", line):
                    break
            else:
                pytest.fail("".join(lines))
            page = urllib.request.urlopen(found[1] + "concept/optimization/label-smoothing/").read().decode()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
            process.stdout.close()
        assert page.count("identity holds") >= 7
        assert "no witness" not in page
        trained.append(sum(line.startswith("study of") for line in lines))
    assert trained[1] < trained[0]


def test_a_taken_port_is_named(tmp_path):
    from onewarm.notebook.site import server

    Path(tmp_path, "index.html").write_text("x")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(server.PortTakenError, match=str(port)):
            server.serve(tmp_path, port=port, open_browser=False)
