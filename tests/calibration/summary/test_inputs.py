"""Bad predictions and bad truth: an error that names the argument, row, value and remedy, and nothing is kept."""

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary

P = np.array([[0.5, 0.5], [0.25, 0.75]])
Y = np.array([0, 1])


@pytest.mark.parametrize(
    ("predictions", "truth", "kind", "text"),
    [
        (P[None], Y, ValueError, "probabilities has shape (1, 2, 2): expected (N, K), one row an example"),
        (P[:0], Y[:0], ValueError, "probabilities has no rows: pass at least one"),
        (P[:, :1], Y, ValueError, "probabilities has 1 class: pass the columns of both classes of a binary model"),
        (P > 0, Y, TypeError, "probabilities has dtype bool: expected floating point"),
        (
            np.array([[0.5, 0.5], [np.nan, 1]]),
            Y,
            ValueError,
            "probabilities[1, 0] is nan: probabilities are finite and not negative",
        ),
        (
            np.array([[0.5, 0.5], [2.0, -1.0]]),
            Y,
            ValueError,
            "probabilities[1, 1] is -1: probabilities are finite and not negative; "
            "are these logits? take their softmax",
        ),
        (
            P * 100,
            Y,
            ValueError,
            "probabilities[0] sums to 100, not 1 (tolerance 0.001): divide by 100",
        ),
        (
            np.array([[0.5, 0.5], [0.25, 0.5]]),
            Y,
            ValueError,
            "probabilities[1] sums to 0.75, not 1 (tolerance 0.001): pass normalize=True to scale the rows",
        ),
        (P, np.array([0, 2]), ValueError, "truth[1] is 2, outside 0..1: labels start at 0; subtract 1"),
        (P, np.array([0, -1]), ValueError, "truth[1] is -1, outside 0..1: correct it, raise num_classes"),
        (
            P,
            np.array([0.0, 1.0]),
            TypeError,
            "truth has dtype float64: expected integers (for probabilities use onewarm.soft)",
        ),
        (
            P,
            np.array([0, 1, 1]),
            ValueError,
            "truth has shape (3,): expected labels of shape (2,), or votes or distributions of shape (2, 2)",
        ),
        (P, np.array([[3, 0], [0, 0]]), ValueError, "truth[1] has no votes: leave such rows out"),
        (P, np.array([[3, 0], [4, -1]]), ValueError, "truth[1, 1] is -1: counts of votes are not negative"),
        (
            P,
            np.array([[1.0, 0.0], [3.0, 0.0]]),
            ValueError,
            "truth[1] sums to 3, not 1 (tolerance 0.001): pass normalize=True to scale the rows",
        ),
        (
            P,
            np.array([["a", "b"], ["c", "d"]]),
            TypeError,
            "truth has dtype <U1: expected integers (votes) or floats (distributions)",
        ),
    ],
)
def test_bad_input_is_named_and_nothing_is_kept(predictions, truth, kind, text):
    summary = CalibrationSummary()
    with pytest.raises(kind) as error:
        summary.update(predictions, truth)
    assert str(error.value) == text
    assert summary.to_bytes() == CalibrationSummary().to_bytes()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([[0.0, 1.0], [np.nan, 0.0]], "logits[1, 0] is nan: the loss of this row is undefined; "),
        ([[0.0, 1.0], [0.0, np.inf]], "logits[1, 1] is inf: the loss of this row is undefined; "),
        ([[0.0, 1.0], [-np.inf, -np.inf]], "logits[1] is -inf in every class: the loss of this row is undefined; "),
    ],
)
def test_bad_logits_are_named(value, text):
    with pytest.raises(ValueError) as error:
        CalibrationSummary().update(np.array(value), Y, logits=True)
    assert str(error.value).startswith(text)


def test_bad_row_after_the_first_block_keeps_its_number_and_nothing_is_kept():
    p = np.full((100_000, 2), 0.5, np.float32)
    p[99_999] = 0.75
    summary = CalibrationSummary()
    with pytest.raises(ValueError, match=r"^probabilities\[99999\] sums to 1.5, not 1"):
        summary.update(p, np.zeros(100_000, int))
    assert summary.count == 0
