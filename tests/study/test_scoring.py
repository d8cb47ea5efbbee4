import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics import accuracy_score, log_loss

from onewarm.study.arms.arm import parse_arm
from onewarm.study.data.builtin import blob_means, posterior
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.model import Outputs
from onewarm.study.scoring import METRICS, logit_gap, score


def ece_by_loop(p, y):
    total = 0.0
    for b in range(15):
        rows = [i for i in range(len(y)) if b / 15 < p[i].max() <= (b + 1) / 15]
        total += abs(sum((p[i].argmax() == y[i]) - p[i].max() for i in rows))
    return total / len(y)


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(0)
    parts, logits = [], []
    for n in (40, 300, 500):
        x = 1.5 * rng.standard_normal((n, 10))
        pi = posterior(x, blob_means())
        y = np.array([rng.choice(10, p=row) for row in pi])
        parts.append(Rows(x.astype(np.float32), y, pi))
        logits.append(1.7 * np.log(np.maximum(pi, 1e-9)) + 0.3 * rng.standard_normal((n, 10)))
    return Split(*parts), Outputs(*logits)


def test_against_scikit_learn_scipy_and_loops(case):
    split, outputs = case
    y, z = split.test.y, outputs.test
    p = softmax(z, 1)
    t = (
        1
        / minimize_scalar(
            lambda b: -log_softmax(b * outputs.validation, 1)[np.arange(300), split.validation.y].mean(),
            bounds=(0.05, 5),
            method="bounded",
            options={"xatol": 1e-10},
        ).x
    )
    q = softmax(z / t, 1)
    expected = {
        "accuracy": accuracy_score(y, p.argmax(1)),
        "nll": log_loss(y, p, labels=range(10)),
        "ece": ece_by_loop(p, y),
        "mean_confidence": p.max(1).mean(),
        "confidence_gap": p.max(1).mean() - accuracy_score(y, p.argmax(1)),
        "nll_after": log_loss(y, q, labels=range(10)),
        "ece_after": ece_by_loop(q, y),
        "confidence_gap_after": q.max(1).mean() - accuracy_score(y, p.argmax(1)),
        "temperature": t,
        "logit_gap": np.mean(
            [row[k] - np.delete(row, k).mean() for row, k in zip(outputs.train, split.train.y, strict=True)]
        ),
        "train_accuracy": accuracy_score(split.train.y, outputs.train.argmax(1)),
        "ece_unsmoothed": None,
        "excess_nll": np.mean((split.test.posterior * (np.log(split.test.posterior) - log_softmax(z, 1))).sum(1)),
    }
    got = score(parse_arm("hard"), outputs, split)
    assert list(got.metrics) == list(METRICS) == list(expected)
    for name, value in expected.items():
        assert got.metrics[name] == (None if value is None else pytest.approx(value, rel=1e-6, abs=1e-9)), name
    assert got.note is None and got.before.count == got.after.count == 500


@pytest.mark.parametrize("arm", ["smooth:0.2", "prior:0.2"])
def test_the_affine_inverse_of_a_population_optimum(case, arm):
    split, _ = case
    prior = np.bincount(split.train.y, minlength=10) / 40 if arm == "prior:0.2" else 0.1
    parts = [np.log(0.8 * rows.posterior + 0.2 * prior) for rows in (split.train, split.validation, split.test)]
    got = score(parse_arm(arm), Outputs(*parts), split).metrics
    assert got["ece_unsmoothed"] == pytest.approx(ece_by_loop(split.test.posterior, split.test.y), abs=1e-9)
    assert got["ece"] > got["ece_unsmoothed"] and got["confidence_gap"] < -0.05


def test_a_temperature_without_a_best_value_is_recorded_not_raised(case):
    split, outputs = case
    right = Rows(split.validation.x, outputs.validation.argmax(1))
    got = score(parse_arm("hard"), outputs, Split(split.train, right, split.test))
    assert [m for m, v in got.metrics.items() if v is None] == [
        "nll_after",
        "ece_after",
        "confidence_gap_after",
        "temperature",
        "ece_unsmoothed",
    ]
    assert got.after is None and got.note.startswith("no temperature: ") and "all 300 rows are right" in got.note


def test_gap_of_the_smoothed_optimum():
    p = np.full((1, 10), 0.01) + 0.9 * np.eye(10)[:1]
    assert logit_gap(np.log(p), np.array([0])) == pytest.approx(np.log(1 + 10 * 0.9 / 0.1))
