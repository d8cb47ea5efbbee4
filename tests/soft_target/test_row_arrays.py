"""Arrays of one row an example."""

import numpy as np
import pytest
import torch

from onewarm.soft_target.row_arrays import is_broadcast, side_by_side, take, times, widen


@pytest.mark.parametrize("array", [np.asarray, torch.tensor])
def test_a_view_of_a_single_row_times_one_number_stays_one(array):
    import array_api_compat

    xp = array_api_compat.array_namespace(array([1.0]))
    view = xp.broadcast_to(array([[2.0, 3.0]]), (4, 2))
    assert is_broadcast(view) and is_broadcast(times(view, array([[2.0]])))
    assert not is_broadcast(times(view, array([[2.0], [1.0], [1.0], [1.0]])))
    assert np.asarray(times(view, array([[2.0]]))).tolist() == [[4.0, 6.0]] * 4


def test_columns_are_joined_padded_and_taken():
    left, right = np.array([[1], [2]]), np.array([[3], [4]])
    assert side_by_side(np, left, right).tolist() == [[1, 3], [2, 4]]
    assert side_by_side(np, left[:, :0], right).tolist() == right.tolist()
    assert widen(np, left, 3).tolist() == [[1, 0, 0], [2, 0, 0]] and widen(np, left, 1) is left
    assert take(np, np.array([5.0, 6.0]), np.array([[1, 0]])).tolist() == [[6.0, 5.0]]
