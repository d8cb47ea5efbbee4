"""Models in a Python file: each way in which naming one can fail, and that worker processes get them."""

import pickle
import subprocess
import sys

import cloudpickle
import pytest

from onewarm.errors import InputError
from onewarm.study.models.choose import choose
from onewarm.study.models.identity import identity
from onewarm.study.models.python_file import from_python_file
from onewarm.study.models.training import Training

NETS = """
from dataclasses import dataclass
from beside import WIDTH
from sklearn.linear_model import LogisticRegression

@dataclass
class Shape:
    width: "int" = WIDTH

def make(features, classes):
    return [features, classes, Shape().width]

def linear():
    return LogisticRegression(C=2.0)

best = LogisticRegression(C=3.0)
"""


@pytest.fixture
def nets(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "beside.py").write_text("WIDTH = 7\n")
    path = tmp_path / "nets.py"
    path.write_text(NETS)
    yield path
    sys.modules.pop("beside", None)


def test_a_factory_runs_in_another_process_and_is_identified_by_its_code(nets):
    make = from_python_file(f"{nets}:make")
    assert make(4, 3) == [4, 3, 7]
    (nets.parent / "dumped").write_bytes(cloudpickle.dumps(make))
    code = f"import pickle, sys; sys.path.append({str(nets.parent)!r}); print(pickle.load(open('dumped', 'rb'))(1, 2))"
    done = subprocess.run([sys.executable, "-c", code], cwd=nets.parent, capture_output=True, text=True, check=True)
    assert done.stdout == "[1, 2, 7]\n"
    before = identity(make)
    assert identity(from_python_file(f"{nets}:make")) == before
    nets.write_text(NETS.replace("[features, classes,", "[classes, features,"))
    assert identity(from_python_file(f"{nets}:make")) != before
    assert pickle.loads(cloudpickle.dumps(make))(1, 2) == [1, 2, 7]


@pytest.mark.parametrize(("name", "c"), [("best", 3.0), ("linear", 2.0)])
def test_an_estimator_or_a_function_that_makes_one(nets, name, c):
    model = choose(f"{nets}:{name}", Training())
    assert model.name == "LogisticRegression" and c == model.estimator.C


FAULTS = {
    "nets.py": "model: which of {nets}? Write {nets}:Shape, its name after a colon; it has Shape, make, linear",
    "nets.py:": "model: which of {nets}? Write {nets}:Shape, its name after a colon; it has Shape, make, linear",
    "nets.py:mkae": "model: {nets} has no 'mkae'; did you mean 'make'?; it has Shape, make, linear",
    "net.py:make": "model: no file '{folder}/net.py'; did you mean '{nets}'?",
    "elsewhere/nets.py:make": "model: no file '{folder}/elsewhere/nets.py'",
    "raises.py:make": "model: {folder}/raises.py does not run: ZeroDivisionError: division by zero "
    "(raises.py, line 2: WIDTH = 1 / 0)",
    "syntax.py:make": "model: {folder}/syntax.py does not run: SyntaxError: invalid syntax (syntax.py, line 1)",
    "lacks.py:make": "model: {folder}/lacks.py does not run: ModuleNotFoundError: No module named 'not_installed_here' "
    "(lacks.py, line 1: import not_installed_here)",
    "exits.py:make": "model: {folder}/exits.py ended Python, with sys.exit(3)",
    "empty.py": "model: which of {folder}/empty.py? Write {folder}/empty.py:factory, its name after a colon",
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_says_what_is_wrong_and_where(nets, name):
    folder = nets.parent
    (folder / "raises.py").write_text("# a comment\nWIDTH = 1 / 0\n")
    (folder / "syntax.py").write_text("def make(:\n")
    (folder / "lacks.py").write_text("import not_installed_here\n")
    (folder / "exits.py").write_text("import sys\nsys.exit(3)\n")
    (folder / "empty.py").write_text("")
    with pytest.raises(InputError) as raised:
        from_python_file(f"{folder}/{name}")
    assert str(raised.value) == FAULTS[name].format(nets=nets, folder=folder)
