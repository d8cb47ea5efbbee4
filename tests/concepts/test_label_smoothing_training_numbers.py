"""The model that the logit demo trains: rows, steps, whole trainings and scores against NumPy and the library."""

import math

import numpy as np
import pytest

import onewarm as ow
from onewarm import calibration as cal

pytestmark = pytest.mark.browser

ORIGIN = {"logits": [3, 1, -0.5, -1], "label": 0, "alpha": 0.1}
K, D = 3, 13
DECAY, RATE, MOMENTUM, STEPS = 1e-3, 0.5, 0.9, 400


def random_states(count: int) -> list[dict]:
    """Weights from 0 to logits beyond 1e3, rows of any truth, alpha on both sides of 0."""
    random = np.random.default_rng(0)
    states = []
    for i in range(count):
        n = 1 + i % 17
        scale = 0 if i % 50 == 0 else 10 ** random.uniform(-2, 2.5)
        states.append({
            "weights": (scale * random.normal(size=(K, D))).ravel().tolist(),
            "velocity": random.normal(size=K * D).tolist(),
            "inputs": np.c_[random.normal(size=(n, D - 1)), np.ones(n)].ravel().tolist(),
            "labels": random.integers(K, size=n).tolist(),
            "truth": random.dirichlet(np.full(K, 0.5), size=n).ravel().tolist(),
            "alpha": 0.0 if i % 20 == 0 else float(random.uniform(-0.5, 1)),
        })  # fmt: skip
    return states


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def surprise(z: np.ndarray) -> np.ndarray:
    z = z.max(axis=-1, keepdims=True) - z
    return np.log(np.exp(-z).sum(axis=-1, keepdims=True)) + z


def scored(p: np.ndarray, truth: np.ndarray) -> tuple[dict, np.ndarray]:
    """The library's measures of these predictions; and rows, confidence and accuracy of the bins that have rows."""
    summary = cal.CalibrationSummary().update(p, truth)
    count, confidence, right = (part[summary.bins(15)[0] > 0] for part in summary.bins(15))
    measures = {
        "ece": cal.ece(summary, bins=15),
        "confidence": cal.mean_confidence(summary),
        "accuracy": cal.accuracy(summary),
        "gap": cal.confidence_gap(summary),
    }
    return measures, np.array([count, confidence / count, right / count]).T


PURE = """states => states.map(({weights, velocity, inputs, labels, truth, alpha}) => {
  const a = demo.arithmetic, w = Float64Array.from(weights), v = Float64Array.from(velocity);
  const rows = {n: labels.length, inputs: Float64Array.from(inputs), labels, truth: Float64Array.from(truth)};
  const {loss, gradient} = a.lossAndGradient(w, rows, alpha), after = a.descend({weights: w, velocity: v}, rows, alpha);
  const {bins, ...scored} = a.score(w, rows), {probabilities, surprise} = a.forward(w, rows.inputs);
  return {p: [...probabilities], surprise: [...surprise], loss, gradient: [...gradient], scored,
          weights: [...after.weights], velocity: [...after.velocity],
          bins: bins.filter(b => b.count).map(b => [b.count, b.confidence, b.accuracy])};
})"""


def test_forward_loss_step_and_scores_equal_python_in_a_thousand_states(show, ask, near) -> None:
    states = random_states(1000)
    for one, got in zip(states, ask(show(), PURE, states), strict=True):
        W, V = (np.reshape(one[name], (K, D)) for name in ("weights", "velocity"))
        X, truth = np.reshape(one["inputs"], (-1, D)), np.reshape(one["truth"], (-1, K))
        z = X @ W.T
        target = ow.smooth(np.array(one["labels"]), one["alpha"], num_classes=K)
        loss, gradient = ow.cross_entropy_with_gradient(z, target)  # the mean over rows, and its gradient
        slope = gradient.T @ X + DECAY * W
        near(got["loss"], float(loss) + DECAY / 2 * (W**2).sum(), "training loss")
        near(got["gradient"], slope.ravel(), "training gradient")
        velocity = MOMENTUM * V - RATE * slope
        near(got["velocity"], velocity.ravel(), "velocity")
        near(got["weights"], (W + velocity).ravel(), "weights")
        p = softmax(z)
        near(got["p"], p.ravel(), "probabilities")
        near(got["surprise"], surprise(z).ravel(), "surprise")
        measures, bins = scored(p, truth)
        near([got["scored"][name] for name in measures], list(measures.values()), "scores")
        near(got["scored"]["nll"], (truth * surprise(z)).sum(1).mean(), "scored NLL")
        near(got["bins"], bins, "bins")


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


