"""The labs in a real marimo: a drag in the page is a value in Python, and a value in Python moves the page."""

import importlib.util
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(importlib.util.find_spec("marimo") is None, reason="marimo is not installed"),
]

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import numpy as np
    import onewarm as ow
    from onewarm.widgets import LogitLab

    target = ow.smooth(np.array([0]), 0.1, num_classes=3)
    lab = mo.ui.anywidget(LogitLab([2.0, 1.0, 0.0], target, classes=["cat", "lynx", "dog"]))
    lab
    return lab, mo


@app.cell
def _(lab, mo):
    mo.md(f"Python has {lab.value['logits']}, alpha {lab.widget.alpha}, loss {lab.widget.loss:.4f}")
    return


@app.cell
def _(mo):
    press = mo.ui.button(label="from Python", value=0, on_click=lambda n: n + 1)
    press
    return (press,)


@app.cell
def _(lab, press):
    if press.value:
        lab.widget.show([0.5, 4.0, -3.0, 0.0], 1)
    return
"""


# The other labs: the class of its demo, a trait, and a value that Python gives it.
OTHERS = {
    "CalibrationLab": ("onewarm-calibration-demo", "alpha", 0.3),
    "CrossEntropyLab": ("onewarm-entropy-demo", "logits", [0.5, 4.0, -3.0, 0.0]),
    "DistillationLab": ("onewarm-distillation-demo", "temperature", 2.0),
    "ReliabilityLab": ("onewarm-reliability-demo", "pick", 3),
    "TemperatureLab": ("onewarm-temperature-demo", "temperature", 2.0),
}
LAB_CELLS = """

@app.cell
def _(mo, widgets):
    {variable} = mo.ui.anywidget(widgets.{lab}())
    {variable}
    return ({variable},)


@app.cell
def _({variable}, mo):
    mo.md(f"{lab} has {{ {variable}.value['{trait}'] }} by {{ {variable}.value['state'].get('by') }}")
    return


@app.cell
def _({variable}, press):
    if press.value:
        {variable}.widget.{trait} = {value}
    return
"""
LAB_START = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    from onewarm import widgets

    press = mo.ui.button(label="from Python", value=0, on_click=lambda n: n + 1)
    press
    return mo, press, widgets
"""


def press_until(tab, seen) -> None:
    """Press the button until what it does is seen: marimo loses a press while it draws the button anew."""
    for seconds in (10, 10, 40):
        tab.get_by_role("button", name="from Python").click()
        try:
            return seen.wait_for(timeout=1000 * seconds)
        except playwright.TimeoutError as error:
            last = error
    raise last


def test_a_drag_reaches_python_and_python_moves_the_page(server, tab, tmp_path: Path, drag) -> None:
    (tmp_path / "notebook.py").write_text(NOTEBOOK, encoding="utf-8")
    run = ("marimo", "-q", "run", "--headless", "--no-token", "--host=127.0.0.1", "--port={port}", "notebook.py")
    tab.goto(server(*run, probe="health"))
    tab.get_by_role("slider", name="logit of lynx").wait_for()
    says = tab.get_by_text("Python has [")
    assert says.inner_text() == "Python has [2.0, 1.0, 0.0], alpha 0.1, loss 0.5076"
    moved = drag("logit of lynx", 67)
    assert moved > 1.5
    says.filter(has_text=f"Python has [2.0, {moved}, 0.0]").wait_for()
    press_until(tab, tab.get_by_role("slider", name="logit of class 3"))  # another number of classes: drawn anew
    values = [thumb.get_attribute("aria-valuenow") for thumb in tab.get_by_role("slider", name="logit of").all()]
    assert values == ["0.5", "4", "-3", "0"]
    assert tab.get_by_label("true class: class 1").is_checked()
    says.filter(has_text="Python has [0.5, 4.0, -3.0, 0.0], alpha 0.0").wait_for()


def test_every_other_lab_speaks_with_python_both_ways(server, tab, tmp_path: Path) -> None:
    cells = [
        LAB_CELLS.format(lab=lab, variable=lab.lower(), trait=trait, value=value)
        for lab, (_, trait, value) in OTHERS.items()
    ]
    (tmp_path / "notebook.py").write_text(LAB_START + "".join(cells), encoding="utf-8")
    run = ("marimo", "-q", "run", "--headless", "--no-token", "--host=127.0.0.1", "--port={port}", "notebook.py")
    tab.goto(server(*run, probe="health"))
    for lab, (demo, _, _) in OTHERS.items():
        slider = tab.locator(f".{demo}").get_by_role("slider").first
        slider.press("ArrowLeft" if lab == "ReliabilityLab" else "ArrowRight")
        tab.get_by_text(f"{lab} has").filter(has_text="by user").wait_for()
    lab, (_, _, value) = next(iter(OTHERS.items()))
    press_until(tab, tab.get_by_text(f"{lab} has {value} by host"))
    for lab, (_, _, value) in OTHERS.items():
        tab.get_by_text(f"{lab} has {value} by host").wait_for()
