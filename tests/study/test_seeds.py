import re

import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.study.seeds import parse_seeds


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (3, [0, 1, 2]),
        ("3", [0, 1, 2]),
        (np.int64(2), [0, 1]),
        ("0, 3, 5-7", [0, 3, 5, 6, 7]),
        ("4-4", [4]),
        ([9, 2], [9, 2]),
        (range(2), [0, 1]),
    ],
)
def test_what_is_meant(given, meant):
    assert parse_seeds(given) == meant


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (0, "seeds is 0: expected how many (at least 1), or which (0,3,5-9)"),
        ("0", "seeds is 0: expected how many (at least 1), or which (0,3,5-9)"),
        (True, "seeds is True: expected how many (at least 1), or which (0,3,5-9)"),
        ("many", "seeds is 'many': expected how many (20), or which (0,3,5-9)"),
        ("1-", "seeds is '1-': expected how many (20), or which (0,3,5-9)"),
        ("-3", "seeds is '-3': expected how many (20), or which (0,3,5-9)"),
        ("", "seeds is empty: expected at least one"),
        ("9-5", "seeds is empty: expected at least one"),
        ([1, -2], "seeds[1] is -2: expected a whole number from 0"),
        ([1.0], "seeds[0] is 1.0: expected a whole number from 0"),
        ("1,2,1", "seeds[2] is 1, which is given twice: give each seed once"),
        ([2**63], f"seeds[0] is {2**63}: expected a whole number from 0"),
    ],
)
def test_what_is_no_seed(given, error):
    with pytest.raises(InputError, match="^" + re.escape(error)):
        parse_seeds(given)
