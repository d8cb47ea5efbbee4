"""Rows of probabilities: sums, tolerances, and bad ones by the exact error."""

import numpy as np
import pytest

from onewarm import checks


def test_half_precision_softmax_rows_pass():
    rows = np.random.default_rng(0).dirichlet(np.full(50_000, 0.01), 4).astype(np.float16)
    assert checks.probabilities(rows) is rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.ones(3), "probabilities has shape (3,): expected (N, K), one row an example"),
        (np.array([[40.0, 60.0]]), "probabilities[0] sums to 100, not 1 (tolerance 0.001): divide by 100"),
        (np.array([[np.inf, 0.0]]), "probabilities[0, 0] is inf: probabilities are finite and not negative"),
    ],
)
def test_probabilities_by_the_exact_error(rows, message):
    with pytest.raises(ValueError) as error:
        checks.probabilities(rows)
    assert str(error.value) == message


def test_integer_probabilities_are_refused():
    with pytest.raises(TypeError, match="probabilities has dtype int64: expected floating point"):
        checks.probabilities(np.array([[1, 0]]))


def test_sums_of_half_precision_rows_are_made_in_float32():
    """In float16 the first sum would be infinite, and the second would round into the tolerance."""
    close = np.array([[0.5, 0.25, 0.25 + 5 * 2**-12]], np.float16)
    for rows, value in ((np.ones((1, 70_000), np.float16), "70000"), (close, "1.00122")):
        with pytest.raises(ValueError, match=rf"^probabilities\[0\] sums to {value}, not 1"):
            checks.probabilities(rows)


def test_sums_of_float64_rows_are_made_in_float64():
    with pytest.raises(ValueError, match=r"^probabilities\[0\] sums to 2e\+39, not 1"):
        checks.probabilities(np.full((1, 2), 1e39))
