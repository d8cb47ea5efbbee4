"""What the cross-entropy page says agrees with the library, number by number."""

import re
from pathlib import Path

import numpy as np
import pytest

import onewarm as ow
from onewarm.notebook.concept.load import load_concept

CONCEPT = load_concept(Path(ow.__file__).parent / "concepts" / "optimization" / "cross-entropy")
CLASSES = CONCEPT.demo.model["classes"]


def at(name: str) -> dict[str, np.ndarray | float]:
    """What the library says of a demo state, in the state's unit."""
    model = CONCEPT.demo_state(name)
    votes, z = np.array([model["votes"]], dtype=float), np.array([model["logits"]], dtype=float)
    target = ow.votes(votes)
    loss, gradient = ow.cross_entropy_with_gradient(z, target)
    t = votes[0] / votes.sum()
    log_p = z[0] - np.logaddexp.reduce(z[0])
    log_t = np.log(np.where(t > 0, t, 1))
    terms = t * (log_t - log_p)
    unit = np.log(2) if model["unit"] == "bits" else 1.0
    return {
        "t": t,
        "p": np.exp(log_p),
        "price": -log_p / unit,
        "paid": -t * log_p / unit,
        "gradient": gradient[0],
        "loss": float(loss) / unit,
        "entropy": float(target.entropy()[0]) / unit,
        "divergence": float(loss - target.entropy()[0]) / unit,
        "terms": terms / unit,
        "extra": float(terms[terms > 0].sum()) / unit,
        "saving": float(-terms[terms < 0].sum()) / unit,
    }


# The numbers that each state's text gives, and what they are.
SAID = {
    "bill": {"loss": "1.2188", "entropy": "1.0331", "divergence": "0.1857", "extra": "0.3909", "saving": "0.2052"},
    "certain": {"loss": "3.0512"},
    "level": {"loss": "1.3863"},
    "met": {"loss": "1.0331", "entropy": "1.0331"},
    "ruled-out": {"loss": "1.7532"},
    "one-hot": {"loss": "0.1688"},
    "wrong": {"loss": "4.1688"},
    "code": {"entropy": "1.75"},
}


@pytest.mark.parametrize("state", SAID)
def test_states(state: str) -> None:
    found = at(state)
    text = next(shown.text for shown in CONCEPT.demo.states if shown.name == state)
    for name, said in SAID[state].items():
        assert said in text
        digits = len(said.partition(".")[2])
        assert f"{found[name]:.{digits}f}" == said, name


def test_numbers_of_single_classes_in_the_states() -> None:
    assert at("ruled-out")["price"][3] == pytest.approx(15.1532, abs=5e-5)
    assert at("ruled-out")["paid"][3] == pytest.approx(0.7577, abs=5e-5)
    assert -1 / at("wrong")["p"][3] == pytest.approx(-64.6, abs=0.05)
    assert at("wrong")["gradient"][3] == pytest.approx(-0.985, abs=1e-3)  # 0.9845 rounds either way
    assert np.abs(at("met")["gradient"]).max() < 1e-5
    assert (at("code")["loss"], at("code")["entropy"]) == (pytest.approx(2), pytest.approx(1.75))


def test_numbers_of_the_story() -> None:
    story = {step.name: step.text for step in CONCEPT.storyboard.steps}
    certain, level = at("certain"), at("level")
    for text, value in (
        (story["certain"], certain["saving"]),
        (story["certain"], certain["extra"]),
        (story["certain"], certain["loss"]),
        (story["level"], level["extra"]),
        (story["level"], level["saving"]),
        (story["level"], level["loss"]),
        (story["saving"], at("bill")["saving"]),
        (story["hard"], at("one-hot")["loss"]),
    ):
        assert f"{value:.4f}" in text
    assert "0.511, 1.386, 2.303, 2.996" in story["met"]
    assert at("met")["price"] == pytest.approx([0.511, 1.386, 2.303, 2.996], abs=5e-4)
    assert certain["p"][0] == pytest.approx(0.9988, abs=5e-5)
    assert certain["paid"][1:].sum() == pytest.approx(3, abs=0.06)  # "three nats"


