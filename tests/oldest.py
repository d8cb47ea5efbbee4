"""Install the oldest versions that pyproject.toml allows and run the tests of the core on them: ``make oldest``.

The core's dependencies are installed at their lower bounds; test tools as they are. Tests that import what is not there
are left out. With $ONEWARM_TORCH_INDEX, an index that has PyTorch for CPUs such as
https://download.pytorch.org/whl/cpu, PyTorch is installed at its lower bound too and its tests run: a plain index may
bring gigabytes of CUDA.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".venv-oldest"
TOOLS = ("pytest", "hypothesis", "scipy", "ml-dtypes", "pyarrow", "scikit-learn", "platformdirs")
OURS = ("onewarm", "tests", "benchmarks")
TESTS = ("tests/test_*.py", "tests/soft_target", "tests/target", "tests/checks", "tests/kernels", "tests/calibration")
OF_THE_REST = ("test_house.py", "test_readme.py", "test_main.py", "test_init.py")  # of the whole project, or its faces
WITH_TORCH = ("tests/torch",)


def oldest(requirements: list[str]) -> list[str]:
    """``numba>=0.61`` as ``numba==0.61``; ceilings and markers left out."""
    found = [re.match(r"([\w.-]+(?:\[\w+\])?)\s*>=\s*([\w.]+)", requirement) for requirement in requirements]
    return [f"{match[1]}=={match[2]}" for match in found if match]


def importable(path: Path) -> bool:
    """Whether this Python has every module that a test file imports at its top."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
        for name in names:
            if name.split(".")[0] not in OURS and find_spec(name.split(".")[0]) is None:
                return False
    return True


def install(index: str | None) -> Path:
    """A virtual environment of its own with the oldest versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = FOLDER / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    core = oldest(project["dependencies"])
    print("Oldest versions:", *core, flush=True)
    subprocess.run([*pip, *core, *TOOLS], check=True)
    if index is not None:
        torch = oldest(project["optional-dependencies"]["torch"])
        print("and", *torch, flush=True)
        indices = ["--index-url", index, "--extra-index-url", "https://pypi.org/simple"]
        subprocess.run([*pip, *core, *torch, *indices], check=True)
    return python


def run(arguments: list[str]) -> int:
    """The tests, in the environment that runs this."""
    from importlib.metadata import version

    sys.path = [
        path for path in sys.path if Path(path).resolve() != ROOT / "tests"
    ]  # where `torch` is a folder of tests
    folders = TESTS + (WITH_TORCH if find_spec("torch") else ())
    paths = sorted(path for pattern in folders for path in ROOT.glob(pattern))
    files = [file for path in paths for file in (sorted(path.rglob("test_*.py")) if path.is_dir() else [path])]
    kept = [str(file) for file in files if importable(file) and file.name not in OF_THE_REST]
    versions = [f"{name} {version(name)}" for name in ("numpy", "numba", "array-api-compat")]
    print(f"{len(kept)} of {len(files)} test files on", ", ".join(versions), flush=True)
    import pytest

    return int(pytest.main(["-q", "-p", "no:cacheprovider", *arguments, *kept]))


def main() -> int:
    """Install, then run the tests there."""
    python = install(os.environ.get("ONEWARM_TORCH_INDEX"))
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [str(python), __file__, "--run", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(sys.argv[2:]) if sys.argv[1:2] == ["--run"] else main())
