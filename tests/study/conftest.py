"""A small task and a short training: studies in a second. Stores of both kinds, PostgreSQL on a real server."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
import torch

from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.study.comparison.design import Design
from onewarm.study.comparison.results import Results
from onewarm.study.data.datasets import Dataset
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.training import Training
from onewarm.study.scoring import METRICS, Scores
from onewarm.study.store.store import StoredRun


def make_tiny(sizes=(60, 40, 50), classes=3, features=5):
    """Overlapping Gaussians in a few dimensions; `content` names the shape."""
    means = np.random.default_rng(0).standard_normal((classes, features))

    def sample(seed):
        rng = np.random.default_rng([9, seed])
        parts = []
        for n in sizes:
            y = np.arange(n) % classes
            parts.append(Rows((means[y] + rng.standard_normal((n, features))).astype(np.float32), y))
        return Split(*parts)

    names = tuple("abcdefghij"[:classes])
    return Dataset("tiny", "Tiny", "made up", names, sizes, f"tiny {sizes} {classes} {features}", sample)


@pytest.fixture
def tiny():
    return make_tiny()


@pytest.fixture
def short():
    return Training(hidden=32, batch=25, steps=60, learning_rate=3e-3, check_every=5)


@pytest.fixture(autouse=True)
def one_torch_thread():
    """As a study trains; on busy cores PyTorch's threads would wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Server:
    """Debian's PostgreSQL in a folder of its own, on a free port of this machine alone."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries, self.folder = binaries, folder
        # PostgreSQL refuses to run as root.
        self.user = next(name for name in ("postgres", "nobody") if _user_exists(name)) if os.geteuid() == 0 else None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if self.user:
            shutil.chown(folder, self.user)
        self._run("initdb", "-D", "data", "-U", "onewarm", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        self.start()

    def _run(self, program, *arguments):
        command = [self.binaries / program, *arguments]
        subprocess.run(command, cwd=self.folder, user=self.user, env={}, capture_output=True, check=True)

    def start(self):
        """Start it, and wait until it answers."""
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", settings, "start")

    def stop(self):
        """End it at once, and all its connections, by its process id."""
        process = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGINT)  # its fast shutdown
        while (self.folder / "data" / "postmaster.pid").exists():
            time.sleep(0.05)

    def url(self):
        """The URL of a new database."""
        name = f"s{uuid.uuid4().hex}"
        admin = sa.create_engine(f"postgresql+psycopg://onewarm@127.0.0.1:{self.port}/postgres")
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(sa.text(f"CREATE DATABASE {name}"))
        admin.dispose()
        return f"postgresql://onewarm@127.0.0.1:{self.port}/{name}"


def _user_exists(name):
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


@pytest.fixture(scope="session")
def postgresql():
    """A running server; tests that ask for it skip where Debian's package is not installed."""
    pytest.importorskip("psycopg", reason="Psycopg is not installed")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL on this machine: its tests need Debian's package of that name")
    with tempfile.TemporaryDirectory(prefix="onewarm-postgresql-") as folder:  # short: a socket's path has 107 letters
        server = Server(found[-1].parent, Path(folder))
        yield server
        server.stop()


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'deep' / 'studies.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """The URL of a new store: what is tested with it holds for both kinds."""
    return (
        request.getfixturevalue("postgresql").url()
        if request.param == "postgresql"
        else request.getfixturevalue("sqlite_url")
    )


def results_of(stopped, end=None, *, without=None, sampling="fresh", sizes=(60, 20, 100)):
    """A study of given numbers: `stopped` and `end` have each arm's values by metric, one for each seed.

    `without` has by arm and metric, for each seed, the values without each group of test rows.
    """
    summary = CalibrationSummary().update(np.array([[0.6, 0.4], [0.3, 0.7]]), np.array([0, 1]))

    def scores(values, seed, groups=None):
        metrics = {m: values[m][seed] if m in values else None for m in METRICS}
        return Scores(metrics, summary, summary, None, groups)

    seeds = range(len(next(iter(next(iter(stopped.values())).values()))))
    runs = {}
    for arm, values in stopped.items():
        for s in seeds:
            groups = {m: v[s] for m, v in without[arm].items()} if without else None
            ended = scores(end[arm], s) if end and arm in end else None
            runs[arm, s] = StoredRun(arm, s, scores(values, s, groups), 0.1, {}, end=ended)
    return Results(runs, list(stopped), list(seeds), Design(sampling, sizes))


@pytest.fixture(scope="session")
def study_of():
    """`results_of`."""
    return results_of
