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


FORMS = {
    "Python": lambda x: x,
    "numpy scalar": lambda x: np.asarray(x)[()],
    "numpy array": np.asarray,
    "tensor": torch.tensor,
    "jax": jnp.asarray,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_number_is_a_number_in_any_form(form):
    make = FORMS[form]
    for value in (3, -1, 0.25, float("inf")):
        assert checks.number(make(value)) == value and type(checks.number(make(value))) is type(value)
    assert checks.count(make(3), "num_classes") == 3 and type(checks.count(make(3), "num_classes")) is int
    assert checks.share(make(0.25), "share") == 0.25 and type(checks.share(make(1), "share")) is float
    assert checks.positive(make(2), "temperature") == 2.0
    assert checks.per_row(make(0.25), 2, "alpha", torch.ones(2)).tolist() == [0.25]
    assert checks.per_row(make(0.25), 2, "alpha", np.ones(2)).tolist() == [0.25]


@pytest.mark.parametrize("value", ["3", None, [3], np.array([3]), torch.ones(1), np.array("a"), 1j, np.complex64(1)])
def test_what_is_no_number(value):
    assert checks.number(value) is None
    with pytest.raises(ValueError, match=r"num_classes is .*: expected an integer of at least 1"):
        checks.count(value, "num_classes")
    with pytest.raises(ValueError, match=r"weight is .*: expected a number in \[0, 1\]"):
        checks.share(value, "weight")
    with pytest.raises(ValueError, match=r"temperature is .*: expected a finite number above 0"):
        checks.positive(value, "temperature")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: checks.count(0, "draws"), "draws is 0: expected an integer of at least 1"),
        (lambda: checks.count(np.int64(1), "bins", 2), "bins is np.int64(1): expected an integer of at least 2"),
        (lambda: checks.count(3.0, "draws"), "draws is 3.0: expected an integer of at least 1"),
        (lambda: checks.share(np.float32(-0.5), "weight"), "weight is np.float32(-0.5): expected a number in [0, 1]"),
        (lambda: checks.share(1.01, "weight"), "weight is 1.01: expected a number in [0, 1]"),
        (lambda: checks.share(float("nan"), "weight"), "weight is nan: expected a number in [0, 1]"),
        (lambda: checks.positive(0, "temperature"), "temperature is 0: expected a finite number above 0"),
        (lambda: checks.positive(float("inf"), "temperature"), "temperature is inf: expected a finite number above 0"),
        (lambda: checks.positive(float("nan"), "temperature"), "temperature is nan: expected a finite number above 0"),
        (
            lambda: checks.per_row(np.ones((2, 1)), 2, "alpha", np.ones(2)),
            "alpha has shape (2, 1): expected a number or shape (2,), one a row",
        ),
        (lambda: checks.per_row([0.1, np.nan], 2, "lam", np.ones(2)), "lam[1] is nan: expected a finite number"),
    ],
)
def test_numbers_out_of_range_by_the_exact_error(call, message):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message


def test_a_number_that_a_tracer_hides_stays_and_one_that_requires_a_gradient_too():
    seen = []

    @jax.jit
    def traced(x):
        seen.extend([checks.number(x), checks.hidden(x), checks.share(x, "share") is x])
        return x

    traced(2.0)
    assert seen == [None, True, True]
    learned = torch.tensor(0.5, requires_grad=True)
    assert checks.share(learned, "share") is learned and checks.number(learned) == 0.5
    assert checks.per_row(learned, 2, "alpha", torch.ones(2)).requires_grad
    with pytest.raises(ValueError, match="share is tensor"):
        checks.share(learned + 1, "share")


def test_arrays_of_numbers_do_not_change_library():
    with pytest.raises(TypeError, match="the target is a torch array but alpha is a numpy array: convert one of them"):
        checks.per_row(np.full(2, 0.1), 2, "alpha", torch.ones(2))


def test_sums_of_half_precision_rows_are_made_in_float32():
    """In float16 the first sum would be infinite, and the second would round into the tolerance."""
    close = np.array([[0.5, 0.25, 0.25 + 5 * 2**-12]], np.float16)
    for rows, value in ((np.ones((1, 70_000), np.float16), "70000"), (close, "1.00122")):
        with pytest.raises(ValueError, match=rf"^probabilities\[0\] sums to {value}, not 1"):
            checks.probabilities(rows)


def test_sums_of_float64_rows_are_made_in_float64():
    with pytest.raises(ValueError, match=r"^probabilities\[0\] sums to 2e\+39, not 1"):
        checks.probabilities(np.full((1, 2), 1e39))
