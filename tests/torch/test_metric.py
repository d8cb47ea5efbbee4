"""The torchmetrics metric: merging, resets, casts, and two processes that exchange sums."""

import os

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

pytest.importorskip("torchmetrics")

from onewarm.calibration import CalibrationSummary, ece, estimate
from onewarm.torch.metric import CalibrationMetric


def batches(n=4):
    rng = np.random.default_rng(0)
    for _ in range(n):
        z = torch.from_numpy(rng.normal(size=(100, 5)) * 2)
        yield z, torch.from_numpy(rng.integers(0, 5, 100))


def whole(rows, **options):
    summary = CalibrationSummary(5, **options)
    for z, labels in rows:
        summary.update(z, labels, logits=True)
    return summary


def test_it_is_the_summary_of_all_batches():
    metric = CalibrationMetric(5, ("ece", "accuracy", "classwise_ece"), logits=True, classwise=True, bins=10)
    for z, labels in batches():
        metric.update(z, labels)
    summary = whole(batches(), classwise=True)
    assert metric.summary().to_bytes() == summary.to_bytes()
    found = metric.compute()
    assert found["ece"].dtype == torch.float64 and found["ece"].item() == ece(summary, 10)
    assert estimate(metric.summary(), "ece").low <= estimate(metric.summary(), "ece").high
    metric.reset()
    assert metric.summary().count == 0


def test_forward_gives_the_batch_and_keeps_all():
    metric = CalibrationMetric(5, ("ece",), logits=True)
    for z, labels in batches():
        assert metric(z, labels)["ece"].item() == pytest.approx(ece(whole([(z, labels)])), rel=1e-12)
    assert metric.compute()["ece"].item() == pytest.approx(ece(whole(batches())), rel=1e-12)


def test_casts_leave_the_sums_alone():
    metric = CalibrationMetric(5, logits=True).half()
    metric.update(*next(batches()))
    assert metric.sum_sums.dtype == torch.float64 and metric.sum_cell_count.dtype == torch.int64
    with pytest.raises(TypeError, match="stay float64"):
        metric.set_dtype(torch.float32)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match=r"^names has 'eec': expected functions of onewarm.calibration$"):
        CalibrationMetric(5, ("eec",))


def _process(rank, folder):
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    metric = CalibrationMetric(5, ("ece",), logits=True)
    for i, (z, labels) in enumerate(batches()):
        if i % 2 == rank:
            metric.update(z, labels)
    value = metric.compute()["ece"].item()
    with open(os.path.join(folder, str(rank)), "w") as file:
        file.write(repr(value))
    dist.destroy_process_group()


@pytest.mark.long
def test_two_processes_add_their_sums(tmp_path):
    mp.spawn(_process, (str(tmp_path),), nprocs=2)
    values = {float((tmp_path / str(rank)).read_text()) for rank in (0, 1)}
    assert len(values) == 1 and values.pop() == pytest.approx(ece(whole(batches())), rel=1e-12)
