"""The shared checks: first offending row, its value, a remedy; and what cannot be read is not checked."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from onewarm import checks


def test_namespace_of_what_is_no_array():
    with pytest.raises(TypeError, match="logits is a list, not an array: pass a NumPy, PyTorch or JAX array"):
        checks.namespace(logits=[1.0])


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor, jnp.asarray])
def test_first_true_is_in_row_order(kind):
    assert checks.first_true(kind([[False, False, False], [False, True, True]])) == (1, 1)
    assert checks.first_true(kind([[False]])) is None
    assert checks.first_true(kind(np.zeros((0, 3), bool))) is None


def test_values_hidden_by_a_tracer_are_not_checked():
    seen = []

    @jax.jit
    def traced(labels):
        seen.append(checks.concrete(labels))
        return checks.labels(labels, 2)

    traced(jnp.array([5]))
    assert seen == [False]
    assert checks.concrete(torch.ones(2)) and not checks.concrete(torch.ones(2, device="meta"))
    torch.vmap(lambda row: seen.append(checks.concrete(row)) or row)(torch.ones(2, 2))
    assert seen == [False, False]


def test_float_dtype_is_the_widest_that_there_is():
    import array_api_compat.numpy
    import array_api_compat.torch

    assert checks.float_dtype(array_api_compat.numpy) == np.float64
    assert checks.float_dtype(array_api_compat.torch, torch.device("cpu")) == torch.float64
    assert checks.float_dtype(jnp) == jnp.float32


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


@pytest.mark.parametrize("value", [None, "0.1"])
def test_alpha_that_is_no_number(value):
    with pytest.raises(TypeError, match=rf"alpha is {value!r}: expected a number, or an array of one a row"):
        checks.alpha(value, 2, np.ones(2))


def test_a_sparse_tensor():
    with pytest.raises(TypeError, match=r"torch.sparse_coo tensor of shape \(2, 2\): expected a dense one"):
        checks.probabilities(torch.eye(2).to_sparse())
