"""The value: mass by row, indexing, sample and class weights, entropy; and parts that do not fit by the exact error."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import onewarm as ow
from onewarm.soft_target import SoftTarget, times

KINDS = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}
K = 5


@pytest.fixture(params=KINDS)
def array(request):
    return KINDS[request.param]


def close(actual, expected, tolerance=1e-6):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=tolerance, atol=tolerance)


def hot(*labels):
    return np.eye(K)[list(labels)]


def several(array=np.asarray):
    """Two named classes and two table rows for each of three rows, and the same written out."""
    rng = np.random.default_rng(0)
    table = rng.dirichlet(np.ones(K), 2)
    index, weight = rng.integers(0, K, (3, 2)), rng.random((3, 2))
    table_index, table_weight = rng.integers(0, 2, (3, 2)), rng.random((3, 2))
    dense = np.zeros((3, K))
    for i in range(3):
        for j in range(2):
            dense[i, index[i, j]] += weight[i, j]
            dense[i] += table_weight[i, j] * table[table_index[i, j]]
    target = SoftTarget(
        index=array(index),
        weight=array(weight),
        table=array(table),
        table_index=array(table_index),
        table_weight=array(table_weight),
        num_classes=K,
    )
    return target, dense


def test_mass_and_dense_rows_add_up_every_part(array):
    target, dense = several(array)
    close(target.dense(), dense)
    close(target.mass(), dense.sum(1))
    assert len(target) == 3
    assert repr(target) == "SoftTarget(3 rows, 5 classes, 2 named a row, table of 2)"
    assert repr(ow.one_hot(array([1]), K)) == "SoftTarget(1 rows, 5 classes, 1 named a row)"


def test_a_row_has_mass_when_any_of_its_weights_has(array):
    weight, table_weight = array([[0.0], [1.0], [0.0], [0.0]]), array([[0.0], [0.0], [0.5], [-1.0]])
    zeros = array([[0], [0], [0], [0]])
    target = SoftTarget(
        index=zeros, weight=weight, table=array(hot(0)), table_index=zeros, table_weight=table_weight, num_classes=K
    )
    assert np.asarray(target.has_mass()).tolist() == [False, True, True, True]
    assert np.asarray(ow.soft(array(hot(0, 1))).scale(array([0.0, 2.0])).has_mass()).tolist() == [False, True]


@pytest.mark.parametrize("integer", [int, np.int64, np.uint8, np.array, torch.tensor, jnp.array])
def test_an_integer_of_any_library_takes_one_row(array, integer):
    target, dense = several(array)
    for i in (0, 2):
        close(target[integer(i)].dense(), dense[[i]])
    if integer is not np.uint8:
        close(target[integer(-1)].dense(), dense[[-1]])
        with pytest.raises(IndexError, match=r"^row -4 of a target of 3 rows$"):
            target[integer(-4)]
    with pytest.raises(IndexError, match=r"^row 3 of a target of 3 rows$"):
        target[integer(3)]


def test_a_target_iterates_over_its_rows():
    target, dense = several()
    close(np.concatenate([row.dense() for row in target]), dense)
    assert list(ow.one_hot(np.zeros(0, int), K)) == []


@given(st.data())
def test_slices_masks_and_lists_of_rows_are_as_of_an_array(data):
    target, dense = several()
    rows = data.draw(
        st.one_of(
            st.slices(3), arrays(bool, 3), st.lists(st.integers(-3, 2), max_size=5).map(lambda x: np.array(x, np.int64))
        )
    )
    close(target[rows].dense(), dense[rows], 1e-12)
    assert target[rows].table is target.table


def test_weights_that_are_the_same_in_every_row_stay_one_number():
    """A broadcast view: a million rows of one weight cost 8 bytes."""
    target = ow.one_hot(np.zeros(1000, int), K)
    assert target.scale(2.0).weight.strides[0] == 0 and target.scale(2.0).mass().strides == (0,)
    close(target.scale(2.0).mass(), np.full(1000, 2.0))
    assert times(target.weight, np.ones((1000, 1))).strides[0] != 0


@pytest.mark.parametrize("count", [np.int64, np.uint8, np.array, torch.tensor])
def test_a_number_of_classes_of_any_library(count):
    target = SoftTarget(index=np.zeros((1, 1), int), weight=np.ones((1, 1)), num_classes=count(K))
    assert type(target.num_classes) is int and target.dense().shape == (1, K)


def test_reweight_scales_each_class(array):
    w = np.array([1.0, 2, 3, 4, 5])
    target = ow.smooth(array([2]), 0.1, num_classes=K)
    close(target.reweight(array(w)).dense(), (0.9 * hot(2) + 0.02) * w)


def test_entropy_is_the_floor_of_the_ledger():
    for k, alpha, floor in (
        (10, 0.05, 0.2824),
        (10, 0.1, 0.5003),
        (100, 0.1, 0.7778),
        (1000, 0.1, 1.0148),
        (32000, 0.1, 1.3624),
    ):
        assert round(float(ow.smooth(np.array([1]), alpha, num_classes=k).entropy()[0]), 4) == floor


def test_entropy_of_weighted_ignored_and_negative_rows():
    p = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    close(ow.soft(p).scale([1, 3, 0]).entropy(), np.log(2) * np.array([1, 3, 0]), 1e-12)
    assert ow.smooth(np.array([0]), -0.5, num_classes=4).entropy()[0] == -np.inf
    assert not np.signbit(ow.one_hot(np.array([0]), 3).entropy()[0])


def test_entropy_of_many_rows_is_that_of_each():
    rows = np.random.default_rng(0).dirichlet(np.ones(3000), 3000)
    close(ow.soft(rows).entropy(), -(rows * np.log(np.where(rows > 0, rows, 1))).sum(1), 1e-12)


def test_a_target_is_frozen():
    with pytest.raises(AttributeError):
        ow.one_hot(np.array([0]), 2).num_classes = 3


BAD = {
    "class weight of another width": (
        lambda: ow.one_hot(np.array([0]), 2).reweight(np.ones(3)),
        "class_weight has shape (3,): expected (2,)",
    ),
    "negative class weight": (
        lambda: ow.one_hot(np.array([0]), 2).reweight(np.array([1.0, -1.0])),
        "class_weight[1] is -1: expected a finite weight, not negative",
    ),
    "half a table": (
        lambda: ow.SoftTarget(
            index=np.zeros((1, 1), int), weight=np.ones((1, 1)), table=np.ones((1, 2)) / 2, num_classes=2
        ),
        "only table given: table, table_index and table_weight go together",
    ),
    "table of the wrong width": (
        lambda: ow.SoftTarget(
            index=np.zeros((1, 1), int),
            weight=np.ones((1, 1)),
            table=np.ones((1, 3)) / 3,
            table_index=np.zeros((1, 1), int),
            table_weight=np.ones((1, 1)),
            num_classes=2,
        ),
        "table has shape (1, 3): expected rows of num_classes = 2",
    ),
    "no classes": (
        lambda: ow.SoftTarget(index=np.zeros((1, 1), int), weight=np.ones((1, 1)), num_classes=0),
        "num_classes is 0: expected an integer of at least 1",
    ),
    "rows of the table's part": (
        lambda: ow.SoftTarget(
            index=np.zeros((2, 1), int),
            weight=np.ones((2, 1)),
            table=np.ones((1, 2)) / 2,
            table_index=np.zeros((1, 1), int),
            table_weight=np.ones((1, 1)),
            num_classes=2,
        ),
        "table_index has 1 rows, index has 2: one row of each an example",
    ),
    "weights of another shape": (
        lambda: ow.SoftTarget(index=np.zeros((2, 1), int), weight=np.ones((2, 2)), num_classes=2),
        "index has shape (2, 1) and weight (2, 2): expected the same two-dimensional shape",
    ),
    "classes that are no integer": (
        lambda: ow.SoftTarget(index=np.zeros((1, 1), int), weight=np.ones((1, 1)), num_classes=2.0),
        "num_classes is 2.0: expected an integer of at least 1",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_by_the_exact_error(case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message


def test_an_index_that_is_no_integer():
    with pytest.raises(TypeError, match=r"^index has dtype float64: expected integers$"):
        ow.SoftTarget(index=np.zeros((1, 1)), weight=np.ones((1, 1)), num_classes=2)
