"""Calibration error and related metrics in one pass, compared with torchmetrics, netcal and relplot if installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Case
from onewarm.calibration import CalibrationSummary, ece, estimate

TITLE = "Calibration, 10 classes, float32 probabilities, CPU, 15 bins. The audit's set: 17 metrics with intervals."
SIZES, SMALL = (1_000_000, 10_000_000), (100_000,)
AUDIT = (
    *("accuracy", "nll", "brier", "confidence_gap", "ece", "ece_equal_mass", "overconfidence", "underconfidence"),
    *("squared_error", "mce", "smooth_ece", "classwise_ece", "top_label_ece", "brier_reliability", "auroc", "aurc"),
    "coverage_at_risk",
)


def cases(quick: bool) -> Iterator[Case]:
    """One case for each size, then one with all rows in one bin; each is created when it is needed."""
    for n in SMALL if quick else SIZES:
        yield _case(n)
    yield _one_bin(400_000 if quick else 40_000_000)


def _predictions(n: int, classes: int = 10) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    p = np.empty((n, classes), np.float32)
    labels = np.empty(n, np.int64)
    for lo in range(0, n, 1 << 18):
        z = rng.standard_normal((min(1 << 18, n - lo), classes), np.float32) * np.float32(3)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p[lo : lo + len(z)] = e / e.sum(axis=1, keepdims=True)
        labels[lo : lo + len(z)] = (z / 2 + rng.gumbel(size=z.shape)).argmax(
            axis=1
        )  # the logits are too large by a factor of 2
    return p, labels


def audit(p: NDArray[Any], labels: NDArray[Any]) -> dict[str, float]:
    """The pass with statistics by class, and every metric of the default audit with its interval."""
    summary = CalibrationSummary(classwise=True).update(p, labels)
    return {name: estimate(summary, name).high for name in AUDIT}


def _case(n: int) -> Case:
    p, labels = _predictions(n)
    peers: dict[str, Callable[[], object]] = {
        "copy": lambda: p.copy(),
        "onewarm: pass, ECE": lambda: ece(CalibrationSummary().update(p, labels)),
        "onewarm: 17 intervals": lambda: audit(p, labels),
        "NumPy chunks: ECE": lambda: numpy_ece(p, labels),
    }
    skipped: dict[str, str] = {}

    def events() -> tuple[NDArray[Any], NDArray[Any]]:  # relplot takes confidences and whether they were right
        return p.max(axis=1), (p.argmax(axis=1) == labels).astype(np.float64)

    if _have("torchmetrics", skipped):
        import torch
        from torchmetrics.functional.classification import multiclass_calibration_error

        tensor, truth = torch.from_numpy(p), torch.from_numpy(labels)
        peers["torchmetrics: ECE"] = lambda: multiclass_calibration_error(tensor, truth, p.shape[1], n_bins=15)
    if _have("netcal", skipped):
        netcal = import_module("netcal.metrics")
        peers["netcal: ECE"] = lambda: netcal.ECE(15).measure(p, labels)
    if _have("relplot", skipped):
        relplot = import_module("relplot")
        peers["relplot: ECE"] = lambda: relplot.metrics.binnedECE(*events(), nbins=15)
        if n <= 1_000_000:
            peers["relplot: smooth ECE"] = lambda: relplot.smECE(*events())
        else:
            skipped["relplot: smooth ECE"] = "takes many seconds at this size"
    return Case(f"{n} x {p.shape[1]}", peers, skipped, baseline="NumPy chunks: ECE")


def _one_bin(n: int) -> Case:
    """Every row is (.35, .65) with class 1, so the ECE is .35; rows are processed a million at a time."""
    part = np.tile(np.array([0.35, 0.65], np.float32), (min(n, 1_000_000), 1))
    labels = np.ones(len(part), np.int64)

    def ours() -> float:
        summary = CalibrationSummary()
        for _ in range(n // len(part)):
            summary.update(part, labels)
        error = ece(summary)
        if abs(error - 0.35) > 1e-6:
            raise AssertionError(f"ECE is {error}, not .35")
        return error

    peers: dict[str, Callable[[], object]] = {"copy": lambda: part.copy(), "onewarm: ECE": ours}
    skipped: dict[str, str] = {}
    if _have("torchmetrics", skipped):
        import torch
        from torchmetrics.functional.classification.calibration_error import _ce_compute

        confidence, right = torch.full((n,), 0.65), torch.ones(n)
        theirs = float(_ce_compute(confidence, right, 15))  # once: too slow for rounds
        skipped["torchmetrics: ECE"] = (
            f"returns {theirs:.4f}; .3500 is correct" if abs(theirs - 0.35) > 1e-3 else "correct"
        )
    return Case(f"{n} in one bin", peers, skipped, baseline="onewarm: ECE")


def numpy_ece(p: NDArray[Any], labels: NDArray[Any], bins: int = 15) -> float:
    """The ECE written without a library, block by block."""
    total = np.zeros(bins)
    for lo in range(0, len(p), 1 << 16):
        block = p[lo : lo + (1 << 16)]
        top = block.max(axis=1)
        right = block.argmax(axis=1) == labels[lo : lo + (1 << 16)]
        index = np.clip(np.ceil(top * bins).astype(np.int64) - 1, 0, bins - 1)
        total += np.bincount(index, top - right, bins)
    return float(np.abs(total).sum() / len(p))


def _have(package: str, skipped: dict[str, str]) -> bool:
    if find_spec(package) is None:
        skipped[package] = "not installed"
        return False
    return True
