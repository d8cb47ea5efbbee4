"""LogitLab: the user's own logits and target, and what Python says of them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import onewarm as ow
from onewarm.widgets import LogitLab


def test_without_arguments_it_is_the_pages_example() -> None:
    lab = LogitLab()
    assert lab.logits == [3, 1, -0.5, -1] and lab.classes == ["cat", "lynx", "dog", "truck"]
    assert lab.loss == pytest.approx(0.4063, abs=5e-5)


@given(
    label=st.integers(0, 4),
    alpha=st.floats(-1, 1),
    logits=st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=5),
    exclude=st.booleans(),
)
def test_a_smoothed_label_is_shown_as_label_and_alpha(label: int, alpha: float, logits: list[float], exclude) -> None:
    if exclude:
        alpha *= 0.5
    target = ow.smooth(np.array([label]), alpha, num_classes=5, exclude_label=exclude)
    lab = LogitLab(np.array(logits), target)
    assert lab.recipe == "uniform"
    np.testing.assert_allclose(lab.target.dense(), target.dense(), atol=1e-12)
    loss, gradient = ow.cross_entropy_with_gradient(np.array([logits]), target)
    assert lab.loss == pytest.approx(float(loss), rel=1e-12, abs=1e-9)
    np.testing.assert_allclose(lab.gradient, gradient[0], atol=1e-12)


@given(st.lists(st.floats(0.01, 1), min_size=3, max_size=3))
def test_any_other_distribution_is_shown_as_the_teachers_row(mass: list[float]) -> None:
    row = np.array(mass) / sum(mass)
    lab = LogitLab([1, 2, 3], row)
    np.testing.assert_allclose(lab.target.dense()[0], row, atol=1e-9)
    lab.alpha = 0
    assert lab.target.dense()[0].tolist() == np.eye(3)[int(row.argmax())].tolist()


def test_labels_votes_and_tensors_are_targets() -> None:
    z = torch.tensor([[2.0, 1.0, 0.0]], requires_grad=True)
    assert (LogitLab(z, 2).label, LogitLab(z, 2).alpha) == (2, 0)
    assert LogitLab(z, torch.tensor([1])).label == 1
    assert LogitLab(z, ow.one_hot(torch.tensor([1]), 3)).label == 1
    votes = LogitLab(z, ow.votes(np.array([[6, 3, 1]])))
    np.testing.assert_allclose(votes.target.dense()[0], [0.6, 0.3, 0.1])
    teacher = torch.softmax(torch.tensor([3.0, 1.0, 0.0]), 0)  # float32: sums to 1 but for rounding
    np.testing.assert_allclose(LogitLab(z, teacher).target.dense()[0], teacher, atol=1e-7)


def test_prior_and_teacher_rows_are_the_targets_rows() -> None:
    lab = LogitLab([1.0, 2.0], label=1, alpha=0.5, recipe="teacher", teacher=np.array([[0.9, 0.1], [0.3, 0.7]]))
    np.testing.assert_allclose(lab.target.dense()[0], [0.15, 0.85])
    lab.recipe, lab.prior = "prior", [0.2, 0.8]
    np.testing.assert_allclose(lab.target.dense()[0], [0.1, 0.9])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"target": 7}, ValueError, "target is 7: pass a class from 0 to 2, or K probabilities"),
        ({"target": 1.5}, ValueError, "target is 1.5: pass a class from 0 to 2, or K probabilities"),
        ({"target": [0.2, 0.2, 0.2]}, ValueError, "target sums to 0.6: pass probabilities that sum to 1"),
        ({"target": [1.2, -0.3, 0.1]}, ValueError, "target[1] is -0.3: pass probabilities, none below 0"),
        ({"target": [0.5, 0.5]}, ValueError, "target has 2 classes, logits have 3: expected the same"),
        (
            {"target": ow.one_hot(np.array([0]), 4)},
            ValueError,
            "target has 4 classes, logits have 3: expected the same",
        ),
        ({"target": ow.one_hot(np.array([0, 1]), 3)}, ValueError, "target has 2 rows: pass one, target[:1]"),
        (
            {"target": ow.one_hot(np.array([0]), 3).scale(2.0)},
            ValueError,
            "target has mass 2: LogitLab shows targets of mass 1; scale it",
        ),
        ({"target": 1, "alpha": 0.2}, TypeError, "both a target and alpha: pass one of the two"),
        ({"alpha": 3}, ValueError, "alpha is 3: pass a number from -1 to 1"),
        ({"alpha": float("nan")}, ValueError, "alpha is nan: pass finite numbers"),
        ({"label": 3}, ValueError, "label is 3: pass a class from 0 to 2"),
        ({"label": 1.5}, ValueError, "label is 1.5: pass a class from 0 to 2"),
        ({"recipe": "even"}, ValueError, "recipe is 'even': choose one of uniform, prior, teacher"),
        ({"prior": [0.5, 0.5]}, ValueError, "prior has 2 classes, logits have 3: expected the same"),
        ({"teacher": np.eye(3) * 2}, ValueError, "teacher[0] sums to 2: pass probabilities that sum to 1"),
        (
            {"teacher": np.ones((2, 3)) / 3},
            ValueError,
            "teacher has shape (2, 3): pass K probabilities, or (K, K), a row for each label",
        ),
        ({"classes": ["a", "b"]}, ValueError, "classes has 2 names, logits have 3: expected the same"),
        ({"classes": [1, 2, 3]}, TypeError, "classes has items that are not text: pass K names"),
    ],
)
def test_bad_arguments_are_reported_by_name_and_value(arguments: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        LogitLab([1.0, 2.0, 3.0], **arguments)
    assert str(caught.value) == message


def test_a_bad_value_leaves_the_good_one() -> None:
    lab = LogitLab([1.0, 2.0, 3.0], 1)
    with pytest.raises(ValueError, match="logits has 2 classes, the demo has 3: use"):
        lab.logits = [1, 2]
    with pytest.raises(ValueError, match=r"logits\[2\] is nan"):
        lab.logits = [1, 2, np.nan]
    with pytest.raises(ValueError, match="target is 9"):
        lab.show([1, 2], 9)
    assert lab.logits == [1, 2, 3] and lab.label == 1
    lab.show([5, 4])
    assert lab.logits == [5, 4] and lab.label == 0 and len(lab.prior) == 2 and lab.loss > 0
