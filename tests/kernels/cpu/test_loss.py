"""What lies around the CPU kernel: what the mean divides by, how losses add up, and which arguments it takes.

That the loss is right: test_definition.py and test_loss_accuracy.py.
"""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

import onewarm as ow
from onewarm import definition
from onewarm.kernels.cpu.loss import checked, loss_and_gradient
from onewarm.loss_options import LossOptions

K = 4
Z = np.random.default_rng(0).standard_normal((3, K))


def by_hand(weight: NDArray[Any], table_weight: NDArray[Any]) -> ow.SoftTarget:
    zeros = np.zeros((3, 1), np.int64)
    return ow.SoftTarget(
        index=zeros,
        weight=weight,
        table=np.full((1, K), 1 / K),
        table_index=zeros,
        table_weight=table_weight,
        num_classes=K,
    )


def same(number: float) -> NDArray[np.float64]:
    """One number for all rows, as a broadcast view."""
    return np.broadcast_to(np.array([[number]]), (3, 1))


SOME = np.array([[1.0], [0.0], [0.5]])
COUNTS = {
    "all named": (same(1.0), same(0.0), 3),
    "all by the table": (same(0.0), same(0.5), 3),
    "some named, no table's share": (SOME, same(0.0), 2),
    "nothing named, some of the table": (same(0.0), SOME, 2),
    "some named, all by the table": (SOME, same(0.5), 3),
    "some of each": (np.array([[1.0], [0.0], [0.0]]), np.array([[0.0], [0.0], [-0.5]]), 2),
    "each row in one way": (np.array([[1.0], [0.0], [1.0]]), np.array([[0.0], [1.0], [0.0]]), 3),
    "none": (same(0.0), same(0.0), 1),
    "none, written out": (np.zeros((3, 1)), np.zeros((3, 1)), 1),
}


@pytest.mark.parametrize("case", COUNTS)
def test_the_mean_divides_by_the_rows_with_mass(case: str) -> None:
    weight, table_weight, count = COUNTS[case]
    target = by_hand(weight, table_weight)
    total, _ = loss_and_gradient(Z, target, LossOptions("sum"), gradient=False)
    mean, _ = loss_and_gradient(Z, target, LossOptions("mean"), gradient=False)
    assert mean == pytest.approx(total / count, rel=1e-14)
    assert mean == pytest.approx(definition.cross_entropy(Z, target), rel=1e-12)


@pytest.mark.parametrize("normalizer", ["mass", 7.0, 7, np.array([7.0])])
def test_other_normalizers(normalizer: Any) -> None:
    target = by_hand(SOME, same(0.25))
    mean, gradient = loss_and_gradient(Z, target, LossOptions("mean", normalizer), gradient=True)
    by = 2.25 if isinstance(normalizer, str) else 7
    total, slope = definition.loss_and_gradient(Z, target, LossOptions("sum"))
    assert gradient is not None and mean == pytest.approx(total / by, rel=1e-12)
    np.testing.assert_allclose(gradient, slope / by, rtol=1e-12, atol=1e-15)


def test_each_row_may_have_a_factor_of_its_own() -> None:
    target, above = by_hand(SOME, same(0.25)), np.array([2.0, -1.0, 0.5])
    rows, gradient = loss_and_gradient(Z, target, LossOptions("none"), gradient=True, row_scale=above)
    losses, slope = definition.loss_and_gradient(Z, target, LossOptions("none"))
    assert gradient is not None
    np.testing.assert_allclose(rows, losses, rtol=1e-12)
    np.testing.assert_allclose(gradient, slope * above[:, None], rtol=1e-12, atol=1e-15)


def test_no_rows_are_worth_0() -> None:
    target = ow.one_hot(np.zeros(0, int), K)
    for reduction in ("mean", "sum"):
        assert loss_and_gradient(Z[:0], target, LossOptions(reduction), gradient=False)[0] == 0


@pytest.mark.parametrize("name", ["weight", "table_weight", "table"])
def test_mass_that_is_not_finite(name: str) -> None:
    parts = {"weight": SOME.copy(), "table_weight": SOME.copy(), "table": np.full((1, K), 1 / K)}
    parts[name][-1, 0] = np.nan
    zeros = np.zeros((3, 1), np.int64)
    target = ow.SoftTarget(index=zeros, table_index=zeros, num_classes=K, **parts)
    with pytest.raises(ValueError) as error:
        loss_and_gradient(Z, target, LossOptions(), gradient=False)
    assert str(error.value) == f"target.{name}[{len(parts[name]) - 1}, 0] is nan: expected finite mass"


@pytest.mark.parametrize("dtype", [np.float32, ml_dtypes.bfloat16])
def test_a_target_that_fits_is_handed_on_and_labels_become_one(dtype: Any) -> None:
    z = Z.astype(dtype)
    target = by_hand(SOME, same(0.25))
    assert checked(z, target) is target
    labels = np.array([1, -100, 3], np.int32)
    np.testing.assert_array_equal(checked(z, labels).dense(), [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]])
    np.testing.assert_allclose(checked(z, np.full((3, K), 0.25)).dense(), 0.25)


@pytest.mark.parametrize(
    ("logits", "target", "text"),
    [
        (Z, np.array([0, 1]), "target has 2 rows, logits have 3: expected one a row"),
        (Z, np.array([0, 1, 4]), "labels[2] is 4, outside 0..3: labels start at 0; subtract 1, or mark the row"),
        (Z, ow.one_hot(np.array([0, 1, 2]), 3), "target has 3 classes, logits have 4: expected the same"),
        (Z, ow.one_hot(np.array([0, 1]), K), "target has 2 rows, logits have 3: expected one a row"),
        (Z[0], np.array([0]), "logits has shape (4,): expected (N, K), one row an example"),
        (Z[:, :0], np.array([0, 0, 0]), "logits has shape (3, 0): expected (N, K), one row an example"),
    ],
)
def test_what_does_not_fit(logits: NDArray[Any], target: Any, text: str) -> None:
    with pytest.raises(ValueError) as error:
        checked(logits, target)
    assert str(error.value).startswith(text)


def test_logits_that_are_integers() -> None:
    with pytest.raises(TypeError, match=r"^logits has dtype int64: expected floating point$"):
        checked(np.ones((1, 2), np.int64), np.array([0]))
