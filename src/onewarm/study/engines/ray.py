"""The engine of a Ray cluster: the one this process is connected to, the one that RAY_ADDRESS names, or a local one."""

from __future__ import annotations

import logging
import os
import pickle
import time
from typing import Any

from onewarm.errors import MissingExtraError
from onewarm.study.engines.work import (
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


class Cluster:
    """Trains groups as tasks of one core each; the results come back to this process, which saves them.

    Args:
        work: the study's data and models; sent to the cluster once.
        workers: how many groups at a time; by default, as many as the cluster has cores.
    """

    def __init__(self, work: Work, workers: int | None) -> None:
        try:
            import ray
        except ImportError:
            raise MissingExtraError("--engine ray needs Ray: pip install 'onewarm[ray]'") from None
        self._ray = ray
        if not ray.is_initialized():
            # A cluster that is named has cores of its own.
            local = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers, "include_dashboard": False}
            try:
                ray.init(logging_level=logging.ERROR, log_to_driver=False, **local)  # type: ignore[arg-type]
            except Exception as error:  # Ray raises plain ones where a node does not start
                raise WorkerError(f"Ray does not start: {first_line(error)}") from error
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        self.workers = workers or max(1, int(resources.get("CPU", 1)))
        self._train = ray.remote(num_cpus=1, max_retries=3)(_train_pickled)
        self._work = ray.put(pickled(work))
        self._training: dict[Any, Group] = {}

    def start(self, group: Group) -> None:
        """See `Engine`."""
        self._training[self._train.remote(self._work, group)] = group

    def wait(self, tick: Tick, seconds: float) -> list[Finished]:
        """See `Engine`."""
        until = time.monotonic() + seconds
        done: list[Any] = []
        while not done and time.monotonic() < until:
            done, _ = self._ray.wait(list(self._training), timeout=0.1)
            tick()
        finished = []
        for task in done:
            group = self._training.pop(task)
            try:
                finished.append((group, self._ray.get(task)))
            except self._ray.exceptions.RayTaskError as error:
                raise error.cause from None  # what the model raised
            except self._ray.exceptions.RayError as error:
                raise WorkerError(f"the Ray cluster lost a group of runs ({first_line(error)}); run again") from None
        return finished

    def in_training(self) -> float:
        """See `Engine`: what tasks have done so far is not known here."""
        return 0.0

    def close(self, failed: bool) -> None:
        """See `Engine`."""
        for task in self._training:
            self._ray.cancel(task, force=True)


def _train_pickled(work: bytes, group: Group) -> list[StoredRun]:
    """`train_group` in a worker of the cluster."""
    with one_torch_thread():
        return train_group(pickle.loads(work), group)
