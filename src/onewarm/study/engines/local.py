"""The engine of one machine: this process, its threads, or joblib's worker processes."""

from __future__ import annotations

import os
import pickle
import signal
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path

from onewarm.errors import needs
from onewarm.study.engines.work import (
    Engine,
    Finished,
    Group,
    Tick,
    Work,
    WorkerError,
    one_torch_thread,
    pickled,
    train_group,
)
from onewarm.study.models.user_errors import first_line
from onewarm.study.store.store import StoredRun

with needs("onewarm.study", "study"):
    import joblib
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.backend import resource_tracker

MOST_WORKERS = 8
"""Unless a number is asked for: each worker process has a PyTorch of its own in memory."""

WATCH = 0.1
"""Seconds between a worker process's looks at whether the process that started it still runs."""

IDLE = 60
"""Seconds after which a worker process that has nothing to do ends; until then the next study finds it ready."""

PASSED_ON = 5
"""Most seconds to wait, before worker processes are killed, until all work has been passed on to them."""

LOSSES = 2
"""How often in a row worker processes may be lost with the groups that they train before the study gives up."""

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}


def local_engine(work: Work, workers: int | None) -> Engine:
    """This process for one worker; threads for a model that spends its time in PyTorch; else worker processes.

    By default there is a worker for each core, and one where the model is on a GPU.
    """
    if workers is None:
        on_cpu = str(getattr(work.model, "device", None) or "cpu") == "cpu"
        workers = min(MOST_WORKERS, int(joblib.cpu_count())) if on_cpu else 1
    if workers == 1:
        return Inline(work)
    return (Threads if getattr(work.model, "threads", False) else Processes)(work, workers)


class Inline:
    """Trains in this process and thread, one group at a time."""

    workers = 1

    def __init__(self, work: Work) -> None:
        self._work = work
        self._group: Group | None = None
        self._share = 0.0

    def start(self, group: Group) -> None:
        """Take a group; `wait` trains it."""
        self._group, self._share = group, 0.0

    def wait(self, tick: Tick, seconds: float) -> list[Finished]:
        """Train the group, however long it takes."""
        assert self._group is not None

        def progress(share: float) -> None:
            self._share = share
            tick()

        with one_torch_thread():
            finished = (self._group, train_group(self._work, self._group, progress))
        self._group = None
        return [finished]

    def in_training(self) -> float:
        """See `Engine`."""
        return 0.0 if self._group is None else self._share * len(self._group.runs)

    def close(self, failed: bool) -> None:
        """See `Engine`."""


class _Pool:
    """What threads and processes have in common."""

    def __init__(self, work: Work, workers: int) -> None:
        self.workers = workers
        self._work = work
        self._training: dict[Future[list[StoredRun]], Group] = {}

    def wait(self, tick: Tick, seconds: float) -> list[Finished]:
        """See `Engine`."""
        until = time.monotonic() + seconds
        done: set[Future[list[StoredRun]]] = set()
        while not done and time.monotonic() < until:
            done = wait(self._training, timeout=0.1, return_when=FIRST_COMPLETED).done
            tick()
        ended = [future for future in self._training if future in done]  # in the order in which they were started
        return self._take([(future, self._training.pop(future)) for future in ended])

    def in_training(self) -> float:
        """See `Engine`."""
        return sum(self._share(group) * len(group.runs) for group in self._training.values())

    def _take(self, done: list[tuple[Future[list[StoredRun]], Group]]) -> list[Finished]:
        return [(group, future.result()) for future, group in done]

    def _share(self, group: Group) -> float:
        raise NotImplementedError


class _Stopped(Exception):
    """Ends a group whose study was interrupted."""


