"""The other demos by name: their start, bad values, and that each draws itself in Chromium and hears Python."""

import json

import pytest

from onewarm.widgets import CalibrationLab, CrossEntropyLab, DemoWidget, DistillationLab


@pytest.mark.parametrize(
    ("values", "error", "told"),
    [
        ({"alpha": 2}, ValueError, "alpha is 2: pass a number from -1 to 1"),
        ({"alpha": "x"}, TypeError, "alpha is 'x': this demo takes a number there"),
        ({"data": "mine"}, ValueError, "data is 'mine': choose one of overconfident, calibrated"),
        ({"seed": 0}, ValueError, "seed is 0: pass a whole number from 1 to 999"),
        ({"seed": 1.5}, ValueError, "seed is 1.5: pass a whole number from 1 to 999"),
        ({"rows": 3}, TypeError, "rows is no value of this demo. There are: alpha, data, seed."),
    ],
)
def test_bad_values_are_told(values: dict, error: type[Exception], told: str) -> None:
    with pytest.raises(error) as caught:
        CalibrationLab(**values)
    assert str(caught.value) == told


def show(tab, lab: DemoWidget) -> None:
    """Renders the widget's own module on a blank page; changes come back to Python."""
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
def test_a_model_that_the_page_trained_is_told_to_python(tab) -> None:
    lab = CalibrationLab(alpha=0.0)
    show(tab, lab)
    tab.get_by_text("done, 400 steps").wait_for()
    assert lab.state["trained"]["alpha"] == 0 and lab.state["trained"]["ece"] > 0.15
    tab.get_by_role("slider", name="Train with α").press("ArrowRight")
    assert lab.alpha == 0.01
    tab.get_by_role("radio", name="600, enough").check()
    assert lab.data == "calibrated"


@pytest.mark.browser
@pytest.mark.parametrize("kind", [CrossEntropyLab, DistillationLab])
def test_each_other_demo_draws_itself(tab, kind) -> None:
    lab = kind()
    show(tab, lab)
    tab.get_by_role("slider").first.press("ArrowRight")
    assert lab.state["by"] == "user"
