"""The other demos by name: their start, bad values, and that each draws itself in Chromium and hears Python."""

import json

import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm.torch import distillation
from onewarm.widgets import (
    CalibrationLab,
    CrossEntropyLab,
    DemoWidget,
    DistillationLab,
    LogitLab,
    ReliabilityLab,
    TemperatureLab,
)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"alpha": 2}, ValueError, "alpha is 2: pass a number from -1 to 1"),
        ({"alpha": "x"}, TypeError, "alpha is 'x': this demo takes a number there"),
        ({"data": "mine"}, ValueError, "data is 'mine': choose one of overconfident, calibrated"),
        ({"seed": 0}, ValueError, "seed is 0: pass a whole number from 1 to 999"),
        ({"seed": 1.5}, ValueError, "seed is 1.5: pass a whole number from 1 to 999"),
        ({"rows": 3}, TypeError, "this demo has no value 'rows'. There are: alpha, data, seed."),
    ],
)
def test_bad_values_are_reported(values: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        CalibrationLab(**values)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("lab", "values", "error", "message"),
    [
        (CrossEntropyLab, {"votes": [1, -2, 0, 0]}, ValueError, "votes[1] is -2: pass numbers of votes, none below 0"),
        (CrossEntropyLab, {"votes": [0, 0]}, ValueError, "votes are all 0: pass at least one above 0"),
        (CrossEntropyLab, {"logits": [1, float("nan")]}, ValueError, "logits[1] is nan: pass finite numbers"),
        (CrossEntropyLab, {"logits": [1, 2, -np.inf]}, ValueError, "logits[2] is -inf: leave a masked class out"),
        (CrossEntropyLab, {"logits": [1, 2], "votes": [1, 2, 3]}, ValueError,
         "votes has 3 classes, logits has 2: expected the same"),
        (CrossEntropyLab, {"logits": [[1, 2], [3, 4]]}, ValueError,
         "logits has shape (2, 2): pass one row, logits[0]"),
        (CrossEntropyLab, {"unit": "dits"}, ValueError, "unit is 'dits': choose one of nats, bits"),
        (CrossEntropyLab, {"pick": 4}, ValueError, "pick is 4: pass a class from 0 to 3"),
        (CrossEntropyLab, {"classes": ["a"]}, ValueError, "classes has 1 names, logits have 4: expected the same"),
        (CrossEntropyLab, {"alpha": 1}, TypeError,
         "this demo has no value 'alpha'. There are: classes, cover, flag, logits, pick, scene, unit, votes."),
        (DistillationLab, {"teacher": [1, 2, 3], "student": [1, 2]}, ValueError,
         "teacher has 3 classes, student has 2: expected the same"),
        (DistillationLab, {"own": ["a", "b"]}, TypeError, None),
        (DistillationLab, {"kind": "soft"}, ValueError, "kind is 'soft': choose one of hard, smoothed, own"),
        (DistillationLab, {"axis": "square"}, ValueError, "axis is 'square': choose one of linear, log"),
        (DistillationLab, {"alpha": -0.1}, ValueError, "alpha is -0.1: pass a number from 0 to 1"),
        (DistillationLab, {"temperature": 0}, ValueError, "temperature is 0: pass a number from 0.01 to 10000"),
        (DistillationLab, {"temperature": float("inf")}, ValueError, "temperature is inf: pass finite numbers"),
        (DistillationLab, {"share": 1.5}, ValueError, "share is 1.5: pass a number from 0 to 1"),
        (DistillationLab, {"label": -1}, ValueError, "label is -1: pass a class from 0 to 3"),
        (TemperatureLab, {"temperature": 0}, ValueError, "temperature is 0: pass a number from 0.01 to 100"),
        (TemperatureLab, {"temperature": None}, TypeError, "temperature is None: this demo takes a number there"),
        (TemperatureLab, {"rows": "test"}, ValueError, "rows is 'test': choose one of held-out, training"),
        (TemperatureLab, {"example": 400}, ValueError, "example is 400: pass a whole number from 0 to 399"),
        (TemperatureLab, {"flag": "x"}, TypeError, "flag is 'x': this demo takes a number there"),
        (TemperatureLab, {"flag": True}, TypeError, "flag is True: this demo takes a number there"),
        (CrossEntropyLab, {"flag": 2}, ValueError, "flag is 2: pass a number from 0 to 1"),
        (CrossEntropyLab, {"scene": "table"}, ValueError,
         "scene is 'table': choose one of areas, loss, surprise, slopes"),
        (CrossEntropyLab, {"cover": "all"}, ValueError,
         "cover is 'all': choose one of , loss, parts, saving, slope"),
        (ReliabilityLab, {"flag": [1]}, TypeError, "flag is [1]: this demo takes a number there"),
        (LogitLab, {"seed": 0}, ValueError, "seed is 0: pass a whole number from 1 to 999"),
        (LogitLab, {"data": "mine"}, ValueError, "data is 'mine': choose one of overconfident, calibrated"),
        (LogitLab, {"view": "now"}, ValueError, "view is 'now': choose one of before, after, end"),
        (LogitLab, {"scene": "all"}, ValueError, "scene is 'all': choose one of rows, training, studies"),
        (LogitLab, {"flag": 1001}, ValueError, "flag is 1001: pass a number from -1000 to 1000"),
        (LogitLab, {"calibration": [1]}, TypeError,
         "calibration is [1]: this demo takes a mapping there; pass reports as `studies`"),
        (TemperatureLab, {"flag": 9}, ValueError, "flag is 9: pass a number from 0.25 to 8"),
        (TemperatureLab, {"classes": ["a"]}, ValueError, "classes has 1 names, the logits have 4: expected the same"),
        (DistillationLab, {"student": [1e9, 0]}, ValueError, "student[0] is 1e+09: a demo shows numbers up to 1e+06"),
        (ReliabilityLab, {"rows": [1] * 9}, ValueError, "rows has 9 numbers: pass ten, one for each bin"),
        (ReliabilityLab, {"rows": [500] * 10}, ValueError, "rows[0] is 500: pass numbers from 0 to 200"),
        (ReliabilityLab, {"confidence": [0.5] * 9 + [-1]}, ValueError,
         "confidence[9] is -1: pass numbers from 0 to 1"),
        (ReliabilityLab, {"pick": 10}, ValueError, "pick is 10: pass a whole number from 0 to 9"),
        (ReliabilityLab, {"drawn": 5}, ValueError, "drawn is 5: pass a whole number from 30 to 3000"),
        (ReliabilityLab, {"error": 0.3}, ValueError, "error is 0.3: pass a number from 0 to 0.25"),
        (ReliabilityLab, {"coarse": "3"}, ValueError, "coarse is '3': choose one of 10, 5, 2, 1"),
    ],
)  # fmt: skip
def test_bad_values_of_the_other_labs_are_reported(
    lab, values: dict, error: type[Exception], message: str | None
) -> None:
    with pytest.raises(error) as caught:
        lab(**values)
    assert message is None or str(caught.value) == message


