import numpy
import pytest

from onewarm.study.models import identity
from onewarm.study.models.libraries import in_library


@pytest.mark.parametrize(
    ("file", "library"),
    [
        (pytest.__file__, True),
        (numpy.__file__, True),
        (identity.__file__, True),
        ("/home/ada/.local/lib/python3.11/site-packages/torch/nn/modules/module.py", True),
        ("/usr/lib/python3/dist-packages/sklearn/base.py", True),
        ("/home/ada/python3/nets.py", False),
        ("/home/ada/my-site-packages/nets.py", False),
        ("<stdin>", False),
    ],
)
def test_what_is_a_library(file, library):
    assert in_library(file) == library
