"""What the label-smoothing page says agrees with the library, number by number."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import onewarm as ow
from onewarm.notebook.concept.load import Concept, load_concept

FOLDER = Path(ow.__file__).parent / "concepts" / "optimization" / "label-smoothing"
CONCEPT = load_concept(FOLDER)
LABEL = np.array([0])


@pytest.fixture
def concept() -> Concept:
    return CONCEPT


def at(name: str) -> tuple[float, np.ndarray, np.ndarray]:
    """Loss, gradient and probabilities in a demo state."""
    model = CONCEPT.demo_state(name)
    logits = np.array([model["logits"]], dtype=float)
    row = {"uniform": None, "prior": model["prior"], "teacher": model["teacher"]}[model["recipe"]]
    prior = None if row is None else np.array(row)
    target = ow.smooth(np.array([model["label"]]), model["alpha"], num_classes=4, prior=prior)
    loss, gradient = ow.cross_entropy_with_gradient(logits, target)
    return float(loss), gradient[0], gradient[0] + target.dense()[0]


STATES = {
    "origin": (0.4063, (-0.080, 0.089, 0.001, -0.010)),
    "one-hot": (0.1688, (-0.155, 0.114, 0.026, 0.015)),
    "chase": (0.0091, (-0.009, 0.007, 0.001, 0.001)),
    "overshoot": (0.4716, (0.066, -0.018, -0.024, -0.024)),
    "valley": (0.3769, (0.0, 0.030, -0.013, -0.018)),
    "optimum": (0.3488, (0.0, 0.0, 0.0, 0.0)),
}


@pytest.mark.parametrize("name", STATES)
def test_states(concept: Concept, name: str) -> None:
    loss, gradient, _ = at(name)
    assert loss == pytest.approx(STATES[name][0], abs=5e-5)
    assert gradient == pytest.approx(STATES[name][1], abs=6e-4)
    text = next(s.text for s in concept.demo.states if s.name == name)
    assert f"{STATES[name][0]:.4f}" in text


def test_numbers_of_the_story() -> None:
    assert at("one-hot")[2][0] == pytest.approx(0.845, abs=5e-4)
    assert at("chase")[2][0] == pytest.approx(0.991, abs=5e-4)
    assert at("valley")[2][0] == pytest.approx(0.925, abs=1e-5)
    assert at("valley")[1][0] == pytest.approx(0, abs=1e-5)
    others = np.log(np.exp([1, -0.5, -1]).sum())
    assert CONCEPT.demo_state("valley")["logits"][0] == pytest.approx(np.log(0.925 / 0.075) + others, abs=5e-5)
    assert CONCEPT.demo_state("optimum")["logits"][0] == pytest.approx(np.log(37), abs=5e-5)
    row = ow.smooth(LABEL, 0.2, num_classes=4, prior=np.array(CONCEPT.demo.model["prior"])).dense()[0]
    assert row[[2, 1]] == pytest.approx([0.06, 0.02])
    row = ow.smooth(LABEL, 0.5, num_classes=4, prior=np.array(CONCEPT.demo.model["teacher"])).dense()[0]
    assert row[[1, 3]] == pytest.approx([0.085, 0.005])


def test_numbers_of_the_chase() -> None:
    z = np.array([[3.0, 1.0, -0.5, -1.0]])
    loss, gradient = ow.cross_entropy_with_gradient(3 * z, ow.one_hot(LABEL, 4))
    assert (round(float(loss), 4), round(1 + float(gradient[0, 0]), 4)) == (0.0025, 0.9975)
    chase = next(c for c in CONCEPT.lesson.chapters if c.name == "chase").steps[0].text
    for shown in ("0.169", "0.0091", "0.0025"):
        assert shown in chase


def test_the_curve_is_lowest_in_the_range_that_counts_as_right() -> None:
    """Each flag's right answer, by a search over the places where the flag can stand."""
    hard, smoothed = (step.ask for step in CONCEPT.lesson.chapters[0].steps)
    assert (hard.correct, next(a for a in hard.answers if a.name == "nowhere").between) == ("nowhere", None)
    for ask, alpha in ((hard, 0.0), (smoothed, 0.1)):
        places = np.arange(ask.low, ask.high + ask.step / 2, ask.step)
        logits = np.column_stack([places, *np.broadcast_to([1.0, -0.5, -1.0], (places.size, 3)).T])
        losses = [float(ow.cross_entropy(z[None], ow.smooth(LABEL, alpha, num_classes=4))) for z in logits]
        lowest = float(places[int(np.argmin(losses))])
        ranges = sorted(a.between for a in ask.answers if a.between)
        assert ranges[0][0] <= ask.low and ranges[-1][1] > ask.high
        assert all(one[1] == other[0] for one, other in pairwise(ranges))
        if alpha:
            right = next(a for a in ask.answers if a.name == ask.correct).between
            assert right[0] <= lowest < right[1]
        else:
            assert lowest == pytest.approx(ask.high)  # it falls up to the end of the axis, wherever that is


