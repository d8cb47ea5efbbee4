import errno
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arms
from onewarm.study.engines import groups, local
from onewarm.study.engines.driver import train_missing
from onewarm.study.engines.local import Inline, Processes, Threads, ctrl_c_held, local_engine
from onewarm.study.engines.work import Group, Work, WorkerError
from onewarm.study.models.model import Outputs, Run, Trained
from onewarm.study.models.training import Perceptrons
from onewarm.study.store.processes import process_start
from onewarm.study.store.store import Store

ARMS = parse_arms("hard,smooth:0.1,teacher:2")


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    monkeypatch.setattr(groups, "GROUP", 6)


class Priors:
    """Predicts the training labels' frequencies; `before` is called with the seeds first: a lambda in these tests."""

    name = "priors"

    def __init__(self, before):
        self.before = before

    def train(self, runs, splits, num_classes, progress=None):
        self.before(sorted(splits))
        trained = []
        for i, run in enumerate(runs):
            split = splits[run.seed]
            z = np.log(np.bincount(split.train.y, minlength=num_classes) / len(split.train))
            parts = (split.train, split.validation, split.test)
            trained.append(Trained(Outputs(*(np.tile(z, (len(rows), 1)) for rows in parts))))
            progress((i + 1) / len(runs))
        return trained


def train(data, model, seeds=4, **options):
    """What a study stores of these runs, each as bytes, and its progress."""
    store, seen = Store("sqlite://"), []
    study = store.study("key", {})
    trained = train_missing(data, ARMS, range(seeds), model, store, study, progress=seen.append, **options)
    runs = store.load(study, [arm.name for arm in ARMS], list(range(seeds)))
    assert trained == len(runs) == len(ARMS) * seeds
    store.close()
    return {key: run.stopped.to_bytes() for key, run in runs.items()}, seen


def test_which_engine(tiny, short):
    stack, other = Perceptrons(short), Priors(print)
    assert isinstance(local_engine(Work(tiny, stack), 1), Inline)
    for model, kind in ((stack, Threads), (other, Processes)):
        pool = local_engine(Work(tiny, model), 2)
        assert isinstance(pool, kind) and pool.workers == 2
        pool.close(failed=False)
    other.device = "cuda:0"
    assert isinstance(local_engine(Work(tiny, other), None), Inline)


def test_the_same_bytes_wherever_runs_are_trained(tiny, short):
    """In this process, in threads and in worker processes; the data set and the model are closures."""

    class Apart(Perceptrons):
        threads = False

    here, seen = train(tiny, Perceptrons(short), workers=1)
    assert here == train(tiny, Perceptrons(short), workers=2)[0]
    there, seen_there = train(tiny, Apart(short), workers=2)
    assert here == there
    for progress in (seen, seen_there):
        done = [p.done for p in progress]
        assert done == sorted(done) and done[-1] == 12 and any(d % 1 for d in done)


def test_worker_processes_are_started_once(tiny, tmp_path):
    def note(seeds):
        (tmp_path / str(os.getpid())).touch()

    for _ in range(3):
        train(tiny, Priors(note), workers=2)
    found = {int(path.name) for path in tmp_path.iterdir()}
    assert os.getpid() not in found and 1 <= len(found) <= 2


def test_an_error_of_the_model_is_the_callers(tiny):
    def refuse(seeds):
        raise InputError(f"no seed {seeds[0]}")

    with pytest.raises(InputError, match=r"^no seed [02]$"):  # of the worker that is there first
        train(tiny, Priors(refuse), workers=2)


def test_work_that_was_just_handed_out_can_be_given_up(tiny):
    """No thread of the pool fails (pytest makes an error of that), however lately it was woken."""
    handed = [Group(number, (Run(ARMS[0], number),)) for number in range(3)]
    for _ in range(2):
        pool = Processes(Work(tiny, Priors(lambda seeds: time.sleep(seeds[0]))), 2)  # the first is ready at once
        pool.start(handed[0])
        pool.start(handed[1])
        while not pool.wait(lambda: None, 1):
            pass
        pool.start(handed[2])
        pool.close(failed=True)


def test_runs_of_a_worker_that_is_killed_are_trained_again(tiny, tmp_path):
    def die_once(seeds):
        if not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os.kill(os.getpid(), 9)

    train(tiny, Priors(die_once), workers=2)
    assert (tmp_path / "died").exists()


@pytest.fixture
def ctrl_c():
    """Ctrl-C is KeyboardInterrupt, also where the tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a signal goes to one process")
def test_ctrl_c_is_kept_from_processes_that_start_and_not_lost(ctrl_c):
    """Workers that were still importing printed tracebacks when Ctrl-C in a terminal reached them too."""
    says = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    with ctrl_c_held():
        said = subprocess.run([sys.executable, "-c", says], capture_output=True, text=True, check=True).stdout
    assert said == "True\n" and signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])

    def interrupted():
        with ctrl_c_held():
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupted()


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the masks of processes are in /proc on Linux")
def test_workers_begin_without_ctrl_c(tiny, monkeypatch):
    """loky starts the standard library's resource tracker, which lets signals through again."""
    monkeypatch.setattr(local, "IDLE", 61)  # other options: new workers
    pool = Processes(Work(tiny, Priors(len)), 2)
    pool.start(Group(0, (Run(ARMS[0], 0),)))
    workers = list(local.get_reusable_executor(2, reuse=True)._processes)
    lines = [Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines() for pid in workers]
    status = [dict(line.split(":\t") for line in of if ":\t" in line) for of in lines]
    bit = 1 << (signal.SIGINT - 1)
    assert len(workers) == 2 and all((int(s["SigBlk"], 16) | int(s["SigIgn"], 16)) & bit for s in status)
    while not pool.wait(lambda: None, 1):
        pass
    pool.close(failed=False)


@pytest.mark.long
def test_workers_that_always_end_end_the_study(tiny):
    with pytest.raises(
        WorkerError, match=r"^worker processes end before they have trained their runs \(.*\); where mem"
    ):
        train(tiny, Priors(lambda seeds: os.kill(os.getpid(), 9)), workers=2)


CHILD = """
import os, sys, time
sys.path[:0] = sys.argv[1:]
from conftest import make_tiny
from test_local import Priors, train

def wait(seeds):
    print(os.getpid(), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    train(make_tiny(), Priors(wait), workers=2)
"""


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="elsewhere idle workers end after a minute")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_no_worker_outlives_the_study(name):
    """Those of a driver that was killed would train on."""
    here = Path(__file__).parent
    command = [sys.executable, "-c", CHILD, str(here), str(here.parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        workers = [int(child.stdout.readline()) for _ in range(2)]
        assert all(map(process_start, workers)) and child.pid not in workers
        child.send_signal(getattr(signal, name))
    until = time.monotonic() + 60
    while any(map(process_start, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(process_start, workers))


def test_data_that_cannot_be_written_for_the_workers(tiny, tmp_path, monkeypatch):
    """A full temporary folder ended a study with "[Errno 28] No space left on device"."""

    def full(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(Path, "write_bytes", full)
    error = f"the data cannot be written for the worker processes to {tmp_path} (No space left on device, 0 MiB): make"
    with pytest.raises(WorkerError, match="^" + re.escape(error)):
        Processes(Work(tiny, Priors(len)), 2)
    assert not list(tmp_path.iterdir())
