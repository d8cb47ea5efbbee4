"""The order of the house: who imports whom, how large rooms and files are, and where the tests of a file are."""

import ast
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE, TESTS = ROOT / "src" / "onewarm", ROOT / "tests"
CONTENT = ("concepts", "starter_files")  # what an author of a page writes: folders with names of their own
OF_THE_WHOLE = {"test_house.py", "test_readme.py"}  # of no file of the package
MOST_FILES, MOST_LINES = 14, 350


def sources() -> list[Path]:
    """The files of the package, relative to it."""
    found = [path.relative_to(SOURCE) for path in sorted(SOURCE.rglob("*.py"))]
    return [path for path in found if not set(CONTENT) & set(path.parts)]


def has_logic(path: Path) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return any(isinstance(node, kinds) for node in ast.walk(ast.parse((SOURCE / path).read_text(encoding="utf-8"))))


def test_file(path: Path) -> Path:
    """Where the tests of a source file are: ``a/b.py`` has ``tests/a/test_b.py``."""
    return path.parent / f"test_{path.stem.strip('_')}.py"


test_file.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", [p for p in sources() if has_logic(p)], ids=str)
def test_every_file_with_logic_has_its_test_file(path):
    assert (TESTS / test_file(path)).is_file(), f"{path} has no tests/{test_file(path)}"


def test_every_test_file_says_by_its_path_what_it_tests():
    """``tests/a/test_b.py``, or ``test_b_topic.py``, tests ``a/b.py`` (or ``a/b.js``, or the concept ``a/b``)."""
    for path in sorted(TESTS.rglob("test_*.py")):
        place = path.relative_to(TESTS)
        if place.name in OF_THE_WHOLE and place.parent == Path():
            continue
        folder = SOURCE / place.parent
        if place.parts[0] == "concepts":
            names = {p.name.replace("-", "_") for p in folder.glob("*/*") if p.is_dir()} | {"texts"}
        else:
            names = {p.stem.strip("_") for p in folder.glob("*") if p.suffix in (".py", ".js")}
        stem = path.stem.removeprefix("test_")
        assert any(stem == name or stem.startswith(f"{name}_") for name in names), f"tests/{place}: no file for it"


def test_no_room_is_crowded():
    counts = Counter(path.parent for path in sources() if path.name != "__init__.py")
    crowded = {str(folder): count for folder, count in counts.items() if count > MOST_FILES}
    assert not crowded


def test_no_file_is_long_without_a_reason():
    """A longer file says in its docstring: ``One file because ...``."""
    for path in sources():
        text = (SOURCE / path).read_text(encoding="utf-8")
        lines = len(text.splitlines())
        if lines > MOST_LINES:
            assert "One file because" in (ast.get_docstring(ast.parse(text)) or ""), f"{path}: {lines} lines"


def lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("lint-imports")), "--config", str(folder / "pyproject.toml")]
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "COLUMNS": "200"}
    return subprocess.run(
        [*command, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def house(tmp_path):
    """A copy of the package, to plant a fault in."""
    shutil.copytree(SOURCE, tmp_path / "src" / "onewarm", ignore=shutil.ignore_patterns("__pycache__", "concepts"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


PLANTED = {
    "at the top": ("checks/rows.py", "from onewarm.target import smooth\n", "onewarm.checks.rows -> onewarm.target"),
    "lazy": ("target/votes.py", "def f():\n    from onewarm import loss\n", "onewarm.target.votes -> onewarm.loss"),
    "for types only": (
        "calibration/metrics/bins.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import onewarm.torch\n",
        "onewarm.calibration.metrics.bins -> onewarm.torch",
    ),
    "between siblings": (
        "audit/tally.py",
        "def f():\n    import onewarm.study.arms.arm\n",
        "onewarm.audit.tally -> onewarm.study.arms.arm",
    ),
    "a framework in a kernel": (
        "kernels/cpu/rows.py",
        "def f():\n    import torch\n",
        "onewarm.kernels.cpu.rows -> torch",
    ),
}


@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_arrow_up_breaks_them(house, place):
    file, code, said = PLANTED[place]
    path = house / "src" / "onewarm" / file
    path.write_text(path.read_text(encoding="utf-8") + "\n\n" + code, encoding="utf-8")
    done = lint(house)
    assert done.returncode == 1 and said in done.stdout, done.stdout
