"""The logit demo's numbers: its arithmetic, the live demo and its table against the library."""

import numpy as np
import pytest

import onewarm as ow

pytestmark = pytest.mark.browser

ORIGIN = {"logits": [3, 1, -0.5, -1], "classes": ["cat", "dog", "fox", "owl"], "label": 0, "alpha": 0.1}


RECIPES = ("uniform", "prior", "teacher")


def softmax(z: np.ndarray) -> np.ndarray:
    return np.exp(z - z.max()) / np.exp(z - z.max()).sum()


def state(tab) -> dict:
    return tab.evaluate("() => model.get('state')")


def logit(tab, name: str):
    return tab.get_by_role("slider", name=f"logit of {name}")


def random_states(recipe: str, count: int = 340) -> list[dict]:
    """States of 2 to 8 classes with logits from 0.1 to beyond 1e3, alpha on both sides of 0, rows with zeros.

    Every tenth is an end: alpha -1, 0 or 1, 64 classes, logits of +-30 or +-1e6, all equal, or a row that is certain.
    """
    random = np.random.default_rng(RECIPES.index(recipe))
    states = []
    for i in range(count):
        end = i // 10 % 8 if i % 10 == 0 else None
        K = 64 if end == 0 else 2 + i * 7 // count
        rows = random.dirichlet(np.full(K, 0.5), size=K)
        rows[random.random((K, K)) < 0.1] = 0
        rows[:, 0] += 1e-3
        rows = np.eye(K)[random.permutation(K)] if end == 1 else rows / rows.sum(1, keepdims=True)
        logits = random.normal(size=K) * 10 ** random.uniform(-1, 3.3)
        if end in (2, 3, 4):
            logits = (30, 1e6, 0)[end - 2] * random.choice([-1.0, 1.0], K)
        alpha = 0.0 if i % 20 == 3 else float(random.uniform(-0.5, 1))
        row = {"uniform": np.full(K, 1 / K), "prior": rows[0], "teacher": rows}[recipe]
        states.append({
            "logits": logits.tolist(),
            "alpha": {5: -1.0, 6: 0.0, 7: 1.0}.get(end, alpha),
            "label": int(random.integers(K)),
            "recipe": recipe,
            "pick": None if i % 3 == 0 else int(random.integers(K)),
            "row": row.tolist(),
        })  # fmt: skip
    return states


def target_of(one: dict, alpha: float | None = None) -> ow.SoftTarget:
    alpha = one["alpha"] if alpha is None else alpha
    return ow.smooth(np.array([one["label"]]), alpha, num_classes=len(one["logits"]), prior=np.array(one["row"]))


def library(one: dict, alpha: float | None = None) -> tuple[float, np.ndarray]:
    loss, gradient = ow.cross_entropy_with_gradient(np.array([one["logits"]]), target_of(one, alpha))
    return float(loss), np.asarray(gradient)[0]


def lowest(z: np.ndarray, t: np.ndarray, k: int) -> tuple[float, float]:
    """Where the loss along logit k is lowest, and how low, in extended precision; infinite where it has no minimum."""
    others, rest = np.delete(z, k).astype(np.longdouble), np.delete(t, k)
    at = np.logaddexp.reduce(others)
    if t[k] > 0 and rest.sum() > 0:
        at += np.log(np.longdouble(t[k]) / np.longdouble(rest.sum()))
        moved = np.insert(others, k, at)
        return float(at), float((t * (np.logaddexp.reduce(moved) - moved)).sum())
    if t[k] <= 0:
        return -np.inf, float((rest * (at - others)).sum()) if t[k] == 0 else -np.inf
    return np.inf, float(-(rest * others).sum()) if rest.sum() == 0 else -np.inf


PURE = """states => states.map(({logits: z, alpha, label, recipe, row, pick}) => {
  const a = demo.arithmetic, t = a.target(label, alpha, a.recipeRow(recipe, z.length, label, row)), k = pick ?? label;
  const best = a.optimum(z, t, k), values = [-1e4, -6, 0, 0.3, z[k], 30, 2e6];
  return {loss: a.crossEntropy(z, t), gradient: a.gradient(z, t), minimum: a.minimiser(z, t), values,
          best: [best.at, best.loss].map(String), curve: a.lossAlong(z, t, k, values)}; })"""
