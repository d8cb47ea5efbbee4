"""What the distillation page says agrees with the library, number by number."""

from pathlib import Path

import numpy as np
import pytest

import onewarm as ow
from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.concept.values import read_values

FOLDER = Path(ow.__file__).parent / "concepts" / "optimization" / "knowledge-distillation"
CONCEPT = load_concept(FOLDER)
MODEL = CONCEPT.demo.model
STUDENT, TEACHER = np.array(MODEL["student"], float), np.array(MODEL["teacher"], float)


def softmax(z: np.ndarray) -> np.ndarray:
    return np.exp(z - z.max()) / np.exp(z - z.max()).sum()


def told(q: np.ndarray, label: int = 0) -> float:
    """Mass on the wrong classes times the entropy they lack, in nats."""
    wrong = np.delete(q, label)
    return float(wrong.sum() * (np.log(len(wrong)) - ow.soft(wrong[None], normalize=True).entropy()[0]))


def teacher_of(kind: str, alpha: float = 0.1) -> np.ndarray:
    """The teacher's logits, uncentred."""
    return np.log(ow.smooth(ow.soft(softmax(TEACHER)[None]), alpha).dense()[0]) if kind == "smoothed" else TEACHER


def at(name: str) -> dict[str, np.ndarray | float]:
    """What the library says of a demo state."""
    model = CONCEPT.demo_state(name)
    z, T, w = np.array(model["student"], float), model["temperature"], model["share"]
    v = np.array(model["own"], float) if model["kind"] == "own" else teacher_of(model["kind"], model["alpha"])
    q = ow.soft(softmax(v / T)[None])
    soft, slope = ow.cross_entropy_with_gradient(z[None] / T, q)
    hard, pull = ow.cross_entropy_with_gradient(z[None], np.array([model["label"]]))
    return {
        "q": q.dense()[0],
        "p": slope[0] + q.dense()[0],
        "loss": float(w * T**2 * (soft - q.entropy()[0]) + (1 - w) * hard),
        "gradient": w * T * slope[0] + (1 - w) * pull[0],
        "soft": float(np.linalg.norm(T * slope[0])),
        "without": float(np.linalg.norm(slope[0] / T)),
        "told": told(q.dense()[0]),
        "hard": pull[0],
    }


TEXTS = {state.name: state.text for state in CONCEPT.demo.states}


def test_losses_gradients_and_nats_of_the_states() -> None:
    for name, key, said in (
        ("origin", "loss", "1.9083"),
        ("both-warm", "told", "0.0731"),
        ("cold", "loss", "0.1314"),
        ("cold", "soft", "0.156"),
        ("hot", "soft", "1.184"),
        ("hot", "without", "0.0012"),
        ("peak", "told", "0.1055"),
        ("smoothed-cold", "told", "0.0134"),
        ("smoothed", "told", "0.0038"),
        ("mixed", "loss", "1.0386"),
    ):
        assert said in TEXTS[name]
        assert f"{at(name)[key]:.{len(said.partition('.')[2])}f}" == said, (name, key)
    assert at("origin")["gradient"] == pytest.approx([-0.548, -0.352, 0.519, 0.381], abs=5e-4)
    assert at("cold")["q"][1:] == pytest.approx([0.047, 0.002, 0.0001], abs=5e-4)
    assert at("smoothed-cold")["q"] == pytest.approx([0.880, 0.068, 0.027, 0.025], abs=5e-4)
    assert at("smoothed")["q"][1:] == pytest.approx([0.223, 0.178, 0.174], abs=5e-4)
    assert at("matched")["loss"] == pytest.approx(0, abs=1e-14)  # 16 times the rounding of a difference near 1
    assert np.abs(at("matched")["gradient"]).max() < 1e-15
    halves = 0.5 * (at("origin")["gradient"] + at("mixed")["hard"])
    assert at("mixed")["gradient"] == pytest.approx(halves) and halves[0] == pytest.approx(-0.352, abs=5e-4)
    smoothed = ow.cross_entropy_with_gradient(STUDENT[None], ow.smooth(np.array([0]), 0.1, num_classes=4))[1][0]
    assert at("uniform")["gradient"] == pytest.approx(smoothed, abs=1e-15)
    assert smoothed == pytest.approx([-0.080, 0.001, 0.089, -0.010], abs=1e-3)
    limit = np.linalg.norm((STUDENT - STUDENT.mean()) - (TEACHER - TEACHER.mean())) / 4
    assert f"{limit:.3f}" == "1.204"


def test_the_peak_is_near_two() -> None:
    temperatures = np.geomspace(0.5, 32, 500)
    values = [told(softmax(TEACHER / T)) for T in temperatures]
    assert temperatures[np.argmax(values)] == pytest.approx(2, abs=0.35)
    assert max(values) < 1.02 * at("peak")["told"]


