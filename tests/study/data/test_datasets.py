import re

import pytest

from onewarm.errors import InputError
from onewarm.study.data.load import load


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(InputError, match=re.escape(f"seed must be a whole number from 0, got {seed!r}")):
        load("blobs").split(seed)