LIVE = """states => states.map(({row, ...state}) => {
  if (state.recipe !== "uniform") model.set(state.recipe, row);
  model.set("state", state);
  return model.get("state"); })"""


@pytest.mark.parametrize("recipe", RECIPES)
def test_arithmetic_and_live_demo_equal_the_library(show, ask, near, recipe: str) -> None:
    tab, states = show(), random_states(recipe)
    live = ask(tab, LIVE, states)
    for one, found, shown in zip(states, ask(tab, PURE, states), live, strict=True):
        (loss, gradient), z = library(one), np.array(one["logits"])
        t, k = target_of(one).dense()[0], one["label"] if one["pick"] is None else one["pick"]
        near(shown["loss"], loss, "loss")
        near(shown["gradient"], gradient, "gradient")
        near(shown["hardLoss"], library(one, 0)[0], "hardLoss")
        near(shown["target"], t, "target")
        near(shown["probabilities"], softmax(z), "probabilities")
        floor = target_of(one).entropy()[0]
        near(-np.inf if shown["floor"] is None else shown["floor"], floor if (t >= 0).all() else -np.inf, "floor")
        assert (found["loss"], found["gradient"]) == (shown["loss"], shown["gradient"])
        near(np.array(found["best"], float), lowest(z, t, k), "lowest on the curve")
        moved = np.repeat(z[None], len(found["values"]), axis=0)
        moved[:, k] = found["values"]
        wide = moved.astype(np.longdouble)
        near(found["curve"], (t * (np.logaddexp.reduce(wide, axis=1)[:, None] - wide)).sum(axis=1), "curve")
        assert (found["minimum"] is None) == (t.min() <= 0)
        if found["minimum"]:
            there = np.log(t) + (z.astype(np.longdouble).mean() - np.log(t).mean())
            near(found["minimum"], there, "minimum")


def test_optimum_and_minimiser_are_where_the_gradient_is_zero(show) -> None:
    found = show().evaluate(
        """() => {
          const a = demo.arithmetic, z = [3, 1, -0.5, -1];
          const soft = a.target(0, 0.1, [0.25, 0.25, 0.25, 0.25]), hard = a.target(0, 0, [0, 0, 0, 0]);
          const best = a.minimiser(z, soft);
          return {
            along: [0, 1, 2, 3].map(k => {
              const {at, loss} = a.optimum(z, soft, k), there = z.with(k, at);
              return [a.gradient(there, soft)[k], loss - a.crossEntropy(there, soft)]; }),
            best, floor: a.entropy(soft), at: a.crossEntropy(best, soft), gradient: a.gradient(best, soft),
            hard: [0, 1].map(k => a.optimum(z, hard, k)), none: a.minimiser(z, hard),
            tiny: a.crossEntropy([40, 0], [1, 0]), below: a.entropy([1.1, -0.1]) }; }"""
    )
    assert np.abs(found["along"]).max() < 1e-15
    assert np.abs(found["gradient"]).max() < 1e-15
    assert found["at"] == pytest.approx(found["floor"], abs=1e-15)
    assert found["floor"] == pytest.approx(-0.925 * np.log(0.925) - 3 * 0.025 * np.log(0.025), abs=1e-15)
    assert found["best"][0] - found["best"][1] == pytest.approx(np.log(1 + 4 * 0.9 / 0.1))  # log(1 + K (1 - a) / a)
    assert sum(found["best"]) == pytest.approx(2.5)  # steps keep the sum of the logits
    assert found["hard"][0] == {"at": float("inf"), "loss": 0} and found["none"] is None
    assert found["hard"][1] == {"at": float("-inf"), "loss": pytest.approx(np.logaddexp.reduce([3, -0.5, -1]) - 3)}
    assert found["tiny"] == pytest.approx(np.exp(-40), rel=1e-12, abs=0)  # not rounded to 0
    assert found["below"] == float("-inf")