def test_a_row_of_another_width_brings_the_others_along_and_stays_so_wide() -> None:
    lab = CrossEntropyLab(logits=np.array([[2.0, 0.0, 1.0]]))
    assert (lab.logits, lab.votes, lab.classes) == ([2, 0, 1], [1, 1, 1], None)
    with pytest.raises(ValueError, match="votes has 2 classes, logits has 3: expected the same"):
        lab.votes = [1, 2]
    assert lab.votes == [1, 1, 1]
    distilled = DistillationLab(teacher=torch.tensor([3.0, 1.0]), classes=["cat", "dog"], label=1)
    assert (distilled.student, distilled.teacher, distilled.own) == ([0, 0], [3, 1], [0, 0])
    assert (distilled.classes, distilled.label) == (["cat", "dog"], 1)


def show(tab, lab: DemoWidget) -> None:
    """Renders the widget's own module on a blank page; changes come back to Python within two frames."""
    tab.expose_function("python", lambda news: lab.set_state(json.loads(news)))
    tab.goto("data:text/html,<main></main>")
    tab.evaluate(
        """async values => {
          const listeners = {}, news = {};
          window.model = {
            get: key => values[key],
            set(key, value) { values[key] = news[key] = value; for (const f of listeners[`change:${key}`] ?? []) f(); },
            on: (name, f) => (listeners[name] ??= []).push(f),
            off() {},
            save_changes() { window.python(JSON.stringify(news)); },
          };
          const url = URL.createObjectURL(new Blob([values._esm], {type: "text/javascript"}));
          (await import(url)).default.render({model, el: document.querySelector("main")}); }""",
        lab.get_state(),
    )


