"""Whether the arrays of a target fit together; by the exact error in test_value.py."""

import numpy as np
import pytest

from onewarm.soft_target.parts import PARTS, checked


def test_parts_that_fit_give_the_number_of_classes():
    parts = dict.fromkeys(PARTS) | {"index": np.zeros((2, 1), int), "weight": np.ones((2, 1))}
    assert type(checked(parts, np.int64(3))) is int and checked(parts, 3) == 3
    with pytest.raises(TypeError, match="expected integers"):
        checked(parts | {"index": np.zeros((2, 1))}, 3)
