"""Published predictions of a real network, where they are at hand.

Set ONEWARM_DATA to a folder that holds ``cifar10_vgg_predictions.npz`` (``probabilities`` float32 (10000, 10) and
``labels``, from the repository p-lambda/verified_calibration) and ``cifar10h_votes.npz`` (``counts`` (10000, 10), from
jcpeterson/cifar-10h); without it these tests are skipped. The expected numbers come from an independent computation
in float64.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, accuracy, brier, ece, fit_temperature, nll

FOLDER = Path(os.environ.get("ONEWARM_DATA", "no-folder-given"))
pytestmark = pytest.mark.skipif(
    not (FOLDER / "cifar10_vgg_predictions.npz").exists(), reason="ONEWARM_DATA names no folder with the predictions"
)


@pytest.fixture(params=[np.float32, np.float64])
def vgg(request):
    with np.load(FOLDER / "cifar10_vgg_predictions.npz") as data:
        return data["probabilities"].astype(request.param), data["labels"]


def test_a_real_network_before_and_after_temperature(vgg):
    p, labels = vgg
    assert accuracy(CalibrationSummary().update(p, labels)) == pytest.approx(0.936, abs=5e-4)
    fit = fit_temperature(p[::2], labels[::2], probabilities=True)
    assert fit.temperature == pytest.approx(1.7224, abs=5e-5)
    before = CalibrationSummary().update(p[1::2], labels[1::2])
    after = CalibrationSummary().update(fit.apply(p[1::2], probabilities=True), labels[1::2])
    for metric, numbers in ((nll, (0.23325, 0.18576)), (ece, (0.03561, 0.01450)), (brier, (0.09732, 0.08918))):
        assert (metric(before), metric(after)) == pytest.approx(numbers, abs=5.1e-6)


def test_votes_as_the_truth(vgg):
    p, labels = vgg
    with np.load(FOLDER / "cifar10h_votes.npz") as data:
        votes = data["counts"]
    own = CalibrationSummary().update(np.eye(10)[labels], votes)
    assert accuracy(own) == pytest.approx(0.95235, abs=5.1e-6)
    assert own.total("truth_entropy") / own.count == pytest.approx(0.15446, abs=5.1e-6)
    assert fit_temperature(p[::2], votes[::2], probabilities=True).temperature > 2
