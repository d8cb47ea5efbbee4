"""Two processes that share a study, one of which is killed at random moments and started again.

Run as `python kills.py URL LOG KILLS ENGINE SEEDS`; ENGINE is inline or processes. The two are forks of this one, so
that one that is started again works at once. Prints, as JSON, how many were killed; each run's training is written to
LOG, a line a step.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
from conftest import make_tiny
from onewarm.study.arms.arm import parse_arms
from onewarm.study.engines import driver, groups
from onewarm.study.models.model import Outputs, Trained
from onewarm.study.report.report import StudyReport
from onewarm.study.store.store import Store

ARMS = parse_arms("hard,smooth:0.1")
STEPS = 6


class NearestMean:
    """Minus the squared distance to the mean of each class; slow, and each step is written down."""

    name = "nearest mean"

    def __init__(self, log, pause):
        self.log, self.pause = log, pause

    def train(self, runs, splits, num_classes, progress=None):
        for step in range(STEPS):
            with open(self.log, "a") as log:
                log.write(json.dumps([os.getpid(), step, [[run.arm.name, run.seed] for run in runs]]) + "\n")
            time.sleep(self.pause)
            progress((step + 1) / STEPS)
        trained = []
        for run in runs:
            split = splits[run.seed]
            means = np.stack([split.train.x[split.train.y == k].mean(0) for k in range(num_classes)])
            parts = (split.train, split.validation, split.test)
            logits = (-((rows.x[:, None].astype(float) - means) ** 2).sum(2) for rows in parts)
            trained.append(Trained(Outputs(*logits)))
        return trained


def train(data, url, seeds, model, workers):
    """What the study's runs are in the end, its report, and how many runs were trained here."""
    store = Store(url)
    study = store.study("key", {})
    trained = driver.train_missing(data, ARMS, range(seeds), model, store, study, workers=workers)
    names = [arm.name for arm in ARMS]
    runs = store.load(study, names, list(range(seeds)))
    store.close()
    report = StudyReport(data.describe(), names, list(range(seeds)), "hard", {}, runs, trained)
    return {key: run.stopped.to_bytes() for key, run in runs.items()}, report.to_dict(), trained


def start(data, url, seeds, model, workers):
    if (child := os.fork()) == 0:
        code = 1
        try:
            train(data, url, seeds, model, workers)
            code = 0
        finally:
            os._exit(code)
    return child


def wait_for_work(log, process):
    """Until this process, or any that is not yet in it, has written to the log; at most ten seconds."""
    before = workers_in(log)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        now = workers_in(log)
        if (process in now) if process else (now - before):
            return
        time.sleep(0.02)


def workers_in(log):
    lines = Path(log).read_text().splitlines() if Path(log).exists() else []
    return {int(line[1 : line.index(",")]) for line in lines if "," in line}


def main(url, log, kills, engine, seeds):
    sys.path.insert(0, str(Path(__file__).parent.parent))

    data = make_tiny()
    groups.GROUP = len(ARMS)  # one seed
    model = NearestMean(log, 0.05)
    workers = 2 if engine == "processes" else 1
    Store(url).close()  # what this imports, and makes, is there when the first is killed
    rng = random.Random(len(url))
    running, killed = [start(data, url, seeds, model, workers) for _ in range(2)], 0
    while running:
        if killed < kills:
            victim = rng.randrange(len(running))
            if killed % 4:  # in its training, or between the commits that follow
                wait_for_work(log, running[victim] if engine == "inline" else None)
            time.sleep(rng.uniform(0, 0.4))
            if os.waitpid(running[victim], os.WNOHANG) == (0, 0):
                os.kill(running[victim], signal.SIGKILL)
                os.waitpid(running[victim], 0)
                killed += 1
                running[victim] = start(data, url, seeds, model, workers)
            else:
                del running[victim]
        else:
            for child in running:
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            running = []
    print(json.dumps({"killed": killed}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
