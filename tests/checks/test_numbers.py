"""Numbers in any form, and those out of range by the exact error."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from onewarm import checks


@pytest.mark.parametrize("value", [None, "0.1"])
def test_alpha_that_is_no_number(value):
    with pytest.raises(TypeError, match=rf"alpha is {value!r}: expected a number, or an array of one a row"):
        checks.alpha(value, 2, np.ones(2))


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
