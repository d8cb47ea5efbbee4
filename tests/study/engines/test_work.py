import re
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arms
from onewarm.study.engines.work import Group, Work, one_torch_thread, pickled, train_group
from onewarm.study.models.model import Outputs, Run, Trained
from onewarm.study.models.training import Perceptrons
from onewarm.study.scoring import score


class Priors:
    """Predicts the training labels' frequencies; `name` marks what it trained."""

    name = "priors"

    def train(self, runs, splits, num_classes, progress=None):
        trained = []
        for run in runs:
            split = splits[run.seed]
            z = np.log(np.bincount(split.train.y, minlength=num_classes) / len(split.train))
            trained.append(
                Trained(Outputs(*(np.tile(z, (len(r), 1)) for r in (split.train, split.validation, split.test))))
            )
        return trained


def test_each_run_is_scored_on_the_rows_of_its_seed(tiny, short):
    runs = tuple(Run(arm, seed) for seed in (0, 3) for arm in parse_arms("hard,smooth:0.1"))
    stored = train_group(Work(tiny, Perceptrons(short)), Group(0, runs))
    splits = {seed: tiny.split(seed) for seed in (0, 3)}
    trained = Perceptrons(short).train(list(runs), splits, 3)
    for run, of_store, t in zip(runs, stored, trained, strict=True):
        assert (of_store.arm, of_store.seed) == (run.arm.name, run.seed)
        assert of_store.stopped.to_bytes() == score(run.arm, t.stopped, splits[run.seed]).to_bytes()
        assert of_store.end.to_bytes() == score(run.arm, t.end, splits[run.seed]).to_bytes()
        assert (of_store.steps, of_store.end_steps, of_store.options) == (t.steps, t.end_steps, t.options)
        assert of_store.curve == t.curve and of_store.seconds > 0


def test_one_torch_thread_reaches_new_threads_and_is_undone():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_torch_thread(), ThreadPoolExecutor(1) as pool:
            assert torch.get_num_threads() == 1 == pool.submit(torch.get_num_threads).result()
        with ThreadPoolExecutor(1) as pool:
            assert torch.get_num_threads() == 2 == pool.submit(torch.get_num_threads).result()
    finally:
        torch.set_num_threads(before)


def test_what_cannot_be_sent_is_refused_in_words(tiny):
    model = Priors()
    model.lock = threading.Lock()
    error = (
        "the data or the model cannot be sent to worker processes (TypeError: cannot pickle '_thread.lock' object); "
    )
    with pytest.raises(InputError, match="^" + re.escape(error + "train in this one: workers=1") + "$"):
        pickled(Work(tiny, model))
