"""The labs in a real JupyterLab: a drag in the page is a value in Python, and a value in Python moves the page."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("jupyterlab", "ipykernel")),
        reason="JupyterLab and ipykernel are not installed",
    ),
]

CELLS = [
    "import numpy as np, onewarm as ow\nfrom onewarm.widgets import LogitLab\n"
    "target = ow.smooth(np.array([0]), 0.1, num_classes=3)\n"
    "lab = LogitLab([2.0, 1.0, 0.0], target, classes=['cat', 'lynx', 'dog'])\nlab",
    "print('Python has', lab.logits, lab.state['by'])",
    "lab.logits, lab.alpha = [0.5, 4.0, -3.0], 0.3",
    "print('then', lab.logits, round(lab.state['loss'] - lab.loss, 12), lab.state['by'])",
]
# The other labs: the class of its demo, and a trait with a value that Python gives it.
OTHERS = {
    "CalibrationLab": ("onewarm-calibration-demo", "alpha", 0.3),
    "CrossEntropyLab": ("onewarm-entropy-demo", "logits", [0.5, 4.0, -3.0, 0.0]),
    "DistillationLab": ("onewarm-distillation-demo", "temperature", 2.0),
    "ReliabilityLab": ("onewarm-reliability-demo", "pick", 3),
    "TemperatureLab": ("onewarm-temperature-demo", "temperature", 2.0),
}
CONFIG = """
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
"""


def notebook(sources: list[str]) -> str:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**cell, "id": f"cell-{i}", "source": source} for i, source in enumerate(sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def run(tab: Any, cell: int) -> None:
    """Runs a cell, again if the kernel was not ready."""
    tab.locator(".jp-CodeCell .cm-content").nth(cell).click()
    for _ in range(40):
        tab.keyboard.press("Control+Enter")
        tab.wait_for_timeout(250)
        if tab.locator(".jp-CodeCell .jp-InputPrompt").nth(cell).inner_text() != "[ ]:":
            return
    raise AssertionError(f"cell {cell} did not run")


def opened(server: Any, tab: Any, tmp_path: Path, sources: list[str]) -> None:
    """A notebook with these cells, in JupyterLab."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/jupyter_lab_config.py").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "nb.ipynb").write_text(notebook(sources), encoding="utf-8")
    address = server(
        *(
            "jupyterlab",
            "--no-browser",
            "--ip=127.0.0.1",
            "--port={port}",
            "--ServerApp.port_retries=0",
            "--allow-root",
        ),
        *("--IdentityProvider.token=", f"--ServerApp.root_dir={tmp_path}"),
        probe="api",
    )
    tab.goto(address + "doc/tree/nb.ipynb")
    tab.get_by_text("| Idle").wait_for()


def test_a_drag_reaches_python_and_python_moves_the_page(server, tab, tmp_path: Path, drag) -> None:
    opened(server, tab, tmp_path, CELLS)
    run(tab, 0)
    tab.get_by_role("slider", name="logit of lynx").wait_for()
    moved = drag("logit of lynx", 67)
    assert moved > 1.5
    run(tab, 1)
    tab.get_by_text(f"Python has [2.0, {moved}, 0.0] user").wait_for()
    run(tab, 2)
    tab.locator(".num-z", has_text="4.0").wait_for()
    values = [thumb.get_attribute("aria-valuenow") for thumb in tab.get_by_role("slider", name="logit of").all()]
    assert values == ["0.5", "4", "-3"]
    assert tab.get_by_role("slider", name="Smoothing α").input_value() == "0.3"
    run(tab, 3)
    tab.get_by_text("then [0.5, 4.0, -3.0] 0.0 host").wait_for()


@pytest.mark.parametrize("lab", OTHERS)
def test_every_other_lab_speaks_with_python_both_ways(server, tab, tmp_path: Path, lab: str) -> None:
    demo, trait, value = OTHERS[lab]
    sources = [
        f"from onewarm.widgets import {lab}\nlab = {lab}()\nlab",
        "print('moved by', lab.state['by'])",
        f"lab.{trait} = {value}",
        f"print('then', lab.state['{trait}'] == {value}, 'by', lab.state['by'])",
    ]
    opened(server, tab, tmp_path, sources)
    run(tab, 0)
    slider = tab.locator(f".{demo}").get_by_role("slider").first
    slider.press("ArrowLeft" if lab == "ReliabilityLab" else "ArrowRight")  # no shortcut of the notebook
    run(tab, 1)
    tab.get_by_text("moved by user").wait_for()
    run(tab, 2)
    for _ in range(40):  # the page's answer comes when it has drawn
        run(tab, 3)
        if tab.get_by_text("then True by host").is_visible():
            return
        tab.wait_for_timeout(250)
    raise AssertionError("the page did not take what Python set")