def test_values_of_the_page() -> None:
    """The named values against closed forms, and the words of the lesson against the values."""
    values = read_values(FOLDER / "values.py").values
    assert values["hard_ratio_1"] == pytest.approx(np.exp(6)) and values["hard_ratio_4"] == pytest.approx(np.exp(1.5))
    smoothed = 0.9 * softmax(TEACHER) + 0.1 / 4
    assert values["smoothed_ratio_1"] == pytest.approx(smoothed[1] / smoothed[3])
    assert values["smoothed_ratio_4"] == pytest.approx((smoothed[1] / smoothed[3]) ** 0.25)
    for name, q in (("hard_told_4", softmax(TEACHER / 4)), ("smoothed_told_4", softmax(np.log(smoothed) / 4))):
        wrong = q[1:] / q[1:].sum()
        assert values[name] == pytest.approx(q[1:].sum() * (np.log(3) + (wrong * np.log(wrong)).sum()))
    best = max(np.linspace(1.5, 3, 3001), key=lambda T: told(softmax(TEACHER / T)))
    assert values["peak"] == pytest.approx(best, abs=1e-3)
    for T in (1, 4, 8, 16, 32):
        gap = softmax(STUDENT / T) - softmax(TEACHER / T)
        assert values[f"bare_{T}"] == pytest.approx(np.linalg.norm(gap) / T)
    hot = np.linalg.norm(1e7 * (softmax(STUDENT / 1e7) - softmax(TEACHER / 1e7)))
    assert values["limit"] == pytest.approx(hot, rel=1e-6)
    assert values["bare_16"] / values["bare_8"] == pytest.approx(1 / 4, abs=0.02)  # "about a quarter"
    assert values["mass_gain"] == pytest.approx(9, abs=0.1) and values["lacks_loss"] == pytest.approx(5, abs=0.5)
    assert round(values["told_ratio_4"]) == 19  # named in gives_away


def test_equations_hold() -> None:
    """Each equation of the page, both sides in NumPy, on random rows."""
    rng = np.random.default_rng(0)
    for K in (3, 4, 10):
        z, v = rng.normal(0, 2, (2, K))
        T, w = rng.uniform(0.5, 8), rng.uniform(0.1, 0.9)
        y, p, p1, q = np.eye(K)[0], softmax(z / T), softmax(z), softmax(v / T)
        assert np.log(q[0] / q[1]) == pytest.approx((v[0] - v[1]) / T)  # softened-row
        kl = (q * np.log(q / p)).sum()
        loss = lambda z, T=T, w=w, v=v, q=q: (  # loss  # noqa: E731
            w * T**2 * (float(ow.cross_entropy(z[None] / T, ow.soft(q[None]))) - float(ow.soft(q[None]).entropy()[0]))
            + (1 - w) * float(ow.cross_entropy(z[None], np.array([0])))
        )
        assert loss(z) == pytest.approx(w * T**2 * kl - (1 - w) * np.log(p1[0]))
        slopes = [(loss(z + 1e-5 * e) - loss(z - 1e-5 * e)) / 2e-5 for e in np.eye(K)]
        assert slopes == pytest.approx(w * T * (p - q) + (1 - w) * (p1 - y), abs=1e-7)  # gradient
        hot = 1e5
        limit = ((z - z.mean()) - (v - v.mean())) / K
        assert hot * (softmax(z / hot) - softmax(v / hot)) == pytest.approx(limit, abs=1e-4)  # temperature-limit
        crossed = float(ow.cross_entropy((v + 2)[None] / T, ow.soft(q[None])))
        assert crossed == pytest.approx(-(q * np.log(q)).sum())  # floor
        q1 = softmax(v)
        t = ow.mix(ow.soft(q1[None]), ow.one_hot(np.array([0]), K), w)
        assert float(ow.cross_entropy(z[None], t)) == pytest.approx(
            -(1 - w) * np.log(p1[0]) - w * (q1 * np.log(p1)).sum()
        )  # one-target
        alpha = (1 - q[0]) * K / (K - 1)
        nearest = (1 - alpha) * y + alpha / K
        assert told(q) == pytest.approx((q * np.log(q / nearest)).sum())  # dark-knowledge
        pi, a = softmax(v), 0.1
        smoothed = np.log((1 - a) * pi + a / K)
        gradient = ow.cross_entropy_with_gradient(
            np.tile(smoothed, (K, 1)), ow.smooth(np.arange(K), a, num_classes=K).scale(pi), reduction="sum"
        )[1].sum(axis=0)
        assert gradient == pytest.approx(np.zeros(K), abs=1e-15)  # smoothed-teacher
        g = np.log(1 + K * (1 - a) / a)
        softer = K / (K - 1 + np.exp(g / T))
        flat = softmax(g * y / T)
        assert flat == pytest.approx(ow.smooth(np.array([0]), softer, num_classes=K).dense()[0])  # flat-row
        order = np.argsort(-q)[:2]
        cut = ow.top_k(order[None], q[None, order], num_classes=K, tail="drop")
        s = q[order].sum()
        pulls = np.where(np.isin(np.arange(K), order), -(1 - s) * q, s * q)
        assert ow.cross_entropy_with_gradient(np.log(q)[None], cut)[1][0] == pytest.approx(pulls)  # top-k
        shares = ow.votes(rng.multinomial(4, q, size=20_000)).dense()
        assert shares.mean(axis=0) == pytest.approx(q, abs=0.01)  # sampled
    assert 4 / (3 + np.exp(np.log(37) / 4)) == pytest.approx(0.732, abs=5e-4)
    assert "0.732" in CONCEPT.page.math  # filled in
