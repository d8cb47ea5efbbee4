"""Mixtures and concatenations of any targets, their laws, and bad input of every verb by the exact error."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

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


@st.composite
def targets(draw, rows=4):
    """Any target that the verbs can build, with the dense rows it should have."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, K, rows)
    recipe = draw(st.sampled_from(["hot", "soft", "votes", "top", "smooth", "mixed"]))
    if recipe == "soft":
        p = rng.dirichlet(np.ones(K), rows)
        target, dense = ow.soft(p), p
    elif recipe == "votes":
        counts = rng.integers(0, 4, (rows, K))
        total = counts.sum(1, keepdims=True)
        target, dense = ow.votes(counts), np.divide(counts, total, out=np.zeros((rows, K)), where=total > 0)
    elif recipe == "top":
        index = np.stack([rng.permutation(K)[:2] for _ in range(rows)])
        weight = rng.dirichlet(np.ones(3), rows)[:, :2]
        target = ow.top_k(index, weight, num_classes=K)
        dense = np.repeat((1 - weight.sum(1))[:, None] / K, K, axis=1)
        np.add.at(dense, (np.arange(rows)[:, None], index), weight)
    else:
        target, dense = ow.one_hot(labels, K), np.eye(K)[labels]
        if recipe == "smooth":
            prior = rng.dirichlet(np.ones(K), K)
            alpha = rng.uniform(-0.5, 1, rows)
            target = ow.smooth(target, alpha, prior=prior)
            dense = (1 - alpha[:, None]) * dense + alpha[:, None] * prior[labels]
        elif recipe == "mixed":
            other = rng.dirichlet(np.ones(K), rows)
            target, dense = ow.mix(target, ow.soft(other), 0.3), 0.3 * dense + 0.7 * other
    return target, dense


@given(targets())
def test_verbs_build_the_rows_they_say(pair):
    target, dense = pair
    close(target.dense(), dense, 1e-12)
    close(target.mass(), dense.sum(1), 1e-12)


@given(targets(), targets(), st.floats(-2, 2))
def test_mix_is_linear(a, b, lam):
    close(ow.mix(a[0], b[0], lam).dense(), lam * a[1] + (1 - lam) * b[1], 1e-12)


@given(targets(), st.lists(st.integers(-4, 3), max_size=6))
def test_indexing_commutes_with_dense(pair, rows):
    rows = np.array(rows, dtype=np.int64)
    close(pair[0][rows].dense(), pair[1][rows], 1e-12)
    close(pair[0][1:3].dense(), pair[1][1:3], 1e-12)
    close(pair[0][-1].dense(), pair[1][-1:], 1e-12)
    close(pair[0][pair[1][:, 0] > 0.3].dense(), pair[1][pair[1][:, 0] > 0.3], 1e-12)


@given(st.lists(targets(), min_size=1, max_size=4))
def test_concat_is_the_rows_in_order(pairs):
    close(ow.concat([t for t, _ in pairs]).dense(), np.concatenate([d for _, d in pairs]), 1e-12)


@given(targets(), st.lists(st.floats(-3, 3), min_size=4, max_size=4))
def test_scale_is_row_by_row(pair, weights):
    close(pair[0].scale(weights).dense(), pair[1] * np.array(weights)[:, None], 1e-9)


def test_shared_tables_stay_shared():
    labels = np.array([0, 1, 2])
    a = ow.smooth(labels, 0.1, num_classes=K)
    assert ow.mix(a, a[::-1], 0.3).table.shape == (1, K)
    assert ow.mix(a, ow.smooth(labels, 0.4, num_classes=K), 0.3).table_index.shape == (3, 1)
    teacher = np.random.default_rng(0).dirichlet(np.ones(K), 1000).astype(np.float32)
    target = ow.soft(teacher)
    assert target[:8].table is target.table is teacher
    assert ow.smooth(target, 0.1).table.dtype == np.float32


