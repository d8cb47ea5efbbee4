"""The model that a page gives to its demo."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def model(blank):
    blank.evaluate(
        """async () => {
          const { Model } = await import("./host.js");
          window.model = new Model({ alpha: 0.1, classes: ["a"], highlight: null });
          window.changed = [];
          window.listen = () => changed.push(model.get("alpha")); }"""
    )
    return blank


def test_a_listener_is_called_for_its_key_and_for_any_change(model) -> None:
    model.evaluate("model.on('change:alpha', listen); model.on('change', () => changed.push('any'))")
    model.evaluate("model.set('alpha', 0.2); model.set('alpha', 0.2); model.set('label', 1)")
    assert model.evaluate("changed") == [0.2, "any", "any"]  # the same value again is no change
    model.evaluate("model.off('change:alpha', listen); model.set('alpha', 0.3)")
    assert model.evaluate("changed") == [0.2, "any", "any", "any"]
    model.evaluate("model.off('change'); model.set('alpha', 0.4)")
    assert model.evaluate("[changed.length, model.get('alpha')]") == [4, 0.4]


def test_a_listener_may_remove_itself_while_it_is_called(model) -> None:
    model.evaluate(
        """() => {
          const once = () => { changed.push("once"); model.off("change:alpha", once); };
          model.on("change:alpha", once);
          model.on("change:alpha", listen);
          model.set("alpha", 0.2);
          model.set("alpha", 0.3); }"""
    )
    assert model.evaluate("changed") == ["once", 0.2, 0.3]


def test_the_state_is_what_the_demo_reported_over_what_it_started_with(model) -> None:
    assert model.evaluate("model.state()") == {"alpha": 0.1}
    model.evaluate("model.set('state', { alpha: 0.5, loss: 2 })")
    assert model.evaluate("model.state()") == {"alpha": 0.5, "loss": 2}
