"""Arrays of any library, and values that a tracer hides."""

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


def test_a_sparse_tensor():
    with pytest.raises(TypeError, match=r"torch.sparse_coo tensor of shape \(2, 2\): expected a dense one"):
        checks.probabilities(torch.eye(2).to_sparse())
