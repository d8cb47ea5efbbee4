"""Rows of probabilities: sums, tolerances, and bad ones by the exact error."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

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
    close = np.array([[0.5, 0.25, 0.25 + 9 * 2**-12]], np.float16)
    for rows, value in ((np.ones((1, 70_000), np.float16), "70000"), (close, "1.0022")):
        with pytest.raises(ValueError, match=rf"^probabilities\[0\] sums to {value}, not 1"):
            checks.probabilities(rows)


def test_sums_of_float64_rows_are_made_in_float64():
    with pytest.raises(ValueError, match=r"^probabilities\[0\] sums to 2e\+39, not 1"):
        checks.probabilities(np.full((1, 2), 1e39))


@pytest.mark.parametrize("classes", [2, 10, 1000, 32_000, 262_144])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_softmaxes_in_half_precision_are_probabilities(dtype, classes):
    """pytorch#87468, tensorflow#15079, baal#303: also after float(), which keeps the rounded numbers."""
    generator = torch.Generator().manual_seed(classes)
    for spread in (0.1, 4.0, 12.0):
        rows = min(512, 2**21 // classes) // 2 * 2
        p = (torch.randn(rows, classes, generator=generator) * spread).to(dtype).softmax(1)
        assert checks.probabilities(p) is p
        for wide in (p.float(), p.double(), p.float().numpy(), p.float().reshape(2, -1, classes)):
            assert checks.probabilities(wide, any_shape=True) is wide


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_a_softmax_that_jax_computes_in_half_precision(dtype):
    """JAX rounds the powers and their sum too: up to .0055 in bfloat16."""
    for classes in (2, 1000):
        p = jax.nn.softmax(jnp.asarray(np.random.default_rng(0).normal(size=(500, classes)) * 4, dtype))
        assert checks.probabilities(p) is p
        checks.probabilities(p.astype(jnp.float32))


def test_what_was_not_rounded_keeps_the_narrow_tolerance():
    """A row of float32 that sums to 1.002 is none of half precision, nor is one of which a single number is not."""
    p = np.random.default_rng(0).dirichlet(np.ones(10), 200).astype(np.float32)
    half = torch.tensor(p).bfloat16().float().numpy()
    assert np.abs(half.sum(1) - 1).max() > 1e-3
    checks.probabilities(half)
    p[3] *= 1.002
    with pytest.raises(ValueError, match=r"^probabilities\[3\] sums to 1.002, not 1 \(tolerance 0.001\): pass normal"):
        checks.probabilities(p)
    half[190] = p[190] * 1.002
    with pytest.raises(ValueError, match=r"^probabilities\[190\] sums to 1.002"):
        checks.probabilities(half)
    with pytest.raises(ValueError, match=r"^probabilities\[0\] sums to 1.01953, not 1 \(tolerance 0.0156\)"):
        checks.probabilities(torch.tensor([[0.52, 0.5]]).bfloat16())
    images = np.full((2, 3, 4), 0.25)
    images[1, 2, 0] = 0.5
    with pytest.raises(ValueError, match=r"^probabilities\[1, 2\] sums to 1.25"):
        checks.probabilities(images, any_shape=True)


def test_normalising_takes_counts_and_keeps_the_dtype():
    np.testing.assert_array_equal(checks.probabilities(np.array([[3, 1]]), normalize=True), [[0.75, 0.25]])
    p = checks.probabilities(torch.tensor([[3.0, 1.0, 0.0]]).bfloat16(), normalize=True)
    assert p.dtype == torch.bfloat16 and p.tolist() == [[0.75, 0.25, 0.0]]