def test_numbers_of_the_inquiry() -> None:
    terms = at("bill")["terms"]
    assert [f"{v:.4f}" for v in terms] == ["-0.2052", "0.1956", "0.1366", "0.0587"]
    for value in terms:
        assert f"{value:.4f}" in CONCEPT.inquiry.reveal.text


def test_the_table_of_the_intuition() -> None:
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", CONCEPT.page.intuition, re.M)
    assert [row[0] for row in rows] == CLASSES
    found = at("bill")
    for k, row in enumerate(rows):
        assert [float(v) for v in row[1:]] == pytest.approx(
            [found["t"][k], found["p"][k], found["price"][k], found["paid"][k]], abs=5e-4
        )
    assert found["paid"].argmax() == CLASSES.index("lynx")
    assert found["t"][1] / found["p"][1] == pytest.approx(2, abs=0.25)  # "twice as often"
    assert found["paid"][3] / found["loss"] == pytest.approx(1 / 6, abs=0.01)  # "a sixth of the bill"


def test_limits_of_double_precision() -> None:
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp(710.0)) and np.exp(-746.0) == 0 < np.exp(-745.0)


def test_equations_hold() -> None:
    """Each equation of the page, both sides in NumPy, on random rows."""
    rng = np.random.default_rng(0)
    for K in (2, 3, 10):
        z, t = rng.normal(0, 3, K), rng.dirichlet(np.ones(K))
        p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        loss, gradient = (np.asarray(v) for v in ow.cross_entropy_with_gradient(z[None], ow.soft(t[None])))
        kl = (t * np.log(t / p)).sum()
        assert loss == pytest.approx(-(t * np.log(p)).sum())  # definition
        assert loss == pytest.approx(-(t * np.log(t)).sum() + kl)  # split
        assert -kl <= (t * (p / t - 1)).sum() <= 1e-15  # gibbs
        rows, labels = rng.normal(size=(5, K)), rng.integers(K, size=5)
        chances = (np.exp(rows) / np.exp(rows).sum(1, keepdims=True))[np.arange(5), labels]
        summed = float(ow.cross_entropy(rows, labels, reduction="sum"))
        assert summed == pytest.approx(-np.log(np.prod(chances)))  # likelihood
        assert np.exp(float(ow.cross_entropy(rows, labels))) == pytest.approx(
            np.prod(chances) ** (-1 / 5)
        )  # perplexity
        lengths = np.ceil(-np.log2(p))
        assert (2.0**-lengths).sum() <= 1
        assert loss / np.log(2) <= (t * lengths).sum() < loss / np.log(2) + 1  # code
        lse = z.max() + np.log(np.exp(z - z.max()).sum())  # stable
        assert loss == pytest.approx(lse - (t * z).sum())  # logits
        softmax_slope = np.diag(p) - np.outer(p, p)
        assert gradient[0] == pytest.approx(softmax_slope @ (-t / p))  # slope
        assert gradient[0] == pytest.approx(p - t)
        v = rng.normal(size=K)
        assert v @ softmax_slope @ v == pytest.approx((p * v**2).sum() - (p * v).sum() ** 2)  # convexity
        expected = sum(t[y] * float(ow.cross_entropy(z[None], np.array([y]))) for y in range(K))
        assert expected == pytest.approx(float(loss))  # proper
        some = ow.one_hot(np.array([0, -100, 1]), K)
        three = rng.normal(size=(3, K))
        each = ow.cross_entropy(three, some, reduction="none")
        assert float(ow.cross_entropy(three, some)) == pytest.approx((each[0] + each[2]) / 2)  # batch
        lead = np.append(5.0, np.zeros(K - 1))
        assert float(ow.cross_entropy(lead[None], np.array([0]))) == pytest.approx(
            np.log(1 + (K - 1) * np.exp(-5))
        )  # infimum
