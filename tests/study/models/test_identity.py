"""What identifies a user's model: the same for the same, another for all that changes what it does."""

import functools
import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from onewarm.study.models.identity import identity

USER = """
{top}
WIDTH = {width}
def helper(x):
    return x * {factor}
class Base:
    scale = {scale}
class Net(Base):
    def __init__(self, f, k):
        self.layer = [f, k]  # {comment}
    @staticmethod
    def twice(x):
        return x * {twice}
    def forward(self, x):
        return self.layer([helper(part) for part in (x,)][0])
def make(n):
    return lambda f, k: Net(f * n, k + WIDTH)
result = {what}
"""
PLAIN = {"top": "", "width": 3, "factor": 2, "scale": 1, "comment": "", "twice": 2, "what": "make(4)"}


def of(**change):
    names = {"__name__": "typed_by_the_user"}
    exec(USER.format(**PLAIN | change), names)
    return json.dumps(identity(names["result"]))


def test_a_factory_typed_without_a_file_is_the_same_in_another_process_and_place():
    code = USER.format(**PLAIN | {"comment": "another comment", "top": "unused = 1\n\n"})
    code += "import json; from onewarm.study.models.identity import identity; print(json.dumps(identity(result)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == of()


@pytest.mark.parametrize(
    "change",
    [{"width": 4}, {"factor": 3}, {"scale": 2}, {"twice": 3}, {"what": "make(5)"}],
    ids=lambda c: next(iter(c)),
)
def test_what_a_factory_uses_is_part_of_it(change):
    """A helper, a constant, a base class, a value it closes over: each changes what is trained."""
    assert of(**change) != of()


def test_estimators_are_their_class_and_parameters():
    def pipeline(c):
        return make_pipeline(StandardScaler(), LogisticRegression(C=c))

    assert identity(pipeline(1.0)) == identity(pipeline(1.0)) != identity(pipeline(2.0))
    assert "scikit" not in json.dumps(identity(pipeline(1.0))) and "LogisticRegression 1." in json.dumps(
        identity(pipeline(1.0))
    )


def test_arrays_partials_and_what_refers_to_itself():
    assert identity(np.arange(3)) == identity(np.arange(3)) != identity(np.arange(3.0))
    assert identity(functools.partial(np.full, 3)) != identity(functools.partial(np.full, 4))
    loop = []
    loop.append(loop)
    assert identity(loop) == ["again: list, 0"]
    assert identity({2, 1}) == [1, 2]


def test_what_has_no_lasting_form_is_never_the_same():
    assert identity(object()) != identity(object())
    assert "not identified" in identity(iter([]))


def test_functions_that_use_each_other_in_all_directions_are_told_once():
    """Thirty helpers, each of which calls all that follow, were 2^30 functions."""
    lines = [f"def f{i}(x):\n    return {' + '.join(f'f{j}(x)' for j in range(i + 1, 30)) or 'x'}" for i in range(30)]
    names, changed = {"__name__": "typed_by_the_user"}, {"__name__": "typed_by_the_user"}
    exec("\n".join(lines), names)
    exec("\n".join([*lines[:-1], "def f29(x):\n    return 2 * x"]), changed)
    first, second = (json.dumps(identity(n["f0"])) for n in (names, changed))
    assert len(first) < 100_000 and first != second


def test_which_of_two_functions_of_one_name_is_used_makes_a_difference():
    def of(which):
        add, double = (lambda x: x + 1), (lambda x: 2 * x)
        used = (add, double)[which]
        return identity(lambda x: (add(x), double(x), used(x)))

    assert of(0) == of(0) != of(1)


def test_a_package_is_one_wherever_it_is_installed(tmp_path):
    """Of a package for one user, or of a folder on the path, all the code was told: a study with it did not begin."""
    folder = tmp_path / "lib" / "python3" / "dist-packages"
    folder.mkdir(parents=True)
    (folder / "packed.py").write_text("def model(f, k):\n    return helper(f)\ndef helper(f):\n    return f\n")
    code = "from onewarm.study.models.identity import identity; import packed; print(identity(packed.model))"
    run = [sys.executable, "-c", f"import sys; sys.path.append({str(folder)!r}); {code}"]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "packed.model"
