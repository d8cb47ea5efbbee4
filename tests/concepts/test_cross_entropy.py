"""What the cross-entropy page says agrees with the library, number by number."""

from pathlib import Path

import numpy as np
import pytest

import onewarm as ow
from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.concept.values import read_values

CONCEPTS = Path(ow.__file__).parent / "concepts" / "optimization"
CONCEPT = load_concept(CONCEPTS / "cross-entropy")
CLASSES = CONCEPT.demo.model["classes"]
VALUES = read_values(CONCEPTS / "cross-entropy" / "values.py").values


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


# The page's values, and what they are in which demo state.
NAMED = {
    "bill": "loss entropy divergence extra saving",
    "certain": "sure_loss:loss sure_extra:extra sure_saving:saving",
    "all-on-cat": "all_loss:loss",
    "level": "level_loss:loss level_extra:extra level_saving:saving",
    "met": "entropy:loss",
    "ruled-out": "ruled_loss:loss",
    "one-hot": "hot_loss:loss",
    "chase": "hot_loss_8:loss",
    "wrong": "wrong_loss:loss",
    "code": "code_loss:loss code_entropy:entropy code_waste:divergence",
}
BY_CLASS = {"p": "p", "s": "price", "paid": "paid", "term": "terms", "g": "gradient"}


@pytest.mark.parametrize("state", NAMED)
def test_values_of_the_states(state: str) -> None:
    found = at(state)
    for pair in NAMED[state].split():
        value, _, what = pair.partition(":")
        assert VALUES[value] == pytest.approx(found[what or value], abs=5e-5), value


def test_values_of_the_classes() -> None:
    found, met = at("bill"), at("met")
    for prefix, what in BY_CLASS.items():
        assert [VALUES[f"{prefix}_{name}"] for name in CLASSES] == pytest.approx(found[what])
    assert [VALUES[f"own_{name}"] for name in CLASSES] == pytest.approx(met["price"], abs=5e-5)
    assert VALUES["z_cat_after"] == 3 - found["gradient"][0]
    assert np.abs(met["gradient"]).max() < 1e-5
    assert at("guess")["p"] == pytest.approx([1 / 2, 5 / 16, 1 / 8, 1 / 16], abs=1e-5)
    p, t = found["p"], found["t"]
    assert VALUES["reverse"] == pytest.approx((p * np.log(p / t)).sum())
    ruled, wrong, sure = at("ruled-out"), at("wrong"), at("all-on-cat")
    assert (VALUES["ruled_s_truck"], VALUES["ruled_paid"]) == pytest.approx((ruled["price"][3], ruled["paid"][3]))
    assert (VALUES["wrong_slope"], VALUES["wrong_g"]) == pytest.approx((-1 / wrong["p"][3], wrong["gradient"][3]))
    assert (VALUES["all_p"], VALUES["all_s_least"]) == pytest.approx((sure["p"][0], sure["price"][1:].min()), abs=1e-4)


def test_what_the_lesson_says_in_words() -> None:
    found, ruled = at("bill"), at("ruled-out")
    assert found["paid"].argmax() == CLASSES.index("lynx")
    assert found["t"][1] / found["p"][1] == pytest.approx(2, abs=0.25)  # "twice as often"
    assert ruled["loss"] - found["loss"] == pytest.approx(0.5, abs=0.05)  # "about half a nat"
    assert ruled["paid"].argmax() == CLASSES.index("truck")
    assert (found["gradient"] > 0).tolist() == [True, False, False, False]  # "the three others go up"


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
