"""What holds for every metric: it is public by being in its file's ``__all__``, documented, and refuses bad input."""

import inspect

import numpy as np
import pytest

from onewarm import calibration
from onewarm.calibration import CalibrationSummary, metrics
from onewarm.calibration.metrics import brier_decomposition, calibration_error, ranking, scores

FILES = (brier_decomposition, calibration_error, ranking, scores)
NAMES = sorted(name for file in FILES for name in file.__all__)
BY_CLASS = {"brier_reliability", "brier_resolution", "brier_uncertainty", "classwise_ece", "event_ece", "top_label_ece"}
BINNED = {name for name in NAMES if "bins" in inspect.signature(getattr(metrics, name)).parameters}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.__name__.rpartition(".")[2])
def test_every_metric_is_public_here_and_one_room_up(file):
    for name in file.__all__:
        assert getattr(calibration, name) is getattr(metrics, name) is getattr(file, name)


@pytest.mark.parametrize("name", NAMES)
def test_docstrings_have_formula_errors_and_example(name):
    text = getattr(metrics, name).__doc__
    assert "    Raises:\n        ValueError: no rows" in text
    assert ">>> " in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("num_classes", [None, 3])
def test_no_rows_is_an_error(name, num_classes):
    with pytest.raises(ValueError) as error:
        getattr(metrics, name)(CalibrationSummary(num_classes, classwise=True))
    assert str(error.value) == "summary has no rows: update it first"


@pytest.mark.parametrize("name", sorted(BY_CLASS))
def test_metrics_of_classes_need_counts_by_class(name):
    p, labels = np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([0, 1])
    with pytest.raises(ValueError) as error:
        getattr(metrics, name)(CalibrationSummary().update(p, labels))
    assert str(error.value) == "summary has no counts by class: make it with CalibrationSummary(classwise=True)"


def test_the_error_of_an_event_is_of_two_classes():
    s = CalibrationSummary(classwise=True).update(np.full((1, 4), 0.25), np.array([0]))
    with pytest.raises(ValueError, match=r"summary has 4 classes: P\(y = 1\) is of two"):
        metrics.event_ece(s)


@pytest.mark.parametrize("name", sorted(BINNED - {"ece_equal_mass"}))
@pytest.mark.parametrize("bins", [0, -15, 7])
def test_bins_divide_the_cells(name, bins):
    s = CalibrationSummary(classwise=True).update(np.array([[0.75, 0.25]]), np.array([0]))
    cells = 120 if name in BY_CLASS else 600
    divisors = [b for b in range(1, cells + 1) if cells % b == 0]
    with pytest.raises(ValueError) as error:
        getattr(metrics, name)(s, bins)
    assert str(error.value) == f"bins is {bins}, which does not divide the {cells} cells kept: choose one of {divisors}"


def test_fifteen_bins_by_default():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), 200)
    s = CalibrationSummary(classwise=True).update(p, rng.integers(0, 3, 200))
    assert len(BINNED) >= 10
    for name in BINNED - {"event_ece"}:  # of two classes
        assert getattr(metrics, name)(s) == getattr(metrics, name)(s, 15) != getattr(metrics, name)(s, 10)