def test_the_weakest_class_turns_where_its_question_says() -> None:
    """On one side of that alpha descent pushes truck's logit down, on the other it pulls it up."""
    ask = next(s.ask for c in CONCEPT.lesson.chapters for s in c.steps if s.name == "weakest")
    low, high = next(a for a in ask.answers if a.name == ask.correct).between
    z = np.array([[3.0, 1.0, -0.5, -1.0]])
    push = {a: ow.cross_entropy_with_gradient(z, ow.smooth(LABEL, a, num_classes=4))[1][0, 3] for a in (low, high)}
    assert push[low] > 0 > push[high]
    turns = CONCEPT.values["turning_alpha"]
    assert low < turns < high
    assert ow.cross_entropy_with_gradient(z, ow.smooth(LABEL, turns, num_classes=4))[1][0, 3] == pytest.approx(0)


def test_numbers_of_the_trained_model() -> None:
    """Against the numbers that the demo's own training ends with; test_label_smoothing_training.py runs it."""
    values = CONCEPT.values
    shown = {k: f"{values[k]:.3f}" for k in values if k.startswith(("few", "many"))}
    assert (shown["few_hard_confidence"], shown["few_hard_accuracy"], shown["few_hard_ece"]) == (
        "0.889",
        "0.674",
        "0.215",
    )
    assert (shown["few_soft_confidence"], shown["few_soft_accuracy"], shown["few_soft_ece"]) == (
        "0.700",
        "0.684",
        "0.024",
    )
    assert (shown["many_soft_accuracy"], shown["many_soft_confidence"], shown["many_soft_ece"]) == (
        "0.759",
        "0.641",
        "0.118",
    )


def test_equations_hold() -> None:
    """Each equation of the page, both sides in NumPy, on random rows."""
    rng = np.random.default_rng(0)
    for K in (2, 3, 10):
        a, z = rng.uniform(0.01, 0.9), rng.normal(0, 3, K)
        y, u = np.eye(K)[0], np.full(K, 1 / K)
        p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        t = ow.smooth(LABEL, a, num_classes=K).dense()[0]
        assert t == pytest.approx((1 - a) * y + a * u)  # definition
        e = a * (K - 1) / K
        other = ow.smooth(LABEL, e, num_classes=K, exclude_label=True).dense()[0]
        assert other == pytest.approx(t)  # convention
        loss, gradient = ow.cross_entropy_with_gradient(z[None], ow.smooth(LABEL, a, num_classes=K))
        hard = float(ow.cross_entropy(z[None], ow.one_hot(LABEL, K)))
        kl = (u * np.log(u / p)).sum()
        assert loss == pytest.approx((1 - a) * hard + a * kl + a * np.log(K))  # decomposition
        assert loss == pytest.approx(hard + a * (z[0] - z.mean()))  # logit-form
        assert gradient[0] == pytest.approx(p - t)  # gradient
        assert gradient[0] == pytest.approx((p - y) + a * (y - u))
        lead = np.log(1 + K * (1 - a) / a)  # finite-optimum
        best = ow.cross_entropy_with_gradient(lead * y[None], ow.smooth(LABEL, a, num_classes=K))
        assert best[1] == pytest.approx(np.zeros((1, K)), abs=1e-14)
        floor = -t[0] * np.log(t[0]) - (K - 1) * a / K * np.log(a / K)  # loss-floor
        assert best[0] == pytest.approx(floor)
        assert ow.unsmooth(((1 - a) * p + a * u)[None], a)[0] == pytest.approx(p)  # inverse
        step = 1e-5
        hessian = np.stack([
            (ow.cross_entropy_with_gradient((z + step * v)[None], ow.soft(t[None]))[1]
             - ow.cross_entropy_with_gradient((z - step * v)[None], ow.soft(t[None]))[1])[0] / (2 * step)
            for v in np.eye(K)])  # fmt: skip
        assert hessian == pytest.approx(np.diag(p) - np.outer(p, p), abs=1e-8)  # hessian


def test_floors_and_leads_in_the_math() -> None:
    for K, floor in ((4, "0.3488"), (10, "0.5003")):
        assert f"{float(ow.smooth(LABEL, 0.1, num_classes=K).entropy()[0]):.4f}" == floor
        assert floor in CONCEPT.page.math
