import numpy as np

from onewarm.study.arms.arm import parse_arm


def test_the_parameter_of_the_beta_distribution():
    arm = parse_arm("mixup:0.4")
    assert arm.mixup == 0.4 and arm.changes_loss and arm.alpha is None
    assert arm.target(np.array([0, 1]), 2).dense().tolist() == [[1, 0], [0, 1]]
