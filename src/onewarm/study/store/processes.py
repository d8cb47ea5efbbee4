"""Whether the process that made a claim still runs."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path


@cache
def this_host() -> str:
    """A name for the machine, since its last start, in which process numbers mean the same; in a container, its own."""
    parts = [socket.gethostname()]
    with suppress(OSError):  # not Linux
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text().strip(), os.readlink("/proc/self/ns/pid")]
    return " ".join(parts)[:200]


def process_start(process: int) -> str | None:
    """When the process with this number started, in the system's own words; None where no such process runs.

    A process that has ended but that its parent has not yet noticed (a zombie) does not run. Where the system does
    not tell (Windows), every process counts as running: claims of dead ones then expire.

    >>> process_start(os.getpid()) == process_start(os.getpid()) != None
    True
    """
    if os.name == "nt":
        return "unknown"
    if Path("/proc/self/stat").exists():
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]  # ticks since the machine started
    found = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(process)], capture_output=True, text=True)
    state, _, start = found.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else start.strip()
