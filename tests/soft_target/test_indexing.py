"""What indexes a target, against the dense rows indexed by NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow

KINDS = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}
LABELS = np.array([0, 4, 2, 1])
DENSE = 0.7 * np.eye(5)[LABELS] + 0.06


@pytest.fixture(params=KINDS)
def target(request):
    return ow.smooth(KINDS[request.param](LABELS), 0.3, num_classes=5)


GOOD = {
    "an integer": (2, [2]),
    "NumPy's integer": (np.int64(-1), [3]),
    "a 0-d array": (np.array(1), [1]),
    "a 0-d tensor": (torch.tensor(1), [1]),
    "a 0-d JAX array": (jnp.array(1), [1]),
    "a slice": (slice(1, None), [1, 2, 3]),
    "a slice with NumPy's integers": (slice(np.int64(0), np.int64(3), np.int64(2)), [0, 2]),
    "backwards": (slice(None, None, -1), [3, 2, 1, 0]),
    "past the end": (slice(2, 99), [2, 3]),
    "all": (Ellipsis, [0, 1, 2, 3]),
    "a list": ([3, -4], [3, 0]),
    "an empty list": ([], []),
    "a range": (range(2), [0, 1]),
    "a list of booleans": ([True, False, False, True], [0, 3]),
    "an array": (np.array([1, 1]), [1, 1]),
    "unsigned": (np.array([3, 0], np.uint8), [3, 0]),
    "a tensor": (torch.tensor([2, 0]), [2, 0]),
    "a tensor of bytes, which are no mask": (torch.tensor([1, 0, 1, 0], dtype=torch.uint8), [1, 0, 1, 0]),
    "a JAX array": (jnp.array([2, -1]), [2, 3]),
    "a mask": (LABELS > 1, [1, 2]),
    "a mask of PyTorch": (torch.tensor(LABELS > 1), [1, 2]),
    "rows and all classes": ((np.array([2, 3]), Ellipsis), [2, 3]),
    "rows and a slice of all classes": ((1, slice(None)), [1]),
}


@pytest.mark.parametrize("case", GOOD)
def test_rows_are_as_of_an_array(target, case):
    key, rows = GOOD[case]
    taken = target[key]
    np.testing.assert_allclose(np.asarray(taken), DENSE[rows], rtol=1e-6)
    assert taken.index.dtype == target.index.dtype and taken.table is target.table and taken.shape == (len(rows), 5)


BAD = {
    "past the end": (4, "row 4 of a target of 4 rows"),
    "before the start": (np.int64(-5), "row -5 of a target of 4 rows"),
    "in a list": ([0, 7], "row 7 of a target of 4 rows"),
    "in a tensor": (torch.tensor([-5]), "row -5 of a target of 4 rows"),
    "a short mask": ([True], "a mask of 1 rows for a target of 4: expected one for each"),
    "two dimensions": (np.zeros((2, 1), int), "an index of shape (2, 1): expected one dimension, (n,)"),
    "floats": (np.array([0.5]), "an index of dtype float64: expected integers or booleans"),
    "a float": (1.5, "1.5 indexes no rows: expected an integer, a slice, or an array of integers or booleans"),
    "a boolean": (True, "True indexes no rows: expected an integer, a slice, or an array of integers or booleans"),
    "a name": ("index", "'index' indexes no rows: expected an integer, a slice, or an array of integers or booleans"),
    "None": (None, "None indexes no rows: expected an integer, a slice, or an array of integers or booleans"),
    "a class": (
        (0, 1),
        "a target is indexed by rows, T[rows] or T[rows, ...]: for some classes take T.dense()",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_indexes_nothing_by_the_exact_error(target, case):
    key, message = BAD[case]
    with pytest.raises(IndexError) as error:
        target[key]
    assert str(error.value) == message


def test_an_index_inside_jit_and_scan():
    target = ow.smooth(jnp.asarray(LABELS), 0.3, num_classes=5)
    np.testing.assert_allclose(jax.jit(lambda t, i: t[i].dense())(target, 2), DENSE[[2]], rtol=1e-6)
    np.testing.assert_allclose(jax.jit(lambda t, i: t[i].dense())(target, jnp.array([3, 0])), DENSE[[3, 0]], rtol=1e-6)
    rows = jax.lax.scan(lambda carry, i: (carry, target[i].dense()[0]), 0, jnp.arange(4))[1]
    np.testing.assert_allclose(rows, DENSE, rtol=1e-6)


def test_equal_weights_stay_one_number():
    """A broadcast view: the rows of a million-row target that are taken cost no memory for their weight."""
    target = ow.one_hot(np.zeros(1000, int), 3)
    assert target[np.arange(500)].weight.strides[0] == target[target.mass() > 0].weight.strides[0] == 0
    assert ow.one_hot(torch.zeros(9, dtype=torch.long), 3)[[1, 2, 3]].weight.stride(0) == 0