def cloud_rows(numbers, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs, labels and true probabilities of n rows, from a generator of uniform numbers."""
    inputs, labels = np.ones((n, D)), np.empty(n, int)
    for i in range(n):
        labels[i] = min(K - 1, int(next(numbers) * K))
        for d in range(D - 1):
            radius = math.sqrt(-2 * math.log(next(numbers)))
            inputs[i, d] = radius * math.cos(2 * math.pi * next(numbers)) + 1.5 * (d == labels[i])
    return inputs, labels, softmax(1.5 * inputs[:, :K])


ROWS = """([seed, n]) => { const r = demo.arithmetic.clouds(seed, n);
  return {inputs: [...r.inputs], labels: [...r.labels], truth: [...r.truth]}; }"""


def test_the_rows_equal_pythons(show, ask, near, uniforms) -> None:
    tab = show()
    for seed in (0, 1, 500, 1000):
        got, (X, y, truth) = ask(tab, ROWS, [seed, 300]), cloud_rows(uniforms(seed), 300)
        assert got["labels"] == y.tolist()
        near(got["inputs"], X.ravel(), "inputs")
        near(got["truth"], truth.ravel(), "truth")


def test_the_rows_are_what_they_say(uniforms) -> None:
    X, y, truth = cloud_rows(uniforms(1), 6000)
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


COURSES = """runs => { const a = demo.arithmetic, held = a.clouds(1000, 300), test = a.clouds(0, 1000);
  return runs.map(([seed, n, alpha]) => {
    const run = a.course(a.clouds(seed, n), held, alpha), losses = [run.now.nll];
    while (!run.done) { run.advance(); losses.push(run.now.nll); }
    return {losses, best: run.best.step, models: [run.best, run.now].map(({weights}) => {
      const {bins, ...scores} = a.score(weights, test), full = bins.filter(b => b.count);
      return {weights: [...weights], scores, bins: full.map(b => [b.count, b.confidence, b.accuracy])};
    })}; }); }"""
RUNS = {
    60: [(seed, alpha) for seed in (1, 2, 999) for alpha in (-1.0, 0.0, 0.05, 0.1, 0.2, 0.5, 1.0)],
    600: [(1, 0.0), (1, 0.1), (5, 0.3)],
}


def python_courses(X: np.ndarray, y: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The weights (steps + 1, runs, K, D) of several trainings at once: rows (runs, n, D), labels (runs, n)."""
    target = (1 - alpha)[:, None, None] * np.eye(K)[y] + alpha[:, None, None] / K
    W = V = np.zeros((len(X), K, D))
    path = [W]
    for _ in range(STEPS):
        gap = softmax(X @ W.transpose(0, 2, 1)) - target
        V = MOMENTUM * V - RATE * (gap.transpose(0, 2, 1) @ X / X.shape[1] + DECAY * W)
        W = W + V
        path.append(W)
    return np.array(path)


@pytest.mark.parametrize("n", RUNS)
def test_whole_trainings_equal_pythons_at_each_step(show, ask, near, uniforms, n: int) -> None:
    """400 steps amplify nothing: the loss is convex, so that each step brings two neighbouring models closer."""
    runs = RUNS[n]
    rows = {seed: cloud_rows(uniforms(seed), n) for seed in {seed for seed, _ in runs}}
    X, y = (np.array([rows[seed][part] for seed, _ in runs]) for part in (0, 1))
    path = python_courses(X, y, np.array([alpha for _, alpha in runs]))
    (held, held_labels, _), (test, _, truth) = cloud_rows(uniforms(1000), 300), cloud_rows(uniforms(0), 1000)
    losses = surprise(held @ path.transpose(0, 1, 3, 2))[..., range(300), held_labels].mean(-1)
    found = ask(show(), COURSES, [[seed, n, alpha] for seed, alpha in runs])
    for i, one in enumerate(found):
        near(one["losses"], losses[:, i], "held-out loss at each step")
        assert one["best"] == losses[:, i].argmin()
        for step, model in zip((one["best"], STEPS), one["models"], strict=True):
            W = path[step, i]
            near(model["weights"], W.ravel(), "trained weights")
            measures, bins = scored(softmax(test @ W.T), truth)
            near([model["scores"][name] for name in measures], list(measures.values()), "scores of the trained")
            near(model["scores"]["nll"], (truth * surprise(test @ W.T)).sum(1).mean(), "NLL of the trained")
            near(model["bins"], bins, "bins of the trained")


PLANE = """states => states.map(({weights, inputs, labels, u, v}) => {
  const a = demo.arithmetic, w = Float64Array.from(weights);
  const rows = {n: labels.length, inputs: Float64Array.from(inputs), labels};
  return {p: a.probabilitiesAt(a.logitsOnPlane(w), u, v), at: [...a.ontoPlane(rows)], nll: a.labelNll(w, rows)}; })"""


def test_plane_and_label_loss_equal_python_in_a_thousand_states(show, ask, near) -> None:
    """The plane is that of the three centres: an orthogonal basis of it, found by NumPy from the centres alone."""
    random = np.random.default_rng(1)
    states = [{**one, "u": random.normal(0, 3), "v": random.normal(0, 3)} for one in random_states(1000)]
    centres = 1.5 * np.eye(K, D - 1)
    middle = centres.mean(0)
    first = centres[1] - centres[0]
    second = centres[2] - middle
    axes = np.array([first / np.linalg.norm(first), second / np.linalg.norm(second)])
    assert axes @ axes.T == pytest.approx(np.eye(2), abs=1e-15)
    for one, got in zip(states, ask(show(), PLANE, states), strict=True):
        W, X = np.reshape(one["weights"], (K, D)), np.reshape(one["inputs"], (-1, D))
        z = W[:, :-1] @ (middle + one["u"] * axes[0] + one["v"] * axes[1]) + W[:, -1]
        near(got["p"], softmax(z), "probabilities on the plane")
        near(got["at"], ((X[:, :-1] - middle) @ axes.T).ravel(), "places on the plane")
        nll = ow.cross_entropy(X @ W.T, ow.one_hot(np.array(one["labels"]), K))
        near(got["nll"], nll, "held-out loss")