class Threads(_Pool):
    """Trains in threads, for models that spend their time outside Python: no start, no copy of the data."""

    def __init__(self, work: Work, workers: int) -> None:
        super().__init__(work, workers)
        self._limit = ExitStack()
        self._limit.enter_context(one_torch_thread())
        self._pool: Executor = ThreadPoolExecutor(workers, "onewarm-study")
        self._stop = threading.Event()
        self._shares: dict[int, float] = {}

    def start(self, group: Group) -> None:
        """See `Engine`."""

        def progress(share: float) -> None:
            self._shares[group.number] = share
            if self._stop.is_set():
                raise _Stopped

        self._training[self._pool.submit(train_group, self._work, group, progress)] = group

    def close(self, failed: bool) -> None:
        """See `Engine`: the threads end at their next step."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
        self._limit.close()

    def _share(self, group: Group) -> float:
        return self._shares.get(group.number, 0.0)


class Processes(_Pool):
    """Trains in joblib's worker processes (loky), which are started once and reused by the studies that follow.

    The data and the model reach them in a file, which each reads once; their progress comes back in another.
    """

    def __init__(self, work: Work, workers: int) -> None:
        super().__init__(work, workers)
        self._losses = 0
        data = pickled(work)
        self._folder = tempfile.TemporaryDirectory(prefix="onewarm-study-", ignore_cleanup_errors=True)
        resource_tracker.register(self._folder.name, "folder")  # removed even where this process is killed
        try:
            (Path(self._folder.name) / WORK).write_bytes(data)
            (Path(self._folder.name) / SHARES).touch()
        except OSError as error:
            self.close(failed=False)
            raise WorkerError(
                f"the data cannot be written for the worker processes to {tempfile.gettempdir()} ({error.strerror}, "
                f"{len(data) >> 20} MiB): make room there, name another folder in $TMPDIR, or train here: --workers 1"
            ) from None

    def start(self, group: Group) -> None:
        """See `Engine`."""
        with ctrl_c_held():
            executor = get_reusable_executor(
                self.workers, timeout=IDLE, initializer=_begin_worker, initargs=(os.getpid(),), env=ONE_THREAD
            )
            self._training[executor.submit(_train_in_worker, self._folder.name, group)] = group

    def close(self, failed: bool) -> None:
        """See `Engine`: after a failure the processes are killed."""
        if failed and self._training:
            # loky's thread fails on work that was given up before it had passed it on (joblib 1.5)
            until = time.monotonic() + PASSED_ON
            while time.monotonic() < until and not all(f.running() or f.done() for f in self._training):
                time.sleep(0.001)
            get_reusable_executor(self.workers, kill_workers=True, reuse=True).shutdown(kill_workers=True)
        resource_tracker.unregister(self._folder.name, "folder")
        self._folder.cleanup()

    def _take(self, done: list[tuple[Future[list[StoredRun]], Group]]) -> list[Finished]:
        finished: list[Finished] = []
        lost: list[Group] = []
        for future, group in done:
            try:
                finished.append((group, future.result()))
            except BrokenExecutor as error:  # a worker process was killed, and with it the groups of the others
                lost.append(group)
                reason = first_line(error)
        self._losses = self._losses + 1 if lost else 0 if finished else self._losses
        if self._losses > LOSSES:
            raise WorkerError(
                f"worker processes end before they have trained their runs ({reason}); where memory is short, fewer "
                "take less: --workers 1"
            )
        for group in lost:
            self.start(group)
        return finished

    def _share(self, group: Group) -> float:
        with open(Path(self._folder.name) / SHARES, "rb") as file:
            file.seek(group.number * SHARE.size)
            written = file.read(SHARE.size)
        return float(SHARE.unpack(written)[0]) if len(written) == SHARE.size else 0.0


WORK, SHARES, SHARE = "work", "shares", struct.Struct("<d")


def _train_in_worker(folder: str, group: Group) -> list[StoredRun]:
    """`train_group` in a worker process, which writes its share at the group's place."""
    with open(Path(folder) / SHARES, "r+b", buffering=0) as file:

        def progress(share: float) -> None:
            file.seek(group.number * SHARE.size)
            file.write(SHARE.pack(share))

        with one_torch_thread():
            return train_group(_read_work(folder), group, progress)


@lru_cache(1)
def _read_work(folder: str) -> Work:
    work: Work = pickle.loads((Path(folder) / WORK).read_bytes())
    return work


@contextmanager
def ctrl_c_held() -> Iterator[None]:
    """Keep Ctrl-C from processes that start meanwhile, until they take it up again.

    A terminal sends it to all processes of a command, and one that is still importing would end with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    ensure_running()  # the standard library's tracker, which loky starts: it lets signals through (Python 3.11)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker(parent: int) -> None:
    """Leave Ctrl-C to the process that started this one, and end when that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if os.name == "posix":
        threading.Thread(target=_end_with, args=(parent,), name="onewarm-watch", daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)
