import numpy as np
import torch

from onewarm.study.arms.arm import parse_arm
from onewarm.study.arms.confusion import confusion_matrix, new_table
from onewarm.study.arms.recipe import Context

RNG = np.random.default_rng(0)
P, Y = RNG.dirichlet(np.ones(3), 40), RNG.integers(0, 3, 40)


def test_the_confusion_matrix_is_the_mean_prediction_by_class():
    by_hand = [(P[k == Y].sum(0) + 1 / 3) / ((k == Y).sum() + 1) for k in range(3)]
    np.testing.assert_allclose(confusion_matrix(torch.from_numpy(P), torch.from_numpy(Y), 3), by_hand, atol=1e-12)
    np.testing.assert_allclose(confusion_matrix(np.zeros((0, 4)), Y[:0], 4), 1 / 4)


def test_mass_goes_to_the_classes_that_a_label_is_confused_with():
    confusion = np.array([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0], [0.5, 0.1, 0.4]])
    target = parse_arm("confusion:0.3").target(np.array([0, 1, 2]), 3, Context(confusion=confusion)).dense()
    np.testing.assert_allclose(target, [[0.7, 0.2, 0.1], [0.15, 0.7, 0.15], [0.25, 0.05, 0.7]], atol=1e-12)


def test_online_smoothing_starts_uniform_and_follows_its_table():
    arm, labels = parse_arm("online:0.5"), torch.tensor([0, 2])
    np.testing.assert_allclose(arm.target(labels, 3).dense(), 0.5 * np.eye(3)[[0, 2]] + 0.5 / 3, atol=1e-7)
    table = torch.from_numpy(RNG.dirichlet(np.ones(3), 3))
    found = arm.target(labels, 3, Context(table=table)).dense()
    np.testing.assert_allclose(found, 0.5 * np.eye(3)[[0, 2]] + 0.5 * table.numpy()[[0, 2]], atol=1e-7)


def test_a_table_is_the_mean_of_the_right_predictions():
    p, y = torch.from_numpy(P.copy()), torch.from_numpy(Y.copy())
    p[y == 2] = torch.tensor([0.9, 0.1, 0.0], dtype=p.dtype)  # never right: uniform
    right = p.argmax(1) == y
    by_hand = [p[right & (y == k)].mean(0) if k < 2 else torch.full((3,), 1 / 3) for k in range(3)]
    np.testing.assert_allclose(new_table(p, y, 3), torch.stack([torch.as_tensor(r) for r in by_hand]), atol=1e-7)


def test_tables_of_several_models():
    """A stack of models has a table each, the same as alone."""
    p = torch.from_numpy(RNG.dirichlet(np.ones(3), (2, 40))).float()
    y = torch.from_numpy(RNG.integers(0, 3, (2, 40)))
    arm = parse_arm("online:0.5")
    both = arm.new_table(p, y, 3)
    assert both.shape == (2, 3, 3) and both.dtype == torch.float32
    np.testing.assert_allclose(both, torch.stack([arm.new_table(p[m], y[m], 3) for m in range(2)]), atol=1e-6)
    np.testing.assert_allclose(both.sum(-1), 1, atol=1e-6)