BAD = {
    "label too large": (
        lambda: ow.one_hot(np.array([0, 5]), 5),
        "labels[1] is 5, outside 0..4: labels start at 0; subtract 1, or mark the row as ignored with -100",
    ),
    "label negative": (
        lambda: ow.one_hot(np.array([0, -7]), 5),
        "labels[1] is -7, outside 0..4: correct it, raise num_classes, or mark the row as ignored with -100",
    ),
    "labels of two dimensions": (
        lambda: ow.one_hot(np.array([[0, 1], [2, 0]]), 2),
        "labels[1, 0] is 2, outside 0..1: labels start at 0; subtract 1, or mark the row as ignored with -100",
    ),
    "alpha above 1": (
        lambda: ow.smooth(np.array([0]), 1.5, num_classes=2),
        "alpha is 1.5: smoothing moves at most all of the mass, so alpha is at most 1",
    ),
    "alpha above 1 in a row": (
        lambda: ow.smooth(np.array([0, 1]), [0.1, 1.5], num_classes=2),
        "alpha[1] is 1.5: smoothing moves at most all of the mass, so alpha is at most 1",
    ),
    "alpha nan": (
        lambda: ow.smooth(np.array([0]), float("nan"), num_classes=2),
        "alpha is nan: expected a finite number",
    ),
    "alpha of another length": (
        lambda: ow.smooth(np.array([0, 1]), [0.1, 0.2, 0.3], num_classes=2),
        "alpha has shape (3,): expected a number or shape (2,), one a row",
    ),
    "classes unknown": (
        lambda: ow.smooth(np.array([0]), 0.1),
        "num_classes is missing: labels alone do not tell how many classes there are",
    ),
    "prior of the wrong width": (
        lambda: ow.smooth(np.array([0]), 0.1, num_classes=3, prior=np.array([0.5, 0.5])),
        "prior has shape (2,): expected rows of 3 classes",
    ),
    "prior not square": (
        lambda: ow.smooth(np.array([0]), 0.1, prior=np.full((2, 3), 1 / 3)),
        "prior has shape (2, 3): expected (K,) or (K, K), a row for each label",
    ),
    "prior of counts": (
        lambda: ow.smooth(np.array([0]), 0.1, prior=np.array([30.0, 70.0])),
        "prior[0] sums to 100, not 1 (tolerance 0.001): divide by 100",
    ),
    "both conventions": (
        lambda: ow.smooth(np.array([0]), 0.1, prior=np.array([0.5, 0.5]), exclude_label=True),
        "exclude_label=True is defined for the uniform prior: leave prior out, or exclude_label",
    ),
    "negative probability": (
        lambda: ow.soft(np.array([[0.5, 0.5], [1.5, -0.5]])),
        "probabilities[1, 1] is -0.5: probabilities are finite and not negative; are these logits? take their softmax",
    ),
    "nan probability": (
        lambda: ow.soft(np.array([[0.5, np.nan]])),
        "probabilities[0, 1] is nan: probabilities are finite and not negative",
    ),
    "rows that sum to 2": (
        lambda: ow.soft(np.array([[1.0, 1.0]])),
        "probabilities[0] sums to 2, not 1 (tolerance 0.001): pass normalize=True to scale the rows",
    ),
    "row of zeros to normalise": (
        lambda: ow.soft(np.array([[0.0, 0.0]]), normalize=True),
        "probabilities[0] sums to 0 and cannot be normalised: give the row some mass",
    ),
    "negative vote": (
        lambda: ow.votes(np.array([[1, -1]])),
        "counts[0, 1] is -1: votes are finite and not negative; for labels, a column for each annotator, "
        "use onewarm.votes_from",
    ),
    "top-k above 1": (
        lambda: ow.top_k(np.array([[0, 1]]), np.array([[0.9, 0.9]]), num_classes=3),
        "weight[0] sums to 1.8, above 1: pass probabilities",
    ),
    "top-k class out of range": (
        lambda: ow.top_k(np.array([[0, 3]]), np.array([[0.1, 0.1]]), num_classes=3),
        "index[0, 1] is 3, outside 0..2",
    ),
    "tail unknown": (
        lambda: ow.top_k(np.array([[0]]), np.array([[0.1]]), num_classes=3, tail="keep"),
        "tail is 'keep': expected 'drop', 'uniform', 'bucket' or a row of shape (3,)",
    ),
    "no classes": (
        lambda: ow.one_hot(np.array([0, 1]), 0),
        "num_classes is 0: expected an integer of at least 1",
    ),
    "classes that are no integer": (
        lambda: ow.smooth(np.array([0]), 0.1, num_classes=np.float64(3)),
        "num_classes is np.float64(3.0): expected an integer of at least 1",
    ),
    "classes of another number": (
        lambda: ow.smooth(ow.one_hot(np.array([0]), 2), 0.1, num_classes=np.int64(3)),
        "num_classes is 3 but the target has 2: leave it out",
    ),
    "top-k without classes": (
        lambda: ow.top_k(np.array([[0]]), np.array([[0.1]]), num_classes=-1),
        "num_classes is -1: expected an integer of at least 1",
    ),
    "mix of classes": (
        lambda: ow.mix(ow.one_hot(np.array([0]), 2), ow.one_hot(np.array([0]), 3), 0.5),
        "a has 1 rows of 2 classes and b 1 of 3: expected the same",
    ),
    "concat of classes": (
        lambda: ow.concat([ow.one_hot(np.array([0]), 2), ow.one_hot(np.array([0]), 3)]),
        "targets[1] has 3 classes, targets[0] 2: expected the same",
    ),
    "mix of lengths": (
        lambda: ow.mix(ow.one_hot(np.array([0]), 2), ow.one_hot(np.array([0, 1]), 2), 0.5),
        "a has 1 rows of 2 classes and b 2 of 2: expected the same",
    ),
    "nothing to join": (lambda: ow.concat([]), "targets is empty: give at least one"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_by_the_exact_error(case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message


def test_concat_rounds_no_table(array):
    """float64 rows in front of more float16 ones: they were rounded to 3 digits."""
    rng = np.random.default_rng(0)
    fine, coarse = rng.dirichlet(np.ones(K), 2), rng.dirichlet(np.ones(K), 3).astype(np.float16)
    for rows in ([fine, coarse], [coarse, fine]):
        joined = ow.concat([ow.soft(array(part)) for part in rows])
        assert joined.table.dtype == ow.soft(array(fine)).table.dtype
        close(joined.table, np.concatenate([part.astype(float) for part in rows]), 1e-7)
    mixed = ow.mix(ow.soft(array(fine)), ow.soft(array(coarse[:2])), 0.5)
    close(mixed.dense(), 0.5 * fine + 0.5 * coarse[:2], 1e-7)


def test_a_single_row_does_not_widen_a_teacher_beyond_float32():
    teacher = np.random.default_rng(0).dirichlet(np.ones(K), 4)
    for kind, expected in ((np.float16, np.float32), (np.float32, np.float32), (np.float64, np.float64)):
        narrow = teacher.astype(kind)
        target = ow.smooth(ow.soft(narrow), 0.3)
        assert target.table.dtype == expected
        wide = narrow.astype(float)
        close(target.dense(), 0.7 * wide + 0.3 * wide.sum(1, keepdims=True) / K, 1e-7)
    assert (
        ow.concat([ow.smooth(np.array([0]), 0.1, num_classes=K), ow.soft(teacher[:1].astype(np.float32))]).table.dtype
        == np.float64
    )


def test_a_single_row_is_shared_only_with_another_single_row():
    """A teacher whose rows all equal the uniform row is still a table of several rows."""
    uniform = ow.soft(np.full((3, K), 1 / K))
    smoothed = ow.smooth(np.array([0, 1, 2]), 0.5, num_classes=K)
    close(ow.mix(smoothed, uniform, 0.5).dense(), 0.25 * hot(0, 1, 2) + 0.75 / K, 1e-12)
    joined = ow.concat([smoothed, uniform])
    assert int(joined.table_index.max()) < joined.table.shape[0]
    close(ow.cross_entropy(np.zeros((6, K)), joined, reduction="none"), np.full(6, np.log(K)), 1e-12)


def test_kinds_of_array_do_not_mix():
    with pytest.raises(TypeError, match="b is a torch array but a is a numpy array: convert one of them"):
        ow.mix(ow.one_hot(np.array([0]), 2), ow.one_hot(torch.tensor([0]), 2), 0.5)
    with pytest.raises(
        TypeError, match=r"labels has dtype float64: expected integers \(for probabilities use onewarm.soft\)"
    ):
        ow.one_hot(np.array([0.0]), 2)


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor, jnp.asarray])
def test_labels_of_another_shape_than_the_logits_are_refused(kind):
    """Labels of any shape make a target, but not silently one for other logits."""
    for shape in ((4, 1), (2, 2), (1, 4)):
        with pytest.raises(ValueError, match=r"^labels has shape \(.*\): expected \(N,\), one integer a row$"):
            ow.cross_entropy(kind(np.zeros((4, 3))), kind(np.zeros(shape, int)))
