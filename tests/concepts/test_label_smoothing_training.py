"""The model that the logit demo trains: its arithmetic against NumPy and the library, and the pane that shows it."""

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
DECAY, RATE, MOMENTUM = 1e-3, 0.5, 0.9


def random_states(count: int) -> list[dict]:
    """Weights from 0 to logits beyond 1e3, rows of any truth, alpha on both sides of 0."""
    random = np.random.default_rng(0)
    states = []
    for i in range(count):
        n = 1 + i % 17
        scale = 0 if i % 50 == 0 else 10 ** random.uniform(-2, 2.5)
        inputs = np.c_[random.normal(size=(n, D - 1)), np.ones(n)]
        truth = random.dirichlet(np.full(K, 0.5), size=n)
        states.append(
            {
                "weights": (scale * random.normal(size=(K, D))).ravel().tolist(),
                "velocity": random.normal(size=K * D).tolist(),
                "inputs": inputs.ravel().tolist(),
                "labels": random.integers(K, size=n).tolist(),
                "truth": truth.ravel().tolist(),
                "alpha": 0.0 if i % 20 == 0 else float(random.uniform(-0.5, 1)),
            }
        )
    return states


PURE = """states => states.map(({weights, velocity, inputs, labels, truth, alpha}) => {
  const a = demo.arithmetic, w = Float64Array.from(weights), v = Float64Array.from(velocity);
  const rows = {n: labels.length, inputs: Float64Array.from(inputs), labels, truth: Float64Array.from(truth)};
  const {loss, gradient} = a.lossAndGradient(w, rows, alpha), after = a.descend({weights: w, velocity: v}, rows, alpha);
  const {bins, ...scored} = a.score(w, rows);
  return {p: [...a.forward(w, rows.inputs).probabilities], loss, gradient: [...gradient], scored,
          weights: [...after.weights], velocity: [...after.velocity],
          bins: bins.map(b => [b.count, b.confidence, b.accuracy])};
})"""