@pytest.mark.browser
def test_a_model_that_the_page_trained_reaches_python(tab) -> None:
    lab = CalibrationLab(alpha=0.0)
    show(tab, lab)
    tab.get_by_text("all 400 steps").wait_for()
    tab.wait_for_timeout(0)
    assert lab.state["trained"]["alpha"] == 0 and lab.state["trained"]["ece"] > 0.15
    assert lab.state["trained"]["stopped"]["ece"] < 0.05
    tab.get_by_role("slider", name="Train with α").press("ArrowRight")
    tab.wait_for_timeout(0)
    assert lab.alpha == 0.01
    tab.get_by_role("radio", name="600, enough").check()
    tab.wait_for_timeout(0)
    assert lab.data == "calibrated"


LABS = (CalibrationLab, CrossEntropyLab, DistillationLab, LogitLab, ReliabilityLab, TemperatureLab)


@pytest.mark.browser
@pytest.mark.parametrize("kind", LABS)
def test_the_page_takes_what_python_takes_and_no_more(tab, kind) -> None:
    lab = kind()
    good = {name: list(ends) for limits in (lab._ranges, lab._wholes) for name, ends in limits.items()}
    bad = {name: [low - 1, high + 1] for name, (low, high) in good.items()} | {name: ["no"] for name in lab._texts}
    good |= {name: list(texts) for name, texts in lab._texts.items()}
    show(tab, lab)
    took = """all => Object.entries(all).map(([name, values]) => [name, values.filter(value => {
      model.set(name, value);
      return model.get("state")[name] === value; })])"""
    assert dict(tab.evaluate(took, good)) == good
    assert all(taken == [] for _, taken in tab.evaluate(took, bad))
    for name, values in bad.items():
        for value in values:
            with pytest.raises(ValueError, match=f"^{name} is {value!r}: "):
                setattr(lab, name, value)


def cross_entropy(lab) -> dict:
    return {"loss": float(ow.cross_entropy(np.array([lab.logits]), ow.votes(np.array([lab.votes]))))}


def distilled(lab) -> dict:
    z, v = (torch.tensor([row], dtype=torch.float64) for row in (lab.student, lab.teacher))
    label = torch.tensor([lab.label])
    loss = distillation(z, v, lab.temperature, hard_target=label, weight=lab.share, divergence="kl")
    return {"loss": loss.item()}


def reliable(lab) -> dict:
    rows, apart = np.array(lab.rows), np.abs(np.subtract(lab.confidence, lab.accuracy))
    return {"ece": float((rows * apart).sum() / rows.sum())}


@pytest.mark.browser
@pytest.mark.parametrize(
    ("kind", "key", "library"),
    [
        (CrossEntropyLab, "ArrowRight", cross_entropy),
        (DistillationLab, "ArrowRight", distilled),
        (ReliabilityLab, "ArrowLeft", reliable),
        (TemperatureLab, "ArrowRight", lambda lab: {"accuracy": 0.85}),
    ],
)
def test_each_other_demo_tells_python_what_the_library_computes(tab, kind, key, library) -> None:
    lab = kind()
    start = lab.get_state(list(lab._starts))
    show(tab, lab)
    tab.get_by_role("slider").first.press(key)
    tab.wait_for_timeout(0)
    assert lab.state["by"] == "user" and lab.get_state(list(start)) != start
    for name, value in library(lab).items():
        assert lab.state[name] == pytest.approx(value, rel=1e-12)
