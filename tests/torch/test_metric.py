"""The torchmetrics metric: merging, resets, casts, and two processes that exchange sums."""

import os

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

pytest.importorskip("torchmetrics")

from onewarm import calibration
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


BINNED = {"ece", "ece_equal_mass", "overconfidence", "underconfidence", "mce", "squared_error", "classwise_ece"}
BINNED |= {"top_label_ece", "brier_reliability", "brier_resolution"}
UNBINNED = {"accuracy", "mean_confidence", "confidence_gap", "nll", "brier", "auroc", "aurc", "smooth_ece"}


def test_the_bins_reach_every_metric_that_has_bins():
    names = sorted(BINNED | UNBINNED)
    metric = CalibrationMetric(5, tuple(names), logits=True, classwise=True, bins=5)
    for z, labels in batches():
        metric.update(z, labels)
    summary = whole(batches(), classwise=True)
    wanted = {name: getattr(calibration, name)(summary, **({"bins": 5} if name in BINNED else {})) for name in names}
    assert {name: value.item() for name, value in metric.compute().items()} == wanted
    assert all(wanted[name] != getattr(calibration, name)(summary) for name in ("ece", "mce", "classwise_ece"))


def test_the_usual_number_of_bins():
    metric = CalibrationMetric(5, ("ece",), logits=True)
    metric.update(*next(batches()))
    assert metric.compute()["ece"].item() == ece(whole([next(batches())]), bins=15)


def test_weights_and_probabilities_and_votes():
    z, g = next(batches())[0], torch.Generator().manual_seed(0)
    p, votes, weights = torch.softmax(z, 1), torch.randint(1, 5, (100, 5), generator=g), torch.rand(100, generator=g)
    metric = CalibrationMetric(5, ("nll", "accuracy"))
    metric.update(p, votes, weights)
    share = votes / votes.sum(1, keepdim=True)
    nll = (weights * -(share * p.log()).sum(1)).sum() / weights.sum()
    accuracy = (weights * share[torch.arange(100), p.argmax(1)]).sum() / weights.sum()
    found = metric.compute()
    assert found["nll"].item() == pytest.approx(nll.item(), rel=1e-6)
    assert found["accuracy"].item() == pytest.approx(accuracy.item(), rel=1e-6)


def test_bad_rows_are_named_and_nothing_is_added():
    metric = CalibrationMetric(5)
    with pytest.raises(ValueError, match=r"\[1\] sums to 2"):
        metric.update(torch.tensor([[0.2] * 5, [0.4] * 5]), torch.tensor([0, 1]))
    with pytest.raises(ValueError, match=r"outside 0\.\.4"):
        metric.update(torch.full((2, 5), 0.2), torch.tensor([0, 5]))
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


@pytest.mark.parametrize("name", ["eec", "ranking"])
def test_unknown_names_are_refused(name):
    with pytest.raises(ValueError, match=rf"^names has '{name}': expected functions of onewarm.calibration$"):
        CalibrationMetric(5, ("ece", name))


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