def test_forward_loss_step_and_bins_equal_python_on_a_thousand_states(show) -> None:
    states = random_states(1000)
    for one, got in zip(states, show().evaluate(PURE, states), strict=True):
        W, V = (np.reshape(one[name], (K, D)) for name in ("weights", "velocity"))
        X, truth = np.reshape(one["inputs"], (-1, D)), np.reshape(one["truth"], (-1, K))
        z = np.array(
            [[sum(x * w for x, w in zip(row, column, strict=True)) for column in W.tolist()] for row in X.tolist()]
        )
        target = ow.smooth(np.array(one["labels"]), one["alpha"], num_classes=K)
        loss, gradient = ow.cross_entropy_with_gradient(z, target)  # the mean over rows, and its gradient
        loss, slope = float(loss) + DECAY / 2 * (W**2).sum(), gradient.T @ X + DECAY * W
        size = max(1, np.abs(z).max())
        assert abs(got["loss"] - loss) <= 1e-12 * max(1, abs(loss), size)
        np.testing.assert_allclose(got["gradient"], slope.ravel(), rtol=1e-12, atol=1e-12)
        velocity = MOMENTUM * V - RATE * slope
        np.testing.assert_allclose(got["velocity"], velocity.ravel(), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(got["weights"], (W + velocity).ravel(), rtol=1e-12, atol=1e-12)

        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        np.testing.assert_allclose(got["p"], p.ravel(), rtol=0, atol=1e-12)
        summary = cal.CalibrationSummary().update(p, truth)
        for name, value in {
            "ece": cal.ece(summary, bins=15),
            "confidence": cal.mean_confidence(summary),
            "accuracy": cal.accuracy(summary),
            "gap": cal.confidence_gap(summary),
        }.items():
            assert got["scored"][name] == pytest.approx(value, abs=1e-12), name
        log = z - z.max(1, keepdims=True)
        nll = float(np.mean((truth * (np.log(np.exp(log).sum(1, keepdims=True)) - log)).sum(1)))
        assert got["scored"]["nll"] == pytest.approx(nll, rel=1e-12, abs=1e-12)
        if np.isfinite(cal.nll(summary)) and p.min() > 1e-200:
            assert got["scored"]["nll"] == pytest.approx(cal.nll(summary), rel=1e-12, abs=1e-12)
        drawn = [bin for bin in got["bins"] if bin[0]]
        data = cal.reliability(summary, bins=15)
        full = data.count > 0
        assert [bin[0] for bin in drawn] == data.count[full].tolist()
        np.testing.assert_allclose([bin[1] for bin in drawn], data.confidence[full], atol=1e-12)
        np.testing.assert_allclose([bin[2] for bin in drawn], data.accuracy[full], atol=1e-12)


def test_an_edge_lies_in_the_bin_below_as_in_python(show) -> None:
    edges = [j / 15 for j in range(16)]
    values = [
        *edges,
        *np.nextafter(edges, 0),
        *np.nextafter(edges, 2),
        *(float(np.float32(e)) for e in edges),
        0.3 - 0.2,
    ]
    values = [min(1.0, v) for v in values]
    got = show().evaluate("values => values.map(v => demo.arithmetic.binOf(v, 15))", values)
    events = [cal.CalibrationSummary().update(np.array([v]), np.array([1])) for v in values]
    assert got == [int(cal.reliability(one, bins=15).count.argmax()) for one in events]


def test_the_rows_follow_from_the_seed_and_are_what_they_say(show) -> None:
    tab = show()
    get = """([seed, n]) => { const r = demo.arithmetic.clouds(seed, n);
      return {inputs: [...r.inputs], labels: [...r.labels], truth: [...r.truth]}; }"""
    rows, again, other = (tab.evaluate(get, [seed, 6000]) for seed in (1, 1, 2))
    assert rows == again and rows != other
    X, y, truth = np.reshape(rows["inputs"], (-1, D)), np.array(rows["labels"]), np.reshape(rows["truth"], (-1, K))
    centres = np.zeros((K, D - 1))
    centres[range(K), range(K)] = 1.5
    assert np.all(X[:, -1] == 1)
    noise = X[:, :-1] - centres[y]
    assert np.abs(noise.mean(0)).max() < 5 / 6000**0.5
    assert np.abs(np.cov(noise.T) - np.eye(D - 1)).max() < 0.1
    assert np.abs(np.bincount(y) / 6000 - 1 / 3).max() < 0.03
    density = np.exp(-((X[:, None, :-1] - centres) ** 2).sum(2) / 2)
    np.testing.assert_allclose(truth, density / density.sum(1, keepdims=True), atol=1e-12)
    summary = cal.CalibrationSummary().update(truth, y)  # the labels were drawn with the probabilities that are stated
    assert cal.ece(summary, bins=15) < 0.03


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


COURSE = """([n, alpha]) => {
  const a = demo.arithmetic, run = a.course(a.clouds(1, n), a.clouds(1000, 300), alpha), held = [run.now.nll];
  while (!run.done) { run.advance(); held.push(run.now.nll); }
  const list = rows => ({inputs: [...rows.inputs], labels: [...rows.labels]});
  return {held, best: run.best.step, weights: [...run.best.weights], last: [...run.now.weights],
          rows: list(run.rows), other: list(a.clouds(1000, 300))}; }"""


@pytest.mark.parametrize(("n", "alpha"), [(60, 0), (60, 0.2), (600, 0.05)])
def test_a_training_stops_where_python_finds_the_lowest_held_out_loss(show, n: int, alpha: float) -> None:
    got = show().evaluate(COURSE, [n, alpha])
    rows, held = ((np.reshape(r["inputs"], (-1, D)), np.array(r["labels"])) for r in (got["rows"], got["other"]))
    target = ow.smooth(rows[1], alpha, num_classes=K)
    W, V, path, losses = np.zeros((K, D)), np.zeros((K, D)), [np.zeros((K, D))], []
    for _ in range(400):
        V = MOMENTUM * V - RATE * (ow.cross_entropy_with_gradient(rows[0] @ W.T, target)[1].T @ rows[0] + DECAY * W)
        W = W + V
        path.append(W)
    losses = [float(ow.cross_entropy(held[0] @ W.T, ow.one_hot(held[1], K))) for W in path]
    assert got["held"] == pytest.approx(losses, abs=1e-10)
    assert got["best"] == int(np.argmin(losses))
    np.testing.assert_allclose(got["weights"], path[got["best"]].ravel(), atol=1e-10)
    np.testing.assert_allclose(got["last"], path[-1].ravel(), atol=1e-10)


PLANE = """states => states.map(({weights, inputs, labels, u, v}) => {
  const a = demo.arithmetic, w = Float64Array.from(weights);
  const rows = {n: labels.length, inputs: Float64Array.from(inputs), labels};
  return {p: a.probabilitiesAt(a.logitsOnPlane(w), u, v), at: [...a.ontoPlane(rows)], nll: a.labelNll(w, rows)}; })"""


def test_plane_and_label_loss_equal_python_on_a_thousand_states(show) -> None:
    """The plane is that of the three centres: an orthogonal basis of it, found by NumPy from the centres alone."""
    random = np.random.default_rng(1)
    states = [{**one, "u": random.normal(0, 3), "v": random.normal(0, 3)} for one in random_states(1000)]
    centres = 1.5 * np.eye(K, D - 1)
    middle = centres.mean(0)
    first = centres[1] - centres[0]
    second = centres[2] - middle
    axes = np.array([first / np.linalg.norm(first), second / np.linalg.norm(second)])
    assert axes @ axes.T == pytest.approx(np.eye(2), abs=1e-15)
    for one, got in zip(states, show().evaluate(PLANE, states), strict=True):
        W, X = np.reshape(one["weights"], (K, D)), np.reshape(one["inputs"], (-1, D))
        size = max(1, np.abs(W).max() * 10)
        z = W[:, :-1] @ (middle + one["u"] * axes[0] + one["v"] * axes[1]) + W[:, -1]
        p = np.exp(z - z.max())
        np.testing.assert_allclose(got["p"], p / p.sum(), rtol=0, atol=1e-12 * size)
        np.testing.assert_allclose(got["at"], ((X[:, :-1] - middle) @ axes.T).ravel(), rtol=0, atol=1e-12)
        nll = float(ow.cross_entropy(X @ W.T, ow.one_hot(np.array(one["labels"]), K)))
        assert got["nll"] == pytest.approx(nll, rel=1e-12, abs=1e-12 * size)


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
