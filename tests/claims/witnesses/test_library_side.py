"""The library's side of a comparison is the library's loss and gradient, row by row, against SciPy."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

import onewarm
from onewarm.claims.witnesses import library_side
from onewarm.claims.witnesses.library_side import Worst

RANDOM = np.random.default_rng(5)
ROWS = 3 * RANDOM.standard_normal((4, 5))
T = RANDOM.dirichlet(np.ones(5), size=3)


def test_the_worst_is_the_largest_absolute_value() -> None:
    worst = Worst()
    assert worst.value == 0
    worst.see(np.array([[0.25, -0.5], [0.0, 0.1]]), 0.3)
    assert worst.value == 0.5
    worst.see(0.4, np.zeros(3))  # smaller: nothing changes
    assert worst.value == 0.5
    worst.see(-2)
    assert worst.value == 2


@pytest.mark.parametrize("bad", [np.nan, np.array([1.0, np.nan])])
def test_the_worst_stays_not_a_number(bad: object) -> None:
    worst = Worst()
    worst.see(bad)  # type: ignore[arg-type]
    worst.see(1.0)
    assert np.isnan(worst.value)


def test_targets_of_one_row() -> None:
    np.testing.assert_array_equal(library_side.hard(2, 4).dense(), [[0, 0, 1, 0]])
    np.testing.assert_array_equal(library_side.soft(T[0]).dense(), T[:1])


def test_losses_and_gradients_of_every_row_are_summed_over_the_targets_rows() -> None:
    target = onewarm.soft(T)
    losses = -(T.sum(axis=0) * log_softmax(ROWS, axis=1)).sum(axis=1)
    gradients = 3 * softmax(ROWS, axis=1) - T.sum(axis=0)
    np.testing.assert_allclose(library_side.losses(ROWS, target), losses, rtol=1e-13)
    np.testing.assert_allclose(library_side.gradients(ROWS, target), gradients, atol=1e-13)
    np.testing.assert_array_equal(library_side.losses_of(target)(ROWS), library_side.losses(ROWS, target))
    np.testing.assert_array_equal(library_side.gradients_of(target)(ROWS), library_side.gradients(ROWS, target))


def test_at_one_row() -> None:
    target = library_side.soft(T[0])
    loss = library_side.loss_at(ROWS[0], target)
    assert isinstance(loss, float) and loss == pytest.approx(-(T[0] * log_softmax(ROWS[0])).sum(), rel=1e-13)
    gradient = library_side.gradient_at(ROWS[0], target)
    np.testing.assert_allclose(gradient, softmax(ROWS[0]) - T[0], atol=1e-14)
