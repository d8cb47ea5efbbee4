"""What the tests of several ranks share: the module that the processes run, their results, a group of one rank."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch.distributed as dist

RANKS = Path(__file__).with_name("ranks.py")


@pytest.fixture(scope="session")
def ranks() -> ModuleType:
    """The module ranks.py, in this process."""
    specification = importlib.util.spec_from_file_location("ranks", RANKS)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def processes() -> Callable[..., dict[str, list[Any]]]:
    """Runs jobs, ``WORK:RANKS``: what each rank of each returned, or None where it did not."""

    def run(folder: Path, *jobs: str) -> dict[str, list[Any]]:
        import torch

        subprocess.run([sys.executable, "-P", str(RANKS), str(folder), *jobs], check=True, timeout=200)
        results = {}
        for job in jobs:
            work, count = job.split(":")
            files = [folder / job / f"{rank}.pt" for rank in range(int(count))]
            results[work] = [torch.load(file, weights_only=False) if file.exists() else None for file in files]
        return results

    return run


@pytest.fixture(scope="session")
def results(
    processes: Callable[..., dict[str, list[Any]]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Any]]:
    """The results of all jobs with several ranks, made in one start of Python."""
    return processes(tmp_path_factory.mktemp("ranks"), "by_two:2", "agreement:4", "a_rank_dies:2", "a_rank_sleeps:2")


@pytest.fixture
def two(results: dict[str, list[Any]]) -> Callable[[str], list[Any]]:
    """The result of one of the functions in ``by_two`` on each of the two ranks."""
    return lambda name: [of_rank[name] for of_rank in results["by_two"]]


@pytest.fixture
def alone(tmp_path: Path, ranks: ModuleType) -> Iterator[None]:
    """A group of this process only."""
    ranks.join_group(0, 1, f"file://{tmp_path}/store")
    yield
    dist.destroy_process_group()
