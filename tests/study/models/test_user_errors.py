import pytest

from onewarm.errors import InputError
from onewarm.study.models.user_errors import first_line, user_code


def test_the_line_is_the_users_not_that_of_the_library_that_raised():
    import numpy as np

    with pytest.raises(InputError) as raised, user_code("your factory make"):
        np.zeros(3).reshape(2, 2)
    assert str(raised.value) == (
        "your factory make: ValueError: cannot reshape array of size 3 into shape (2,2) "
        "(test_user_errors.py, line 11: np.zeros(3).reshape(2, 2))"
    )
    assert isinstance(raised.value.__cause__, ValueError)


def test_a_line_of_a_notebooks_cell_and_of_a_folder_with_pythons_name():
    import linecache

    for name in ("/tmp/ipykernel_12/345.py", "/home/ada/python3/nets.py"):
        linecache.cache[name] = (9, None, ["1 / 0\n"], name)
        said = r"^your fit: ZeroDivisionError: division by zero \((345|nets).py, line 1: 1 / 0\)$"
        with pytest.raises(InputError, match=said), user_code("your fit"):
            exec(compile("1 / 0", name, "exec"))


def test_of_code_without_a_file_the_line_has_its_number():
    """A module of a notebook that failed in a worker process was named without a line."""
    names = {}
    exec(compile("def forward(x):\n\n    return 1 / x", "<ipython-input-3-6f>", "exec"), names)
    with pytest.raises(InputError) as raised, user_code("Net, arm hard, seed 0"):
        names["forward"](0)
    assert str(raised.value) == "Net, arm hard, seed 0: ZeroDivisionError: division by zero (line 3, in forward)"


def test_an_error_that_is_meant_for_the_user_already_and_ctrl_c_pass():
    with pytest.raises(InputError, match=r"^row 3$"), user_code("your factory"):
        raise InputError("row 3")
    with pytest.raises(KeyboardInterrupt), user_code("your factory"):
        raise KeyboardInterrupt


def test_first_line():
    assert first_line(ValueError("\na\nb")) == "a" and first_line(ValueError()) == "ValueError"