@pytest.mark.parametrize(
    ("t", "loss"),
    [
        ([1.1, -0.1], -np.inf),  # the other class has negative mass: the loss falls without end
        ([0.6, 0.7, -0.9], -np.inf),
        ([0.6, 0.2, -0.2], -0.2),  # the others' mass cancels: what remains is -(0.2 * 2 - 0.2 * 1)
        ([1, 0, 0], 0),
    ],
)
def test_without_a_finite_optimum_the_curve_tends_to_what_is_said(show, t: list[float], loss: float) -> None:
    z, far = [0.5, 2.0, 1.0][: len(t)], [50.0, 100.0, 1e4]
    best, curve = show().evaluate(
        "([z, t, far]) => [demo.arithmetic.optimum(z, t, 0), demo.arithmetic.lossAlong(z, t, 0, far)]", [z, t, far]
    )
    assert best["at"] == np.inf and best["loss"] == pytest.approx(loss, abs=1e-14)
    assert curve[-1] < curve[0] < 0 if loss == -np.inf else curve == pytest.approx([loss] * 3, abs=1e-12)


def test_a_gradient_step_moves_each_logit_against_its_gap_and_the_run_ends_at_the_minimum(show) -> None:
    tab = show(reduced_motion="reduce")
    gradient = library({**ORIGIN, "row": [0.25] * 4})[1]
    tab.get_by_role("button", name="Gradient step").click()
    np.testing.assert_allclose(state(tab)["logits"], np.array(ORIGIN["logits"]) - gradient, atol=1e-15)
    tab.get_by_role("button", name="Run to minimum").click()
    at = state(tab)
    assert np.abs(at["gradient"]).max() < 1e-15 and at["loss"] == pytest.approx(at["floor"])
    tab.get_by_text("At the minimum after").wait_for(state="attached")
    tab.get_by_role("slider", name="Smoothing α").press("Home")
    tab.get_by_role("button", name="Run: it never ends").click()
    assert 0 < state(tab)["loss"] < 1e-3
    outcome = tab.locator(".outcome").inner_text()
    assert outcome.startswith("Stopped after") and "still falling" in outcome and "there is no minimum" in outcome
    pulls = tab.locator(".row[data-pull]").evaluate_all("rows => rows.map(row => row.dataset.pull)")
    assert pulls == ["up", "down", "down", "down"] and "at rest" not in logit(tab, "cat").get_attribute(
        "aria-valuetext"
    )
    tab.get_by_role("button", name="Reset").click()
    assert state(tab)["logits"] == ORIGIN["logits"] and state(tab)["alpha"] == 0.1


def test_the_run_moves_frame_by_frame_and_can_be_stopped(show) -> None:
    tab = show({"alpha": 0})
    tab.get_by_role("button", name="Run: it never ends").click()
    tab.get_by_role("button", name="Stop").click()
    stopped = state(tab)["logits"]
    assert 3 < stopped[0] < 8
    tab.get_by_role("button", name="Run: it never ends").wait_for()
    tab.wait_for_timeout(100)
    assert state(tab)["logits"] == stopped


def test_the_first_state_is_the_origin_pages(show) -> None:
    tab = show()
    assert tab.locator(".readout").inner_text() == "loss 0.4063"
    assert [n.split()[-1] for n in tab.locator(".row:not(.head) .num-g").all_inner_texts()] == [
        "−0.080",
        "+0.089",
        "+0.001",
        "−0.010",
    ]
    assert tab.locator(".losses td").all_inner_texts()[1:3] == ["0.4063", "0.1688"]
    assert tab.locator(".loss option").all_text_contents() == ["the true class (cat)", *ORIGIN["classes"]]
    assert (
        logit(tab, "cat").get_attribute("aria-valuetext")
        == "3.0; probability 0.845, target 0.925, gap −0.080, pushed up"
    )


@pytest.mark.parametrize("one", random_states("uniform", 7)[::3], ids=lambda one: f"K={len(one['logits'])}")
def test_the_table_mirrors_the_picture(show, one: dict) -> None:
    tab = show({**one, "classes": None})
    tab.get_by_text("The same picture as a table").click()
    table = [
        [cell.replace("−", "-") for cell in row.locator("td").all_inner_texts()]
        for row in tab.locator(".stage > .numbers tbody tr").all()
    ]
    loss, gradient = library(one)
    numbers = np.array(table, float)
    np.testing.assert_allclose(numbers[:, 0], one["logits"], atol=5.1e-5)
    np.testing.assert_allclose(numbers[:, 3], gradient, atol=5.1e-7)
    np.testing.assert_allclose(numbers[:, 1] - numbers[:, 2], gradient, atol=1.1e-6)
    assert f"loss {loss:.4f}".replace("-", "−") in tab.locator(".stage > .numbers caption").inner_text()
