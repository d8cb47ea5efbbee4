"""A study's runs, trained as stacks on all cores, against the same runs one after the other in plain PyTorch.

Run by itself: ``python -m benchmarks study`` (some minutes). Same data, weights, batches, grid
of weight decays, checks and stopping rule; plain PyTorch has AdamW(fused=True) and the number of threads that is best
for it. The stacks are trained as a study does, by its engine, scoring and storing included. The plain runs stand
between two rounds of stacked ones, so that a drift of the machine shows.
"""

from __future__ import annotations

import os
import resource
import time
from typing import Any

import numpy as np
import torch
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import plain_training
from onewarm.study.arms.arm import parse_arms
from onewarm.study.data.load import load
from onewarm.study.engines.driver import train_missing
from onewarm.study.models.training import Perceptrons, Training
from onewarm.study.store.store import Store

TITLE = "A study's runs: stacks on all cores, against plain PyTorch one after the other"
DATA, ARMS = "digits-noisy", ("hard", "smooth:0.1")
RUNS = 100
TRIED = 2
"""Runs with which the number of threads is chosen for plain PyTorch."""


def main(console: Console, runs: int = RUNS) -> dict[str, Any]:
    """Time both, print the table, and return the numbers."""
    data = load(DATA)
    training = Training.for_rows(data.sizes[0], hidden=data.hidden)
    seeds = list(range(runs // len(ARMS)))
    stacked_seconds(data, training, seeds[:2])  # what compiles and what is imported
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    tried = {threads: plain_seconds(data, training, seeds[:TRIED], threads)[0] for threads in (1, cores)}
    threads = min(tried, key=lambda count: tried[count])
    stacked, ours = stacked_seconds(data, training, seeds)
    plain, theirs = plain_seconds(data, training, seeds, threads)
    again, _ = stacked_seconds(data, training, seeds)
    ratio = plain / np.mean([stacked, again])
    table = Table(title=TITLE, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in (f"{runs} runs of {DATA}", "seconds", "test NLL", "times faster"):
        table.add_column(heading, justify="left" if heading.startswith(str(runs)) else "right")
    table.add_row(f"stacks, {cores} cores", f"{stacked:.1f}, {again:.1f}", f"{np.mean(ours):.4f}", f"{ratio:.1f} x")
    table.add_row(f"plain PyTorch, {threads} threads", f"{plain:.1f}", f"{np.mean(theirs):.4f}", "1 x")
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    console.print(
        f"Plain PyTorch with {' and '.join(f'{n} threads {s:.1f} s' for n, s in tried.items())} for "
        f"{TRIED * len(ARMS)} runs. Peak memory of all: {peak} MB.",
        highlight=False,
    )
    return {
        "runs": runs,
        "stacked_s": [stacked, again],
        "plain_s": plain,
        "threads": threads,
        "ratio": float(ratio),
        "test_nll": [float(np.mean(ours)), float(np.mean(theirs))],
        "peak_mb": peak,
    }


def stacked_seconds(data: Any, training: Training, seeds: list[int]) -> tuple[float, list[float]]:
    """Seconds of a study of these seeds, and the test NLL of its stopped models."""
    store = Store("sqlite://")
    study = store.study("benchmark", {})
    arms = parse_arms(",".join(ARMS))
    start = time.perf_counter()
    train_missing(data, arms, seeds, Perceptrons(training, device="cpu"), store, study)
    seconds = time.perf_counter() - start
    found = store.load(study, list(ARMS), seeds)
    store.close()
    return seconds, [float(run.stopped.metrics["nll"] or 0) for run in found.values()]


def plain_seconds(data: Any, training: Training, seeds: list[int], threads: int) -> tuple[float, list[float]]:
    """The same for plain PyTorch, which has its data ready and scores nothing but the NLL."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    nll, seconds = [], 0.0
    for seed in seeds:
        split = data.split(seed)
        labels = torch.from_numpy(split.train.y)
        for arm in parse_arms(",".join(ARMS)):
            target = labels if arm.alpha is None else arm.target(labels, data.num_classes).dense().float()
            start = time.perf_counter()
            run = plain_training.train(split, target, training, seed, data.num_classes)
            for part in (split.train, split.validation, split.test):
                run.stopped(part.x), run.end(part.x)
            seconds += time.perf_counter() - start
            z = torch.from_numpy(run.stopped(split.test.x)).double()
            nll.append(float(torch.nn.functional.cross_entropy(z, torch.from_numpy(split.test.y))))
    torch.set_num_threads(before)
    return seconds, nll
