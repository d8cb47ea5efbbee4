import re

import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arm
from onewarm.study.arms.recipe import Context


def test_shares_of_the_votes_and_the_label_where_there_are_none():
    votes = np.array([[3, 1, 0], [0, 0, 0], [0, 5, 0]])
    target = parse_arm("votes").target(np.array([0, 2, 0]), 3, Context(votes=votes))
    np.testing.assert_allclose(target.dense(), [[0.75, 0.25, 0], [0, 0, 1], [0, 1, 0]])
    assert votes[1].sum() == 0  # the user's own array is left as it was


def test_votes_of_other_rows():
    error = "votes has shape (3, 2): expected (2, 2), a count for each class"
    with pytest.raises(InputError, match=f"^{re.escape(error)}$"):
        parse_arm("votes").target(np.array([0, 1]), 2, Context(votes=np.ones((3, 2))))
