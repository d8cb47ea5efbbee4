"""Targets from labels against rows written out by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow

KINDS = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}


K = 5


@pytest.fixture(params=KINDS)
def array(request):
    return KINDS[request.param]


def close(actual, expected, tolerance=1e-6):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=tolerance, atol=tolerance)


def hot(*labels):
    return np.eye(K)[list(labels)]


def test_one_hot_puts_all_mass_on_the_label_and_none_on_ignored_rows(array):
    target = ow.one_hot(array([2, -100, 0]), K)
    close(target.dense(), [[0, 0, 1, 0, 0], [0] * 5, [1, 0, 0, 0, 0]])
    close(target.mass(), [1, 0, 1])
    assert np.asarray(target.has_mass()).tolist() == [True, False, True]


def test_one_hot_takes_another_ignore_index_or_none():
    assert ow.one_hot(np.array([0, -1]), 2, ignore_index=-1).mass().tolist() == [1, 0]
    with pytest.raises(ValueError, match=r"labels\[0\] is -100, outside 0\.\.1"):
        ow.one_hot(np.array([-100]), 2, ignore_index=None)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.uint64])
def test_labels_of_any_integer_type(dtype):
    close(ow.one_hot(np.array([1, 3], dtype), 200).dense()[:, :5], hot(1, 3))


@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5, 1.0, -0.25])
def test_smooth_is_the_convention_of_szegedy(array, alpha):
    close(ow.smooth(array([1]), alpha, num_classes=K).dense(), (1 - alpha) * hot(1) + alpha / K)


def test_exclude_label_is_the_other_convention(array):
    dense = np.full((1, K), 0.1 / (K - 1))
    dense[0, 3] = 0.9
    close(ow.smooth(array([3]), 0.1, num_classes=K, exclude_label=True).dense(), dense)


def test_alpha_may_differ_by_row(array):
    alpha = np.array([0.0, 0.5])
    close(
        ow.smooth(array([0, 1]), array(alpha), num_classes=K).dense(),
        (1 - alpha[:, None]) * hot(0, 1) + 0.1 * alpha[:, None] * 2,
    )


def test_prior_of_one_row_and_of_one_row_a_label(array):
    row = np.array([0.5, 0.2, 0.1, 0.1, 0.1])
    close(ow.smooth(array([4]), 0.2, prior=array(row)).dense(), 0.8 * hot(4) + 0.2 * row)
    table = np.random.default_rng(0).dirichlet(np.ones(K), K)
    close(ow.smooth(array([4, 0]), 0.2, prior=array(table)).dense(), 0.8 * hot(4, 0) + 0.2 * table[[4, 0]])


def test_a_table_keeps_its_precision(array):
    """A float32 table of a thousand classes is 4 MB, read row by row: as float64 it would be 8."""
    table = np.random.default_rng(0).dirichlet(np.ones(5), 5).astype(np.float32)
    target = ow.smooth(array([4, 0]), 0.2, prior=array(table))
    assert "float32" in str(target.table.dtype)
    close(target.dense(), 0.8 * hot(4, 0) + 0.2 * table[[4, 0]].astype(float))


def test_smoothing_a_target_moves_its_mass_not_one(array):
    target = ow.one_hot(array([0, -100]), K).scale(array([3.0, 1.0]))
    close(ow.smooth(target, 0.1).dense(), np.stack([3 * (0.9 * hot(0)[0] + 0.02), np.zeros(K)]))


def test_confusion_matrix_acts_on_every_part_of_a_target():
    rng = np.random.default_rng(1)
    table, p = rng.dirichlet(np.ones(K), K), rng.dirichlet(np.ones(K), 3)
    mixed = ow.mix(ow.one_hot(np.array([0, 1, 2]), K), ow.soft(p), 0.5)
    dense = mixed.dense()
    close(ow.smooth(mixed, 0.3, prior=table).dense(), 0.7 * dense + 0.3 * dense @ table, 1e-12)


NUMBERS = {
    "numpy scalar": np.float32,
    "numpy array": lambda x: np.array(x, np.float32),
    "tensor": lambda x: torch.tensor(x, dtype=torch.float32),
    "jax": lambda x: jnp.array(x, jnp.float32),
}


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_of_any_library_are_numbers(array, number):
    """A fit, a schedule or ``labels.max() + 1`` hands these over, whatever library the labels are of."""
    of = NUMBERS[number]
    labels = array([1, 2])
    close(ow.smooth(labels, of(0.25), num_classes=K).dense(), 0.75 * hot(1, 2) + 0.25 / K)
    close(
        ow.mix(ow.one_hot(labels, K), ow.one_hot(array([1, 1]), K), of(0.25)).dense(),
        0.25 * hot(1, 2) + 0.75 * hot(1, 1),
    )
    close(ow.one_hot(labels, K).scale(of(0.5)).dense(), 0.5 * hot(1, 2))
    with pytest.raises(ValueError, match=r"^alpha is 1.5: smoothing moves at most all of the mass"):
        ow.smooth(labels, of(1.5), num_classes=K)
    with pytest.raises(ValueError, match=r"^alpha is nan: expected a finite number"):
        ow.smooth(labels, of(np.nan), num_classes=K)


@pytest.mark.parametrize("count", [np.int64, np.uint8, np.array, torch.tensor, jnp.array])
def test_a_number_of_classes_of_any_library(array, count):
    for target in (
        ow.one_hot(array([1, 2]), count(K)),
        ow.smooth(array([1, 2]), 0.0, num_classes=count(K)),
        ow.smooth(ow.one_hot(array([1, 2]), K), 0.0, num_classes=count(K)),
        ow.top_k(array([[1], [2]]), array([[1.0], [1.0]]), num_classes=count(K)),
    ):
        assert type(target.num_classes) is int
        close(target.dense(), hot(1, 2))


SHAPES = [(), (6,), (2, 3), (1, 2, 3)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_labels_of_any_shape_are_rows_in_c_order(array, shape):
    """composer#1022 and #1230, CutMix#25: labels (N, H, W) of images."""
    flat = np.array([0, 4, -100, 2, 1, 3])[: int(np.prod(shape))]
    labels, strength = flat.reshape(shape), np.linspace(0, 0.5, len(flat)).reshape(shape)
    close(ow.one_hot(array(labels), K).dense(), ow.one_hot(flat, K).dense())
    close(
        ow.smooth(array(labels), array(strength), num_classes=K).dense(),
        ow.smooth(flat, strength.reshape(-1), num_classes=K).dense(),
    )


def test_a_prior_of_counts_is_normalised_only_when_asked(array):
    with pytest.raises(ValueError, match=r"^prior\[0\] sums to 4, not 1 \(tolerance 0.001\): pass normalize=True"):
        ow.smooth(array([0, 1]), 0.5, prior=[3.0, 1.0])
    close(ow.smooth(array([0, 1]), 0.5, prior=[3.0, 1.0], normalize=True).dense(), [[0.875, 0.125], [0.375, 0.625]])
    close(ow.smooth(array([0, 1]), 0.5, prior=array([3, 1]), normalize=True).dense(), [[0.875, 0.125], [0.375, 0.625]])
    matrix = np.array([[3.0, 1.0], [1.0, 1.0]])
    close(ow.smooth(array([0, 1]), 1.0, prior=array(matrix), normalize=True).dense(), [[0.75, 0.25], [0.5, 0.5]])
