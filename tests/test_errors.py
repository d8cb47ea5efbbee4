"""Each face without its packages: one sentence with the extra that brings them."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest

from onewarm.errors import MissingExtraError, needs

EXTRAS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]["optional-dependencies"]
MODULES = {  # that the extras bring, by the names of their packages
    "torch": "torch", "jax": "jax", "torchmetrics": "torchmetrics", "scikit-learn": "sklearn", "pyarrow": "pyarrow",
    "sqlalchemy": "sqlalchemy", "rich": "rich", "pyyaml": "yaml", "platformdirs": "platformdirs",
    "pydantic": "pydantic", "jinja2": "jinja2", "latex2mathml": "latex2mathml", "markdown-it-py": "markdown_it",
    "mdit-py-plugins": "mdit_py_plugins", "pygments": "pygments", "starlette": "starlette", "uvicorn": "uvicorn",
    "watchfiles": "watchfiles", "fonttools": "fontTools", "pillow": "PIL", "matplotlib": "matplotlib",
    "anywidget": "anywidget", "mlflow-skinny": "mlflow", "ray": "ray", "pandas": "pandas", "typer": "typer",
    "ziamath": "ziamath", "brotli": "brotli",
}  # fmt: skip
HIDE = """
import importlib, json, pkgutil, sys
hidden = set(sys.argv[1].split(","))
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hide())
"""
EVERY_MODULE = """
import onewarm
found = []
for module in pkgutil.walk_packages(onewarm.__path__, "onewarm.", onerror=lambda name: None):
    if not {"concepts", "cli", "__main__", "starter_files", "triton"} & set(module.name.split(".")):
        try:
            importlib.import_module(module.name)
        except Exception as error:
            found.append((module.name, type(error).__name__, str(error)))
print(json.dumps(found))
"""
NEEDS = re.compile(r"^(.+) needs (\w+): pip install 'onewarm\[([\w,]+)\]'$")


# Packages of others import these where they find them installed; hidden, they are found and cannot be imported.
WANTED_BY_PACKAGES = {"PIL", "fontTools", "matplotlib", "pygments"}


def python(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "ignore", "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def brought(extra: str) -> set[str]:
    """The modules that an extra installs, with those of the extras that it names."""
    modules = set()
    for requirement in EXTRAS[extra]:
        if (inner := re.match(r"onewarm\[(.+)\]$", requirement)) is not None:
            modules |= set().union(*map(brought, inner[1].split(",")))
        else:
            package = re.split(r"[\[>=;]", requirement)[0]
            modules.add(MODULES.get(package, requirement))
            if package == "mlflow-skinny":  # which imports its own requirements as soon as it is imported
                modules |= {re.split(r"[^\w-]", r)[0].replace("-", "_") for r in requires(package) or ()}
    return modules


@pytest.mark.parametrize("hidden", ["all", *(pytest.param(m, marks=pytest.mark.long) for m in MODULES.values())])
def test_every_module_is_there_or_names_an_extra_that_brings_what_is_missing(hidden):
    done = python(HIDE + EVERY_MODULE, ",".join(MODULES.values()) if hidden == "all" else hidden)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for module, kind, message in found:
        assert kind == "MissingExtraError", (module, kind, message)
        said = NEEDS.match(message)
        assert said is not None, message
        if hidden not in WANTED_BY_PACKAGES:
            assert said[2] in set().union(*map(brought, said[3].split(","))), message
    if hidden == "all":
        assert {"onewarm.torch", "onewarm.widgets", "onewarm.study.study"} <= {module for module, _, _ in found}


FACES = {
    "import onewarm.torch": "onewarm.torch needs torch: pip install 'onewarm[torch]'",
    "import onewarm; onewarm.torch": "onewarm.torch needs torch: pip install 'onewarm[torch]'",
    "from onewarm.calibration import TemperatureScaling": (
        "an estimator of onewarm needs sklearn: pip install 'onewarm[sklearn]'"
    ),
    "import onewarm; onewarm.widgets": "onewarm.widgets needs anywidget: pip install 'onewarm[widgets]'",
    "import onewarm.notebook.text.latex": "onewarm.notebook needs latex2mathml: pip install 'onewarm[notebook]'",
    "import onewarm.notebook.site.build": "onewarm.claims needs yaml: pip install 'onewarm[notebook]'",
    "import onewarm.audit.audit": "onewarm.tables needs pyarrow: pip install 'onewarm[audit]'",
    "import onewarm.study.study": "onewarm.study needs pyarrow: pip install 'onewarm[study]'",
    "import os; os.environ.pop('ONEWARM_HOME', 0); from onewarm.home import home; home()": (
        "the folder of onewarm's data needs platformdirs: pip install 'onewarm[audit]'"
    ),
    "import numpy as np, onewarm.calibration as c; "
    "c.ReliabilityDisplay.from_predictions(np.full((9, 2), 0.5), np.zeros(9, int))": (
        "ReliabilityDisplay needs matplotlib: pip install 'onewarm[plots]'"
    ),
}


@pytest.mark.parametrize("program", FACES, ids=lambda program: program[:40])
def test_a_face_without_its_package_by_the_exact_error(program):
    done = python(HIDE + program, ",".join(MODULES.values()))
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == f"onewarm.errors.MissingExtraError: {FACES[program]}"


def test_the_metric_without_torchmetrics():
    done = python(HIDE + "import onewarm.torch.metric", "torchmetrics")
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .endswith("MissingExtraError: CalibrationMetric needs torchmetrics: pip install 'onewarm[torchmetrics]'")
    )


def test_other_errors_of_an_import_pass():
    with pytest.raises(ImportError, match="cannot import name 'no_such_name'") as error, needs("x", "all"):
        from json import no_such_name  # noqa: F401
    assert not isinstance(error.value, MissingExtraError)
    with pytest.raises(MissingExtraError, match=r"^inner needs none: pip") as error, needs("outer", "all"):
        raise MissingExtraError("inner needs none: pip install 'onewarm[all]'")
    with pytest.raises(MissingExtraError, match=r"^x needs a package that is not installed: pip"), needs("x", "all"):
        raise ImportError("as some finders say it")
