"""The quick way to a target from labels, against the verbs that say the same."""

import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm.torch.cross_entropy import label_target
from onewarm.torch.cross_entropy.label_target import class_target, label_count, labelled


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("smoothed_first", [True, False])
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
@pytest.mark.parametrize("weighted", [True, False])
def test_is_what_the_verbs_say(alpha: float, smoothed_first: bool, dtype: type, weighted: bool) -> None:
    y = np.array([0, 3, 2, 1, 1, 4], dtype)
    weight = np.array([0.5, 0.0, 2.0, 1.0, 3.0]) if weighted else None
    made = labelled(y, 5, weight, 1, alpha, smoothed_first)
    wanted = ow.one_hot(y, 5, ignore_index=1)
    if weight is not None and not smoothed_first:
        wanted = wanted.reweight(weight)
    wanted = ow.smooth(wanted, alpha)
    if weight is not None and smoothed_first:
        wanted = wanted.reweight(weight)
    np.testing.assert_allclose(made.target.dense(), wanted.dense(), rtol=1e-15)
    np.testing.assert_array_equal(made.target.has_mass() & (y == 1), False)
    assert made.divisor == pytest.approx(4 if weight is None else 0.5 + 1 + 2 + 3)


@pytest.mark.parametrize("ignored", [-100, -1, 0, 4, 5])
@pytest.mark.parametrize("weighted", [True, False])
def test_a_label_in_range_may_be_the_ignored_one(ignored: int, weighted: bool) -> None:
    """All labels lie in 0..4 here: nothing but ``ignore_index`` says which rows are left out."""
    y = np.array([0, 3, 4, 1, 0, 4])
    weight = np.array([0.5, 7.0, 2.0, 1.0, 3.0]) if weighted else None
    made = labelled(y, 5, weight, ignored, 0.2, True)
    wanted = ow.smooth(ow.one_hot(y, 5, ignore_index=ignored), 0.2)
    wanted = wanted if weight is None else wanted.reweight(weight)
    np.testing.assert_allclose(made.target.dense(), wanted.dense(), rtol=1e-15)
    counted = y[y != ignored]
    assert made.divisor == (len(counted) if weight is None else weight[counted].sum())


def test_equal_rows_stay_one_number() -> None:
    """Whatever the batch, weights of a broadcast view are read from one place; an empty batch has none."""
    made = labelled(np.array([0, 1, 2]), 3, None, -100, 0.2, True)
    assert made.target.weight.strides[0] == made.target.table_weight.strides[0] == 0
    assert not made.target.weight.flags.writeable
    empty = labelled(np.zeros(0, np.int64), 3, None, -100, 0.2, True)
    assert empty.divisor == 0 and empty.target.weight.shape == empty.target.table_weight.shape == (0, 1)


def test_errors() -> None:
    with pytest.raises(ValueError, match=r"labels\[1\] is 5, outside 0..4: labels start at 0; subtract 1"):
        labelled(np.array([0, 5]), 5, None, -100, 0.1, True)
    with pytest.raises(ValueError, match=r"class_weight\[1\] is -1: expected a finite weight, not negative"):
        labelled(np.array([0, 1]), 2, np.array([1.0, -1.0]), -100, 0.1, False)
    with pytest.raises(ValueError, match=r"class_weight has shape \(3,\): expected \(2,\)"):
        labelled(np.array([0, 1]), 2, np.ones(3), -100, 0.1, True)
    for target in (torch.tensor([0, 1]), torch.tensor([[1.0, 0.0]])):
        with pytest.raises(ValueError, match=r"class_weight has shape \(3,\): expected \(2,\)"):
            class_target(target, 2, torch.ones(3), -100, 0.1, False)


def test_on_a_device_without_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apple's MPS: the sum of the labels' weights asks for the widest dtype that the device has."""
    truth, weight = torch.tensor([0, 1, -100, 1]), torch.tensor([0.1, 0.2])
    assert label_count(truth, weight, -100) == pytest.approx(0.5)

    def refuse(*_: object) -> None:
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64")

    monkeypatch.setattr(label_target, "sum_dtype", lambda device: torch.float32)
    monkeypatch.setattr(torch.Tensor, "double", refuse)
    assert label_count(truth, weight, -100) == pytest.approx(0.5)
