"""The command line in this process, and a file to study."""

import numpy as np
import pytest
from typer.testing import CliRunner

from onewarm.cli.app import app


@pytest.fixture
def run():
    """Run a command: its exit code, stdout and output."""
    return lambda *arguments: CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "100"})


@pytest.fixture
def flowers(tmp_path):
    """A file with a label column of names."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 240)
    x = rng.normal(size=(240, 2)) + labels[:, None]
    names = np.array(["iris", "poppy", "rose"])[labels]
    rows = [f"{a:.4f},{b:.4f},{name}" for (a, b), name in zip(x, names, strict=True)]
    path = tmp_path / "my flowers.csv"
    path.write_text("\n".join(["length,width,species", *rows]) + "\n")
    return path
