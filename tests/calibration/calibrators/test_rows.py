"""The rows of a fit: log-probabilities of anything that is a prediction, checked once."""

import math

import numpy as np
import pytest
from scipy.special import expit, log_softmax

from onewarm.calibration.calibrators.rows import MASKED, dot, fit_rows, log_probabilities


def test_logits_probabilities_and_events_give_the_same_log_probabilities():
    z = np.random.default_rng(0).normal(size=(50, 2)) * 5
    p = np.exp(log_softmax(z, axis=1))
    for values, logits in ((z, True), (p, False), (z[:, 1] - z[:, 0], True), (expit(z[:, 1] - z[:, 0]), False)):
        np.testing.assert_allclose(log_probabilities(values, logits=logits), log_softmax(z, axis=1), atol=1e-9)


def test_zeros_count_as_the_floor_or_stay():
    p = np.array([[0.0, 0.25, 0.75]])
    np.testing.assert_allclose(np.exp(log_probabilities(p, floor=0.01)), np.array([[0.01, 0.25, 0.75]]) / 1.01)
    assert log_probabilities(p)[0, 0] == MASKED


def test_weights_of_0_leave_rows_out_and_truth_may_be_anything():
    p = np.full((4, 2), 0.5)
    rows = fit_rows(p, [0, 1, 1, 0], weights=[1, 0, 2, 1])
    assert len(rows) == 3 and rows.labels.tolist() == [0, 1, 0] and rows.class_weights.tolist() == [2, 2]
    votes = fit_rows(p, np.array([[3, 1], [0, 2], [1, 1], [4, 0]]))
    assert votes.share(1).tolist() == [0.25, 1, 0.5, 0] and votes.class_weights.tolist() == [2.25, 1.75]
    np.testing.assert_allclose(votes.of_truth(np.array([[1.0, 2.0]] * 4)), [1.25, 2, 1.5, 1])
    events = fit_rows(np.array([0.2, 0.4]), [0.5, 1.0])
    assert events.num_classes == 2 and events.share(1).tolist() == [0.5, 1]


@pytest.mark.parametrize(
    ("values", "truth", "options", "text"),
    [
        ([[0.5, 0.6]], [0], {}, "probabilities[0] sums to 1.1, not 1"),
        ([0.5, 1.5], [0, 1], {}, "probabilities[1] is 1.5: probabilities of an event are within 0..1"),
        ([[0.0, np.nan]], [0], {"logits": True}, "logits[0, 1] is nan"),
        ([[0.5, 0.5]], [2], {}, "truth[0] is 2, outside 0..1"),
        ([[0.0, 1.0]], [0], {}, "truth[0] has mass on a class of probability 0 (logit -inf): the NLL is infinite"),
        ([[0.5, 0.5]], [0], {"weights": [0.0]}, "weights are 0 in every row: nothing is left to fit on"),
        ([[0.5, 0.5]], [0], {"weights": [-1.0]}, "weights[0] is -1: weights are finite and not negative"),
    ],
)
def test_bad_rows_are_named(values, truth, options, text):
    with pytest.raises(ValueError) as error:
        fit_rows(np.array(values), np.array(truth), **options)
    assert str(error.value).startswith(text)


def test_dot_is_the_sum_of_products():
    rng = np.random.default_rng(0)
    for n in (0, 1, 1000, 100_003):
        a, b = rng.normal(size=(2, n))
        assert math.isclose(dot(a, b), math.fsum((a * b).tolist()), rel_tol=1e-10, abs_tol=1e-10)
