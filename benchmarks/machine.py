"""The machine of a run, as one line and as a dictionary."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine() -> dict[str, str | int]:
    """Processor, cores that this process may use, and versions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "processor": _processor(),
        "cores": cores,
        "system": platform.system(),
        "python": platform.python_version(),
        **{package: version(package) for package in ("onewarm", "numpy", "numba", "torch")},
    }


def line(facts: dict[str, str | int]) -> str:
    """The same as one line of text."""
    versions = ", ".join(f"{name} {facts[name]}" for name in ("python", "onewarm", "numpy", "numba", "torch"))
    return f"{facts['processor']}, {facts['cores']} cores, {facts['system']}; {versions}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for entry in info.read_text(errors="replace").splitlines():
            if entry.startswith("model name"):
                return entry.partition(":")[2].strip()
    return platform.processor() or platform.machine()
