"""The pane of the logit demo that trains a model: what it reports, when it trains, and its controls."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import onewarm as ow
from onewarm import calibration as cal
from onewarm.notebook.concept.load import load_concept

pytestmark = pytest.mark.browser

CONCEPTS = Path(ow.__file__).parent / "concepts/optimization"
ORIGIN = {"logits": [3, 1, -0.5, -1], "classes": ["cat", "dog", "fox", "owl"], "label": 0, "alpha": 0.1}
K, D = 3, 13
DECAY, RATE = 1e-3, 0.5


def trained(tab, **wanted) -> dict:
    """What the pane reports once it has trained for this alpha, data and seed."""
    tab.locator(".training").scroll_into_view_if_needed()
    tab.evaluate("""wanted => { for (const [key, value] of Object.entries(wanted))
        if (model.get("state")[key] !== value) model.set("state", {[key]: value}); }""", wanted)  # fmt: skip
    arrived = """wanted => { const {trained} = model.get("state");
        return trained && Object.keys(wanted).every(key => trained[key] === wanted[key]); }"""
    tab.wait_for_function(arrived, arg=wanted, polling=50)
    return tab.evaluate("model.get('state').trained")


def test_smoothing_helps_the_model_of_few_rows_and_harms_that_of_many(show) -> None:
    tab = show(reduced_motion="reduce")
    few, many = (
        {alpha: trained(tab, data=data, alpha=alpha)["ece"] for alpha in (0, 0.05, 0.2, 0.5)}
        for data in ("overconfident", "calibrated")
    )
    assert few[0] > 0.15 and few[0] > few[0.05] > few[0.2] and few[0.5] > few[0.2]
    assert many[0] < 0.03 and many[0] < many[0.05] < many[0.2] < many[0.5]


def test_stopped_at_its_best_smoothing_changes_little(show) -> None:
    tab = show(reduced_motion="reduce")
    hard, smooth = (trained(tab, alpha=alpha) for alpha in (0, 0.2))
    assert hard["ece"] - smooth["ece"] > 0.15
    assert abs(hard["stopped"]["ece"] - smooth["stopped"]["ece"]) < 0.01
    assert hard["stopped"]["nll"] < smooth["nll"] < hard["nll"] and hard["stopped"]["step"] < 20


def test_the_page_names_states_of_the_training_with_the_numbers_that_it_gives(show) -> None:
    concept = load_concept(CONCEPTS / "label-smoothing")
    told = {s.name: s.text for s in concept.demo.states if s.name.startswith("trained-")}
    tab = show(reduced_motion="reduce")
    known: list[float] = []
    for name, text in told.items():
        model = concept.demo_state(name)
        got = trained(tab, **{key: model[key] for key in ("data", "seed", "alpha")})
        said = [float(n) for n in re.findall(r"0\.\d{3}", text)]
        assert said
        known += [got["confidence"], got["accuracy"], got["ece"], got["stopped"]["ece"]]
        assert all(any(n == pytest.approx(one, abs=6e-4) for one in known) for n in said)


def test_it_arrives_at_the_same_model_whatever_came_before(show) -> None:
    tab = show(reduced_motion="reduce")
    trained(tab, alpha=0.5)
    warm = trained(tab, alpha=0.1)
    cold = trained(show({"alpha": 0.1}, reduced_motion="reduce"), alpha=0.1)
    assert warm == cold
    X, y = (np.array(tab.evaluate(f"[...demo.arithmetic.clouds(1, 60).{name}]")) for name in ("inputs", "labels"))
    X, W = X.reshape(-1, D), np.zeros((K, D))
    target = ow.smooth(y, 0.1, num_classes=K)
    for _ in range(3000):  # plain gradient descent, in Python
        W -= RATE * (ow.cross_entropy_with_gradient(X @ W.T, target)[1].T @ X + DECAY * W)
    test = tab.evaluate("(r => ({inputs: [...r.inputs], truth: [...r.truth]}))(demo.arithmetic.clouds(0, 1000))")
    z = np.reshape(test["inputs"], (-1, D)) @ W.T
    p = np.exp(z - z.max(1, keepdims=True))
    summary = cal.CalibrationSummary().update(p / p.sum(1, keepdims=True), np.reshape(test["truth"], (-1, K)))
    assert cold["ece"] == pytest.approx(cal.ece(summary, bins=15), abs=1e-3)
    assert cold["nll"] == pytest.approx(cal.nll(summary), abs=1e-4)


def test_it_trains_frame_by_frame_only_while_it_is_near_the_screen(show) -> None:
    tab = show(width=360)
    progress = tab.locator(".run .subtitle").last
    tab.wait_for_timeout(300)
    assert progress.text_content() == ""  # far below: not begun
    tab.locator(".training").scroll_into_view_if_needed()
    progress.filter(has_text="step ").wait_for()
    tab.evaluate("() => scrollTo(0, 0)")
    tab.wait_for_timeout(200)
    rests = progress.text_content()
    tab.wait_for_timeout(200)
    assert progress.text_content() == rests and rests.startswith("step ")
    tab.locator(".training").scroll_into_view_if_needed()
    progress.filter(has_text="all 400 steps").wait_for()


def test_a_page_is_printed_with_the_finished_model(show) -> None:
    tab = show()
    tab.locator(".training").scroll_into_view_if_needed()
    tab.locator(".run .subtitle", has_text="step ").first.wait_for()
    tab.evaluate("() => { model.set('state', {alpha: 0}); dispatchEvent(new Event('beforeprint')); }")
    assert tab.locator(".run .subtitle").all_inner_texts() == ["step 3 of 400", "all 400 steps"]
    assert tab.locator(".run .verdict").last.inner_text().endswith("ECE 0.215, too sure")


def test_every_control_of_the_training_works_from_the_keyboard(show) -> None:
    tab = show(reduced_motion="reduce")
    tab.locator(".training").scroll_into_view_if_needed()
    done = tab.locator(".run .subtitle", has_text="all 400 steps")
    done.wait_for()
    pane = tab.get_by_role("region", name="A model trained here")
    last = pane.locator(".run").last.locator(".verdict")
    before = last.inner_text()
    pane.get_by_role("slider", name="Train with α").press("Home")
    assert tab.evaluate("model.get('alpha')") == 0
    last.filter(has_not_text=before).wait_for()
    spoken = tab.locator(".sr[role=status]").filter(has_text="Trained to the end: ECE 0.215, too sure.")
    spoken.filter(has_text="Stopped at its best, step 3: ECE 0.018, about right.").wait_for(state="attached")
    pane.get_by_role("radio", name="60, too few").press("ArrowRight")
    assert tab.evaluate("model.get('data')") == "calibrated"
    last.filter(has_text="about right").wait_for()
    pane.get_by_role("button", name="Other examples").press("Enter")
    assert tab.evaluate("model.get('seed')") == 2
    done.wait_for()
    pane.get_by_role("button", name="Train again").press("Space")
    done.wait_for()
    tab.wait_for_function("() => model.get('state').trained.seed === 2")
    pane.get_by_text("as a table").press("Enter")
    rows = [row.locator("td").all_inner_texts() for row in pane.locator("details").last.locator("tbody tr").all()]
    assert len(rows) == 15 and sum(int(row[0]) for row in rows) == 1000
    ece = sum(int(n) * abs(float(c) - float(a)) for n, c, a in rows if n != "0") / 1000
    assert ece == pytest.approx(tab.evaluate("model.get('state').trained.ece"), abs=1e-4)
    assert "ECE over alpha, as tried: 0.00: " in pane.locator(".curve-figure svg").get_attribute("aria-label")


def test_the_address_says_what_is_trained(show) -> None:
    tab = show({"address": "data=calibrated&seed=7&alpha=0.3"})
    assert [tab.evaluate(f"model.get('{key}')") for key in ("data", "seed", "alpha")] == ["calibrated", 7, 0.3]
    bad = json.dumps(["data=<b>", "data=__proto__", "seed=0", "seed=1000", "seed=1.5", "seed=-1"])
    assert tab.evaluate(f"{bad}.map(text => demo.address.parse(text, 4))") == [{}] * 6
