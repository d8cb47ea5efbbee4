"""The temperature demo's numbers: its rows, its model, its fits, its curves and its live state against the library."""

import math

import numpy as np
import pytest

import onewarm as ow
from onewarm.calibration import CalibrationSummary, TemperatureError, ece, fit_temperature

pytestmark = pytest.mark.browser

CONCEPT = "calibration/temperature-scaling"
ORIGIN = {"temperature": 1, "scene": "fit"}
SEEDS = (2, 1, 77, 999)
ALPHAS = (0.1, 0.0, 0.01, 0.25, 0.5)
ENDS = (0.01, 0.02, 1.0, 8.0, 100.0)


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def model(numbers) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Logits, labels and true probabilities of the training rows and of the held-out rows, from uniform numbers."""
    parts = []
    for n in (60, 400):
        inputs, labels = np.ones((n, 13)), np.empty(n, int)
        for i in range(n):
            labels[i] = min(3, int(next(numbers) * 4))
            for d in range(12):
                radius = math.sqrt(-2 * math.log(next(numbers)))
                inputs[i, d] = radius * math.cos(2 * math.pi * next(numbers)) + 2.5 * (d == labels[i])
        parts.append((inputs, labels))
    inputs, labels = parts[0]
    weights, velocity = np.zeros((4, 13)), np.zeros((4, 13))
    for _ in range(40):
        slope = ow.cross_entropy_with_gradient(inputs @ weights.T, labels)[1].T @ inputs
        velocity = 0.9 * velocity - 0.5 * slope
        weights = weights + velocity
    return [(x @ weights.T, y, softmax(2.5 * x[:, :4])) for x, y in parts]


def log_softmax(z: np.ndarray) -> np.ndarray:
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def states_of(seed: int) -> list[dict]:
    """250 states, so ordered that neither rows nor alpha change often: the demo fits anew where they do."""
    random = np.random.default_rng(seed)
    T = [*ENDS, *np.exp(random.uniform(np.log(0.02), np.log(20), 245))]
    return [
        {
            "temperature": float(T[i * 7 % 250]),  # the ends with either kind of rows
            "rows": "training" if i < 60 else "held-out",
            "alpha": ALPHAS[i // 50],
            "example": int(random.integers(400)),
            "seed": seed,
        }
        for i in range(250)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_state_and_the_bins_equal_the_library(show, ask, near, uniforms, seed) -> None:
    """In 250 states of each seed."""
    tab, states = show(), states_of(seed)
    scored = dict(zip(("training", "held-out"), model(uniforms(seed)), strict=True))
    live = ask(
        tab,
        """all => { const {heldOut, training} = demo.arithmetic.modelOf(all[0].seed);
             return all.map(one => { model.set('state', one);
               const {logits, labels} = one.rows === 'training' ? training : heldOut;
               const {bins} = demo.arithmetic.reliabilityAt(logits, labels, one.temperature);
               return {...model.get('state'), bins};
             }); }""",
        states,
    )
    pi = scored["held-out"][2]
    for one, shown in zip(states, live, strict=True):
        (z, y, _), T = scored[one["rows"]], one["temperature"]
        log = log_softmax(z / T)
        p = np.exp(log)
        near(shown["nll"], ow.cross_entropy(z / T, y), "nll")
        near(shown["confidence"], p.max(axis=1).mean(), "confidence")
        near(shown["accuracy"], (z.argmax(axis=1) == y).mean(), "accuracy")
        near(shown["probabilities"], softmax(scored["held-out"][0][one["example"]][None] / T)[0], "probabilities")
        summary = CalibrationSummary().update(p, y)
        near(shown["ece"], ece(summary), "ece")
        count, confidence, right = summary.bins(15)
        full = count > 0
        near([b["count"] for b in shown["bins"]], count[full], "bins' rows")
        near([b["confidence"] for b in shown["bins"]], (confidence / np.maximum(count, 1))[full], "bins' confidence")
        near([b["accuracy"] for b in shown["bins"]], (right / np.maximum(count, 1))[full], "bins' accuracy")
        smoothed = (1 - one["alpha"]) * pi + one["alpha"] / 4
        near(shown["left"], (pi * (np.log(pi) - log_softmax(np.log(smoothed) / T))).sum(axis=1).mean(), "left")
    for name, (z, y, _) in scored.items():
        try:
            best = fit_temperature(z, y, tolerance=1e-12).temperature
        except TemperatureError:  # all rows are right
            best = 0
        near([one["best"] for one in live if one["rows"] == name], [best] * (60 if name == "training" else 190), "best")
    for alpha in ALPHAS:
        fit = fit_temperature(np.log((1 - alpha) * pi + alpha / 4), pi, tolerance=1e-12)
        found = [one["smoothedBest"] for one in live if one["alpha"] == alpha]
        near(found, [fit.temperature] * 50, "smoothedBest")


def test_rows_model_curve_and_ratios_equal_numpy(show, ask, near, uniforms) -> None:
    tab = show()
    axis = 0.25 * 32 ** (np.arange(101) / 100)
    for seed in SEEDS:
        found = ask(
            tab,
            """([seed, alphas]) => { const a = demo.arithmetic, sets = a.modelOf(seed), {truth} = sets.heldOut;
                 return {sets, curves: Object.values(sets).map(s => a.curveOf(s.logits, a.onehots(s.labels, 4), 101)),
                   smoothed: alphas.map(alpha => { const p = truth.map(pi => a.smoothedOptimum(pi, alpha));
                     return {p, ratios: a.logRatios(p, truth), left: a.inverseLeaves(truth, p, alpha)}; })}; }""",
            [seed, ALPHAS],
        )
        sets = model(uniforms(seed))
        for name, (z, y, pi), curve in zip(("training", "heldOut"), sets, found["curves"], strict=True):
            near(found["sets"][name]["logits"], z, "logits")
            near(found["sets"][name]["truth"], pi, "truth")
            assert found["sets"][name]["labels"] == y.tolist()
            near(curve, np.c_[axis, [ow.cross_entropy(z / T, y) for T in axis]], "curve")
        pi = sets[1][2]
        for alpha, one in zip(ALPHAS, found["smoothed"], strict=True):
            p = (1 - alpha) * pi + alpha / 4
            near(one["p"], p, "smoothed model")
            near(one["left"], 0, "inverse leaves")
            top = p.argmax(axis=1)
            both = np.stack([np.log(q[range(400), top, None] / q) for q in (p, pi)], axis=-1)
            near(one["ratios"], both[np.arange(4) != top[:, None]], "ratios")


def test_a_fit_is_exact_wherever_it_lies(show, ask, near) -> None:
    """Its place is known: logits that are T times those of the truth, T itself; and where there is none, an end."""
    random = np.random.default_rng(11)
    temperatures = np.exp(random.uniform(np.log(0.03), np.log(80), 1000))
    pi = softmax(random.normal(size=(1000, 3, 4)).reshape(-1, 4)).reshape(1000, 3, 4)
    logits = temperatures[:, None, None] * np.log(pi)
    fit = "all => all.map(([z, t]) => String(demo.arithmetic.fitted(z, t)))"
    tab = show()
    found = ask(tab, fit, list(zip(logits.tolist(), pi.tolist(), strict=True)))
    near(np.array(found, float), temperatures, "best")
    hot = np.eye(4).tolist()
    ends = [
        (np.eye(4) * 30, hot, 0),  # all right
        (-np.eye(4), hot, np.inf),  # worse than uniform
        (np.zeros((4, 4)), hot, np.inf),  # the same at every temperature
        (np.log(pi[0]), pi[0].tolist(), 1),  # where the search begins
        (np.eye(4)[:1], [[0.5, 0.5, 0, 0]], 1 / np.log(3)),  # e^b / (e^b + 3) = 1/2
    ]
    for z, t, best in ends:
        near(np.array(tab.evaluate(fit, [[z.tolist(), t]]), float), [best])


def test_the_inverse_of_smoothing_gives_the_truth(show) -> None:
    back = show().evaluate(
        """() => { const a = demo.arithmetic, {heldOut} = a.modelOf(5);
          const again = pi => a.unsmoothed(a.smoothedOptimum(pi, 0.3), 0.3);
          return Math.max(...heldOut.truth.map(pi => again(pi).map((p, k) => Math.abs(p - pi[k]))).flat()); }"""
    )
    assert back < 1e-15
